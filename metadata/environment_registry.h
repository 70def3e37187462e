// One environment per directory and process: LMDB forbids opening a file twice in one process, because
// closing one descriptor of its lock file drops the locks of both.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "bayplan/base/result.h"
#include "bayplan/metadata/options.h"

namespace bayplan::metadata {

class Environment;

/// The environment in `directory`, opened (or created) unless this process has it open. It closes with the
/// last reference. Thread-safe. Errors: as Db::open.
Result<std::shared_ptr<Environment>> acquire_environment(const std::filesystem::path& directory,
                                                         const OpenOptions& options);

/// How often this process, or one before it, was forked off while it watched.
extern std::atomic<std::uint64_t> fork_count;

/// Differs between a process and the child it forks.
inline std::uint64_t process_generation() noexcept { return fork_count.load(std::memory_order_relaxed); }

}  // namespace bayplan::metadata
