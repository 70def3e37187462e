// Progress of one blob, told at most a few times per MiB (base/progress.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "bayplan/base/progress.h"

namespace bayplan::registry {

class ProgressReport {
 public:
  /// All of them outlive this object.
  ProgressReport(const ProgressSink& sink, std::string_view stage, std::string_view object,
                 std::uint64_t total)
      : sink_(sink), progress_{stage, object, 0, total} {}

  /// So many bytes are done; may be fewer than before.
  void reached(std::uint64_t done) {
    const bool step = done < progress_.done || done - progress_.done >= kStep || done == progress_.total;
    if (!sink_ || !step) return;
    progress_.done = done;
    sink_(progress_);
  }

 private:
  static constexpr std::uint64_t kStep = 512u << 10;

  const ProgressSink& sink_;
  Progress progress_;
};

}  // namespace bayplan::registry
