// What every hook begins with.
#pragma once

#include <dlfcn.h>

#include "crash/power_cut/recorder.h"

namespace bayplan::test {

/// Holds the recorder, or is false where nothing is recorded.
class Hook {
 public:
  Hook() : recorder_(Recorder::instance()) {
    if (recorder_.active()) lock_ = std::unique_lock(recorder_.mutex());
  }
  explicit operator bool() const noexcept { return lock_.owns_lock(); }
  Recorder* operator->() const noexcept { return &recorder_; }

 private:
  Recorder& recorder_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace bayplan::test

/// Declares `next`, the function that the hook of this name stands before.
#define NEXT(name) static const auto next = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))
