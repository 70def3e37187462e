#include "own_thread.h"

#include <algorithm>
#include <vector>

namespace bayplan::metadata {
namespace {

// A handful at most: a thread that writes to several stores at once.
thread_local std::vector<const void*> held_up;

}  // namespace

void OwnThread::enter(const void* environment) { held_up.push_back(environment); }

void OwnThread::leave(const void* environment) noexcept {
  const auto found = std::find(held_up.begin(), held_up.end(), environment);
  if (found != held_up.end()) held_up.erase(found);
}

bool OwnThread::is_writing(const void* environment) noexcept {
  return std::find(held_up.begin(), held_up.end(), environment) != held_up.end();
}

}  // namespace bayplan::metadata
