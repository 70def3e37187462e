// What applying one layer carries along: the tree, the archive, and what there is to report.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "bayplan/base/progress.h"
#include "bayplan/snapshots/snapshotter.h"
#include "bayplan/snapshots/tar_reader.h"
#include "file_writer.h"
#include "tree_root.h"

namespace bayplan::snapshots {

class LayerContext {
 public:
  /// Borrows all three.
  LayerContext(ByteSource& tar, int root_fd, const Control& control)
      : tree_(root_fd), reader_(tar), files_(writer_threads()), control_(control) {}

  TreeRoot& tree() noexcept { return tree_; }
  TarReader& reader() noexcept { return reader_; }
  FileWriter& files() noexcept { return files_; }
  ApplyReport& report() noexcept { return report_; }

  /// Keeps at most 64: a hostile layer has one for every entry.
  void warn(std::string warning) {
    constexpr std::size_t kMaxWarnings = 64;
    if (report_.warnings.size() < kMaxWarnings) report_.warnings.push_back(std::move(warning));
  }
  void warn_xattrs_unsupported(std::string warning) {
    if (!std::exchange(warned_xattrs_, true)) warn(std::move(warning));
  }

  /// Counts content of the file `name` that was written.
  void add_bytes(std::uint64_t bytes, std::string_view name) {
    constexpr std::uint64_t kProgressStep = 1u << 20;
    report_.bytes += bytes;
    if (!control_.progress || report_.bytes - reported_ < kProgressStep) return;
    reported_ = report_.bytes;
    control_.progress({.stage = "unpack", .object = name, .done = report_.bytes});
  }

 private:
  // One processor is busy with the names.
  static std::size_t writer_threads() noexcept {
    constexpr unsigned kMost = 4;
    return std::clamp(std::thread::hardware_concurrency(), 1u, kMost + 1) - 1;
  }

  TreeRoot tree_;
  TarReader reader_;
  FileWriter files_;
  const Control& control_;
  ApplyReport report_;
  std::uint64_t reported_ = 0;
  bool warned_xattrs_ = false;
};

}  // namespace bayplan::snapshots
