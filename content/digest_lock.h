// The byte locks of <root>/lock, one per digest.
//
// A publisher holds its digest's byte shared, from before the rename until its record is committed: two
// publishers of one digest write the same verified bytes, so they need not wait for one another, and nobody
// can deadlock by collecting several blobs in another order. An unlinker claims the byte alone, never waits
// for it, and keeps it for one look at the records and one unlink.
//
// The kernel keeps the locks of one open file description apart from those of others only, so the threads of
// this process share one description per lock file and are kept apart by a table.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "bayplan/base/digest.h"
#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"

namespace bayplan::content {

class DigestLocks;

/// One byte, held or claimed. Move-only.
class DigestLock {
 public:
  DigestLock(DigestLock&&) noexcept = default;
  DigestLock& operator=(DigestLock&&) = delete;
  ~DigestLock();

 private:
  friend class DigestLocks;
  DigestLock(std::shared_ptr<DigestLocks> locks, std::uint64_t offset)
      : locks_(std::move(locks)), offset_(offset) {}

  std::shared_ptr<DigestLocks> locks_;
  std::uint64_t offset_;
};

/// Thread-safe. Not for use by a forked child, to which every call answers closed.
class DigestLocks : public std::enable_shared_from_this<DigestLocks> {
 public:
  /// The locks of the file "lock" in directory `root`, created when absent; one object per file and process.
  static Result<std::shared_ptr<DigestLocks>> open(int root);
  DigestLocks(UniqueFd fd, pid_t owner) : fd_(std::move(fd)), owner_(owner) {}

  /// Errors: closed, no_space (the kernel's lock table), io.
  Result<void> check_process() const;
  /// A publisher's share; waits for an unlinker, who is quick. Errors: closed, io.
  Result<DigestLock> hold(const Digest& digest);
  /// An unlinker's claim; empty while anybody, in this process or another, has the byte. Errors: closed, io.
  Result<std::optional<DigestLock>> try_claim(const Digest& digest);

 private:
  friend class DigestLock;
  void release(std::uint64_t offset) noexcept;
  void forget(std::uint64_t offset) noexcept;

  UniqueFd fd_;
  pid_t owner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::size_t> holders_;  // 0: claimed, or on its way into the kernel
};

}  // namespace bayplan::content
