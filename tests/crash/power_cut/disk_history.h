// What a recorded program did to a directory, and what of it a power cut can leave behind.
//
//   const DiskState before = read_disk(root);
//   run_recorded(root, log, {...});
//   const DiskHistory history(before, read_log(log));
//   history.after(cut, Loss::unsynced).write_to(elsewhere, root);
//
// The model is stricter than any file system: what was written, and every name that was made, changed or
// removed, survives a cut only if somebody synced it (the file; the directory that has the name; or
// everything) after it was done, and otherwise it may or may not, each change by itself. A rename is done or
// not done, and synced with either of its directories. Writes through an overlay mount are not known one by
// one: the upper directory as a whole is as the program left it, or unsynced.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "crash/power_cut/log_format.h"

namespace bayplan::test {

struct DiskRecord {
  RecordHead head;
  std::string name{};
  std::string data{};
};

/// The records of a log. Throws when it is cut off, or holds something that the recorder did not understand.
std::vector<DiskRecord> read_log(const std::filesystem::path& log);

/// What became of an upper directory.
enum class UpperTree : std::uint8_t { none, whole, hollow, empty };

struct DiskNode {
  mode_t mode = 0;
  dev_t device = 0;
  std::optional<Attributes> attributes{};
  std::map<std::string, std::string> xattrs{};  ///< of what was there before the program ran
  std::string data{};                           ///< of a file; zeros follow up to `size`
  std::uint64_t size = 0;                       ///< of a file
  std::string target{};                         ///< of a symbolic link
  std::map<std::string, std::size_t> entries{};
  UpperTree upper = UpperTree::none;  ///< of a directory that was changed through an overlay mount
};

class DiskState {
 public:
  std::vector<DiskNode> nodes{};  ///< the first is the root

  /// Makes it below `directory`, which must be empty. Upper directories are copied from `finished`, where the
  /// recorded program did its work. Throws.
  void write_to(const std::filesystem::path& directory, const std::filesystem::path& finished) const;
  /// The first difference to what `directory` holds now; empty when there is none. What overlay mounts and
  /// maps of memory wrote is not looked at.
  std::string difference_to(const std::filesystem::path& directory) const;
  /// Equal for equal states.
  std::string fingerprint() const;
};

/// A directory as it is, with the inode of every node.
struct DiskScan {
  DiskState state{};
  std::unordered_map<std::uint64_t, std::size_t> node_of_inode{};
};
DiskScan scan_disk(const std::filesystem::path& directory);

/// What becomes of changes that nobody synced.
enum class Loss : std::uint8_t {
  nothing,  ///< all of them are there: the process was killed, or the disk was quick
  all,      ///< none of them is there
  data,     ///< names are there, content is not: files are shorter
  zeroed,   ///< names and sizes are there, content is zeros
  names,    ///< content is there, names are not
  some,     ///< chance decides about each change, and about each 512 bytes of a write
};

/// A record, with the nodes that it speaks of.
struct DiskChange {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  DiskRecord record{};
  std::size_t node = kNone;       ///< of `inode`
  std::size_t other = kNone;      ///< of `other`
  std::size_t moved = kNone;      ///< what a rename moves
  std::size_t synced_by = kNone;  ///< the record that makes it durable
};

class DiskHistory {
 public:
  DiskHistory(DiskScan before, std::vector<DiskRecord> records);

  /// Cuts are before the first record, between two, or after the last: 0..size().
  std::size_t size() const noexcept { return changes_.size(); }
  DiskState after(std::size_t cut, Loss loss, std::uint32_t seed = 0) const;
  /// Whether the program had said something on its standard output.
  bool said_something(std::size_t cut) const;
  /// What is between two cuts, for messages.
  std::string describe(std::size_t index) const;

 private:
  std::size_t node_for(std::uint64_t inode);
  void add_node(std::uint64_t inode, const DiskRecord& record);
  void resolve(DiskChange& change);
  void note_sync(std::size_t index);

  DiskState before_;
  std::unordered_map<std::uint64_t, std::size_t> node_of_inode_;
  DiskState latest_;  // with everything that was done
  std::vector<DiskChange> changes_;
  std::vector<std::size_t> unsynced_;
};

}  // namespace bayplan::test
