#include "progress_bar.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "print.h"

namespace bayplan::cli {

struct ProgressBar::State {
  std::mutex mutex;
  std::chrono::steady_clock::time_point drawn{};
  bool visible = false;

  void draw(const Progress& progress) {
    const std::scoped_lock lock(mutex);
    const auto time = std::chrono::steady_clock::now();
    if (time - drawn < std::chrono::milliseconds(50)) return;  // 20 redraws a second are enough for an eye
    drawn = time;
    std::string line = "\r\x1b[K" + printable(progress.stage) + " " + short_digest(progress.object) + " ";
    if (progress.total > 0) {
      constexpr std::uint64_t kCells = 24;
      const std::uint64_t full = std::min(kCells, progress.done * kCells / progress.total);
      line += "[" + std::string(full, '#') + std::string(kCells - full, '.') + "] " +
              human_bytes(progress.done) + " of " + human_bytes(progress.total);
    } else {
      line += human_bytes(progress.done);
    }
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
    visible = true;
  }
};

ProgressBar::ProgressBar() : state_(std::make_unique<State>()) {}

ProgressBar::~ProgressBar() {
  if (state_->visible) std::fputs("\r\x1b[K", stderr);
}

ProgressSink ProgressBar::sink() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [state = state_.get()](const Progress& progress) { state->draw(progress); };
}

}  // namespace bayplan::cli
