#include "lmdb_error.h"

#include <lmdb.h>

#include <cerrno>
#include <string>

#include "bayplan/base/file.h"

namespace bayplan::metadata {
namespace {

// What one page write of LMDB may need; below that an EIO is a full disk.
constexpr std::uint64_t kFullDiskBytes = std::uint64_t{64} * 1024;

bool disk_is_full(int directory_fd) {
  if (directory_fd < 0) return false;
  const auto left = file::free_bytes(directory_fd, "metadata");
  return left && *left < kFullDiskBytes;
}

Errc class_of(int rc) {
  switch (rc) {
    case MDB_NOTFOUND:
      return Errc::not_found;
    case MDB_KEYEXIST:
      return Errc::already_exists;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE:
      return Errc::corrupt;
    case MDB_VERSION_MISMATCH:
      return Errc::version_mismatch;
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
      return Errc::busy;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
      return Errc::too_large;
    case MDB_BAD_VALSIZE:
      return Errc::invalid_argument;
    default:
      return Errc::io;
  }
}

std::string_view advice_for(int rc) {
  switch (rc) {
    case MDB_MAP_FULL:
      return "delete and collect, or open with a larger cap or map";
    case MDB_PANIC:
      return "close the store and open it again";
    case MDB_READERS_FULL:
      return "too many readers at once; open with more reader slots";
    case MDB_TXN_FULL:
      return "do the work in several transactions";
    case MDB_MAP_RESIZED:
      return "another process enlarged the map; retry when no transaction is open in this process";
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
      return "files of LMDB 1.0 and later are not read by this library";
    default:
      return {};
  }
}

}  // namespace

Error lmdb_error(int rc, std::string_view call, int directory_fd) {
  if (rc == EIO && disk_is_full(directory_fd)) rc = ENOSPC;
  if (rc > 0) return Error::from_errno(rc, "environment", {}, call);
  Error error(class_of(rc), "environment", {}, std::string(call) + ": " + ::mdb_strerror(rc));
  const std::string_view advice = advice_for(rc);
  return advice.empty() ? error : std::move(error).with_advice(advice);
}

}  // namespace bayplan::metadata
