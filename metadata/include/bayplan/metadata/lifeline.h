// Lifeline: tells what was made from a source that the source has ended.
#pragma once

#include <cstdint>
#include <utility>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// Held by a source and by the buckets and cursors that came from it, so that one that outlives its source
/// answers closed instead of reading freed memory. The count takes no lock: all of it belongs to one thread
/// at a time, as the source does.
class Lifeline {
 public:
  Lifeline() : shared_(new Shared) {}
  Lifeline(const Lifeline& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) ++shared_->holders;
  }
  Lifeline(Lifeline&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Lifeline& operator=(Lifeline other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Lifeline() {
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete): it takes a copy for one that was not counted
    if (shared_ != nullptr && --shared_->holders == 0) delete shared_;
  }

  /// By the source, once.
  void end() noexcept { shared_->ended = true; }
  /// Errors: closed (the source has ended, or this was moved from).
  Result<void> check() const { return shared_ != nullptr && !shared_->ended ? Result<void>{} : ended(); }

 private:
  struct Shared {
    std::uint32_t holders = 1;
    bool ended = false;
  };
  static Error ended();
  Shared* shared_;
};

}  // namespace bayplan::metadata
