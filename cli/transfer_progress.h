// Progress of a transfer of several blobs: on a terminal a bar for each on standard error, redrawn in place,
// with rate and total; JSON lines there with --format json; else nothing.
#pragma once

#include <memory>

#include "bayplan/base/progress.h"
#include "session.h"

namespace bayplan::cli {

class TransferProgress {
 public:
  explicit TransferProgress(const Session& session);
  /// Leaves the last state of the bars.
  ~TransferProgress();
  TransferProgress(const TransferProgress&) = delete;
  TransferProgress& operator=(const TransferProgress&) = delete;

  /// For Control::progress; empty where nothing is to be shown. Must not outlive this object.
  ProgressSink sink();

 private:
  class Display;
  std::unique_ptr<Display> display_;
};

}  // namespace bayplan::cli
