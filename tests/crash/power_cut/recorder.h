// What the hooks share: which files are watched, and the log.
#pragma once

#include <sys/stat.h>
#include <sys/uio.h>

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "crash/power_cut/log_format.h"

namespace bayplan::test {

/// Thread-safe between lock and unlock of `mutex()`, which a hook holds around the call and its record, so
/// that the log has the order of the calls.
class Recorder {
 public:
  /// The one of this process; it does nothing where the environment does not ask for it.
  static Recorder& instance();

  bool active() const noexcept { return log_ >= 0; }
  std::mutex& mutex() noexcept { return mutex_; }

  /// Where a path leads: the directory that holds the name.
  struct Place {
    enum class Kind : unsigned char { elsewhere, watched, overlay };
    Kind kind = Kind::elsewhere;
    std::uint64_t directory = 0;  ///< of an overlay: its upper directory
    std::string name;
  };
  Place locate(int dirfd, const char* path) const;
  Place::Kind kind_of(const struct stat& info) const;

  void created(const Place& place, const struct stat& made, std::string_view target = {});
  /// A file without a name, in a directory of that kind.
  void created_unnamed(Place::Kind where, const struct stat& made);
  void linked(const Place& place, const struct stat& file);
  /// `gone`: the file that had the name.
  void unlinked(const Place& place, const struct stat& gone);
  void renamed(const Place& from, const Place& to, const struct stat* replaced);
  void wrote(const struct stat& file, std::uint64_t offset, std::string_view bytes, bool durable);
  void truncated(const struct stat& file, std::uint64_t size);
  void changed_attributes(const struct stat& file);
  void synced(DiskOp how, const struct stat& file);
  void said(std::string_view bytes);
  /// The inode of the upper directory that `options` name; 0 when that is not watched. To be asked before the
  /// mount, which may cover it.
  std::uint64_t upper_of(std::string_view options) const;
  void mounted_overlay(const char* target, std::uint64_t upper);
  void not_understood(std::string_view what);

 private:
  Recorder();
  void watch_all(const std::string& directory);
  void tree_changed(std::uint64_t upper);
  void put(const RecordHead& head, std::string_view name, std::string_view data) const;

  std::mutex mutex_;
  int log_ = -1;
  std::uint64_t device_ = 0;
  std::unordered_set<std::uint64_t> watched_;
  std::unordered_map<std::uint64_t, std::uint64_t> overlays_;  // device: inode of the upper directory
};

}  // namespace bayplan::test
