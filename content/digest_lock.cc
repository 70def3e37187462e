#include "digest_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <tuple>

#include "bayplan/base/file.h"

namespace bayplan::content {
namespace {

using LockFileKey = std::tuple<pid_t, dev_t, ino_t>;

struct Registry {
  std::mutex mutex;
  std::map<LockFileKey, std::weak_ptr<DigestLocks>> open;
};

// Never destroyed: a blob in a static object may outlive any order of destruction.
Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

// The first 62 bits: any off_t takes them, and a collision only makes two digests wait for one another.
std::uint64_t offset_of(const Digest& digest) noexcept {
  std::uint64_t offset = 0;
  for (const std::byte byte : digest.bytes().first(8)) {
    offset = (offset << 8u) | std::to_integer<std::uint64_t>(byte);
  }
  return offset >> 2u;
}

Result<void> lock_byte_shared(int fd, std::uint64_t offset) {
  struct flock range {};
  range.l_type = F_RDLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(offset);
  range.l_len = 1;
  while (::fcntl(fd, F_OFD_SETLKW, &range) != 0) {
    if (errno != EINTR) return Error::from_errno(errno, "file", "lock", "fcntl");
  }
  return {};
}

}  // namespace

DigestLock::~DigestLock() {
  if (locks_) locks_->release(offset_);
}

Result<std::shared_ptr<DigestLocks>> DigestLocks::open(int root) {
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_beneath(root, "lock", O_RDWR | O_CREAT | O_NOCTTY, 0600));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), "lock"));
  const pid_t process = ::getpid();
  const std::lock_guard guard(registry().mutex);
  std::erase_if(registry().open, [](const auto& entry) { return entry.second.expired(); });
  auto& known = registry().open[{process, info.st_dev, info.st_ino}];
  auto locks = known.lock();
  if (!locks) known = locks = std::make_shared<DigestLocks>(std::move(fd), process);
  return locks;
}

Result<void> DigestLocks::check_process() const {
  if (owner_ == ::getpid()) return {};
  return Error(Errc::closed, "content store", {}, "opened before a fork")
      .with_advice("open it anew in the child");
}

Result<DigestLock> DigestLocks::hold(const Digest& digest) {
  BAYPLAN_TRY(check_process());
  const std::uint64_t offset = offset_of(digest);
  std::unique_lock guard(mutex_);
  while (true) {
    const auto [entry, fresh] = holders_.try_emplace(offset, 0u);
    if (fresh) break;
    if (entry->second > 0) {
      ++entry->second;
      return DigestLock(shared_from_this(), offset);
    }
    changed_.wait(guard);
  }
  guard.unlock();
  const auto locked = lock_byte_shared(fd_.get(), offset);
  guard.lock();
  if (!locked) {
    forget(offset);
    return locked.error();
  }
  holders_[offset] = 1;
  changed_.notify_all();
  return DigestLock(shared_from_this(), offset);
}

Result<std::optional<DigestLock>> DigestLocks::try_claim(const Digest& digest) {
  BAYPLAN_TRY(check_process());
  const std::uint64_t offset = offset_of(digest);
  const std::lock_guard guard(mutex_);
  if (!holders_.try_emplace(offset, 0u).second) return std::optional<DigestLock>();
  auto locked = file::try_lock_byte(fd_.get(), offset, "lock");
  if (locked) return std::optional(DigestLock(shared_from_this(), offset));
  forget(offset);
  if (locked.error().code() == Errc::busy) return std::optional<DigestLock>();
  return std::move(locked).error();
}

void DigestLocks::release(std::uint64_t offset) noexcept {
  const std::lock_guard guard(mutex_);
  if (auto& holders = holders_[offset]; holders > 1) {
    --holders;
    return;
  }
  // A forked child shares the description: unlocking there would open the parent's lock.
  if (owner_ == ::getpid()) file::unlock_byte(fd_.get(), offset);
  forget(offset);
}

void DigestLocks::forget(std::uint64_t offset) noexcept {
  holders_.erase(offset);
  changed_.notify_all();
}

}  // namespace bayplan::content
