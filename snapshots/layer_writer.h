// A layer on its way into a tar: the change of one tree into another, told in the order of a walk.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/snapshots/diff.h"
#include "bayplan/snapshots/tar_writer.h"

namespace bayplan::snapshots {

/// Names are single components, in the directory that the writer stands in: the root at first. Borrows what
/// it is given. Errors of every function: invalid_argument (a name that would be a whiteout), those of
/// TarWriter, the sink's.
class LayerWriter {
 public:
  LayerWriter(ByteSink& tar, const Control& control) : tar_(tar), control_(control) {}

  /// Into directory `name`; its entry is written before the first thing in it, or by describe(). Errors:
  /// invalid_argument.
  Result<void> enter(const std::string& name, TarEntry entry);
  void leave();
  /// Writes the entry of the directory it stands in, unless that was done.
  Result<void> describe();
  /// Writes the entry of the root.
  Result<void> describe_root(TarEntry entry);

  /// Anything but a directory, with its content, or as a link to where its inode was written before. `info`
  /// is its stat in `dir`. Errors: busy (a file changed meanwhile), cancelled, permission_denied, io.
  Result<void> add(int dir, const std::string& name, const struct stat& info, TarEntry entry);
  /// `name` of the layers below is gone.
  Result<void> remove(const std::string& name);
  /// What the layers below have in this directory is gone.
  Result<void> make_opaque();
  /// Of something that stays out.
  void warn(const std::string& name, std::string_view why);

  /// The path of the directory it stands in: "" or "a/b".
  std::string path() const;
  const Control& control() const noexcept { return control_; }
  /// Ends the archive.
  Result<DiffReport> finish();

 private:
  struct Level {
    std::size_t path_length;  // of the directory it is in
    TarEntry entry;
    bool written;
  };

  std::string path_of(const std::string& name) const { return path_ + name; }
  Result<void> write(const TarEntry& entry);
  Result<void> write_marker(const std::string& name);
  Result<void> write_content(int dir, const std::string& name, const struct stat& info, std::uint64_t size);

  TarWriter tar_;
  const Control& control_;
  std::string path_{};  // with a slash at its end, or empty
  std::vector<Level> levels_{};
  std::map<std::pair<dev_t, ino_t>, std::string> linked_{};  // files of several names: their first
  std::vector<std::byte> buffer_{};
  DiffReport report_{};
};

}  // namespace bayplan::snapshots
