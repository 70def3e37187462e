// Progress on a terminal: one line on standard error, redrawn in place; nothing when that is no terminal.
#pragma once

#include "bayplan/base/progress.h"

namespace bayplan::cli {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// For Control::progress; empty when there is no terminal to draw on. Must not outlive this object.
  ProgressSink sink();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::cli
