// Where the files of an export go: a tar, or a directory.
#pragma once

#include <cstdint>
#include <string>

#include "bayplan/base/stream.h"
#include "bayplan/snapshots/tar_writer.h"

namespace bayplan::images {

/// Errors of every function: those of what it writes to, and of the content.
class ExportTarget {
 public:
  virtual ~ExportTarget() = default;
  /// `name` with a slash at its end.
  virtual Result<void> directory(const std::string& name) = 0;
  /// Precondition: its directory was named. `content` has `size` bytes.
  virtual Result<void> file(const std::string& name, bool read_only, std::uint64_t size,
                            ByteSource& content) = 0;
  virtual Result<void> finish() = 0;
};

/// Modes 0755, 0644 and 0444, nobody's, of 1970: as containerd writes them.
class TarTarget final : public ExportTarget {
 public:
  /// Borrows `archive`.
  explicit TarTarget(ByteSink& archive) : tar_(archive) {}
  Result<void> directory(const std::string& name) override;
  Result<void> file(const std::string& name, bool read_only, std::uint64_t size,
                    ByteSource& content) override;
  Result<void> finish() override { return tar_.finish(); }

 private:
  snapshots::TarWriter tar_;
};

class DirectoryTarget final : public ExportTarget {
 public:
  /// Borrows `root`, an empty directory.
  explicit DirectoryTarget(int root) : root_(root) {}
  Result<void> directory(const std::string& name) override;
  Result<void> file(const std::string& name, bool read_only, std::uint64_t size,
                    ByteSource& content) override;
  /// Makes it durable.
  Result<void> finish() override;

 private:
  int root_;
};

}  // namespace bayplan::images
