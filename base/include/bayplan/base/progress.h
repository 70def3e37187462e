// Progress of long operations, and how to stop them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan {

struct Progress {
  std::string_view stage;   ///< "ingest", "unpack", "verify": what is being done
  std::string_view object;  ///< digest, path or name of what it is done to
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes; 0 = not known
};

/// Called from the working threads, at most a few times per MiB; must not block or throw.
using ProgressSink = std::function<void(const Progress&)>;

/// Copies share one flag. Thread-safe and async-signal-safe to cancel.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const noexcept { flag_->store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return flag_->load(std::memory_order_relaxed); }
  /// Errors: cancelled, once cancel() was called.
  Result<void> check() const {
    if (!cancelled()) return {};
    return Error(Errc::cancelled, "operation", {}, "cancelled by the caller");
  }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

/// What every long operation takes.
struct Control {
  CancelToken cancel;
  ProgressSink progress;  ///< may be empty
};

}  // namespace bayplan
