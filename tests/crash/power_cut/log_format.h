// What the recorder writes and the replayer reads: one record after the other, each a RecordHead, its name
// and its data. Files are named by their inode numbers.
#pragma once

#include <cstdint>

namespace bayplan::test {

enum class DiskOp : std::uint32_t {
  create,  ///< inode: directory; name; other: new file; value: st_mode; data: target of a symbolic link
  create_unnamed,  ///< inode: new file; value: st_mode
  link,            ///< inode: directory; name; other: file
  unlink,          ///< inode: directory; name
  rename,          ///< inode: directory; name; other: new directory; data: new name
  write,           ///< inode; value: offset; data; other: 1 if durable when the call returned (O_DSYNC)
  truncate,        ///< inode; value: size
  attributes,      ///< inode; value: st_mode; data: Attributes
  sync_file,       ///< inode (fsync; of a directory: its names)
  sync_data,       ///< inode (fdatasync)
  sync_fs,         ///< everything
  tree_changed,    ///< inode: the upper directory of an overlay mount, through which something was changed
  output,          ///< data: what the program said on its standard output
  unknown,         ///< data: what the recorder saw and cannot describe
};

struct RecordHead {
  DiskOp op = DiskOp::unknown;
  std::uint32_t name_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t other = 0;
  std::uint64_t value = 0;
};

struct Attributes {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_seconds = 0;
  std::int64_t mtime_nanoseconds = 0;
};

/// Environment of a recorded program: the directory that is watched, and the file that takes the records.
inline constexpr const char* kRecordRoot = "BAYPLAN_RECORD_ROOT";
inline constexpr const char* kRecordLog = "BAYPLAN_RECORD_LOG";

}  // namespace bayplan::test
