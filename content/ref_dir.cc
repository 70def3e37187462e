#include "ref_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "bayplan/base/file.h"

namespace bayplan::content {
namespace {

// One is lost when somebody only looks whether it is locked, or removes the directory meanwhile.
constexpr int kAttempts = 10000;
// Of them, those that do not wait: who looks is done at once, unless it is kept from its processor.
constexpr int kQuickAttempts = 64;
constexpr std::chrono::microseconds kPause{200};
constexpr mode_t kPrivateMode = 0700;
constexpr char kHolder[] = "writer";
constexpr std::size_t kMostPidBytes = 32;

Error is_held(std::string_view ref, std::optional<pid_t> holder) {
  return Error(Errc::busy, "ingest", ref,
               holder ? "process " + std::to_string(*holder) + " writes to it" : "somebody writes to it")
      .with_advice("wait until it is closed");
}

// For the error text of others: nothing depends on it.
void write_down_holder(int dir) {
  const auto fd = file::open_beneath(dir, kHolder, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!fd) return;
  ignore_error(file::write_all(fd->get(), as_bytes(std::to_string(::getpid())), kHolder),
               "then the holder has no name");
}

Result<UniqueFd> make_and_open(int ingest, const std::string& name) {
  if (::mkdirat(ingest, name.c_str(), kPrivateMode) != 0 && errno != EEXIST)
    return Error::from_errno(errno, "directory", name, "mkdirat");
  return file::open_dir_at(ingest, name);
}

template <class T>
bool is(const Result<T>& result, Errc code) {
  return !result && result.error().code() == code;
}

}  // namespace

Result<RefDir> RefDir::lock(SharedDirs dirs, std::string_view ref, std::string name) {
  BAYPLAN_TRY(dirs->locks->check_process());
  const int ingest = dirs->ingest.get();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto fd = make_and_open(ingest, name);
    if (is(fd, Errc::not_found)) continue;
    if (!fd) return std::move(fd).error();
    const auto locked = file::try_lock_exclusive(fd->get(), name);
    if (is(locked, Errc::busy)) {
      if (!file::try_lock_shared(fd->get(), name)) return is_held(ref, holder_of(fd->get()));
      if (attempt < kQuickAttempts)
        std::this_thread::yield();
      else
        std::this_thread::sleep_for(kPause);
      continue;
    }
    BAYPLAN_TRY(locked);
    BAYPLAN_ASSIGN(const bool there, file::is_still_at(fd->get(), ingest, name));
    if (!there) continue;
    write_down_holder(fd->get());
    return RefDir(std::move(dirs), std::move(name), *std::move(fd));
  }
  return is_held(ref, {});
}

void RefDir::remove() const noexcept {
  if (!dirs_->locks->check_process()) return;
  ignore_error(file::remove_tree(dirs_->ingest.get(), name_), "the next sweep removes what is left");
}

bool is_locked(const BlobDirs& dirs, const std::string& name) {
  const auto dir = file::open_dir_at(dirs.ingest.get(), name);
  return dir && is(file::try_lock_shared(dir->get(), name), Errc::busy);
}

std::optional<pid_t> holder_of(int dir) {
  const auto text = file::read_file(dir, kHolder, kMostPidBytes);
  if (!text) return std::nullopt;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc() || end != text->data() + text->size() || pid <= 0) return std::nullopt;
  return pid;
}

}  // namespace bayplan::content
