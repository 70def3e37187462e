#include "delayed_hooks.h"

#include <iterator>
#include <utility>

namespace bayplan::metadata {

void DelayedHooks::add(List hooks) {
  const std::lock_guard lock(mutex_);
  hooks_.insert(hooks_.end(), std::move_iterator(hooks.begin()), std::move_iterator(hooks.end()));
}

DelayedHooks::List DelayedHooks::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(hooks_, {});
}

void DelayedHooks::put_back(List hooks) {
  const std::lock_guard lock(mutex_);
  hooks_.insert(hooks_.begin(), std::move_iterator(hooks.begin()), std::move_iterator(hooks.end()));
}

bool DelayedHooks::any() const {
  const std::lock_guard lock(mutex_);
  return !hooks_.empty();
}

void DelayedHooks::run(const List& hooks) {
  for (const auto& hook : hooks) hook();
}

}  // namespace bayplan::metadata
