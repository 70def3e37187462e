// LMDB's table of readers, all processes.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bayplan::metadata {

struct ReaderSlot {
  pid_t pid = 0;
  std::optional<std::uint64_t> snapshot{};  ///< LMDB's number of the commit it sees; empty: reads nothing now
};

/// The slots that are taken. Empty when LMDB does not tell.
std::vector<ReaderSlot> list_readers(MDB_env* env);

/// "3 reader slots are taken: 2 by process 17, 1 by process 4".
std::string describe_readers(const std::vector<ReaderSlot>& readers);

}  // namespace bayplan::metadata
