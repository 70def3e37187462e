#include "environment_registry.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "bayplan/base/file.h"
#include "create.h"
#include "environment.h"
#include "own_thread.h"

namespace bayplan::metadata {

std::atomic<std::uint64_t> fork_count{0};

namespace {

using DirectoryId = std::pair<dev_t, ino_t>;

struct Entry {
  std::weak_ptr<Environment> environment;
  const void* address;  // of the environment: compared only
  int writer_file;      // still known when the last reference is gone
};

struct Registry {
  std::mutex mutex;  // held while opening and closing, so that a fork cannot fall between
  std::condition_variable closed;
  std::map<DirectoryId, Entry> environments;
};

// Never destroyed: environments may outlive static destructors.
Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

void before_fork() { registry().mutex.lock(); }
void after_fork_in_parent() { registry().mutex.unlock(); }
void after_fork_in_child() {
  fork_count.fetch_add(1, std::memory_order_relaxed);
  // The parent's: the child opens its own. A lock lives as long as a descriptor of it does, in any process.
  for (const auto& [id, entry] : registry().environments) {
    if (entry.writer_file >= 0) ::close(entry.writer_file);
  }
  registry().environments.clear();
  registry().mutex.unlock();
}

void watch_forks() {
  [[maybe_unused]] static const int kOnce =
      ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void close_now(std::unique_ptr<Environment> environment, DirectoryId id) {
  const std::lock_guard lock(registry().mutex);
  environment->close();
  environment.reset();
  registry().environments.erase(id);
  registry().closed.notify_all();
}

void close_environment(Environment* environment, DirectoryId id) {
  if (environment->forked()) {
    delete environment;
    return;
  }
  // What is queued may open and close stores, so the registry's lock comes after it.
  environment->submissions().finish([=] {
    OwnThread::enter(environment);
    if (environment->owes()) ignore_error(environment->sync(), "nobody is left to hear of it");
    OwnThread::leave(environment);
    close_now(std::unique_ptr<Environment>(environment), id);
  });
}

Result<UniqueFd> open_or_create(const std::filesystem::path& directory, const OpenOptions& options) {
  const bool may_create = options.create && !options.read_only;
  auto fd = file::open_dir(directory);
  if (fd && may_create) {
    BAYPLAN_ASSIGN(const auto names, file::list(fd->get(), directory.native()));
    if (!names.empty()) return fd;
  } else if (fd || fd.error().code() != Errc::not_found || !may_create) {
    return fd;
  }
  BAYPLAN_TRY(create_environment(directory));
  return file::open_dir(directory);
}

Error open_error(Error error, const std::filesystem::path& directory) {
  if (error.os_errno() == ENOTDIR)
    return Error(Errc::invalid_argument, "store", directory.native(), "not a directory");
  return std::move(error).with_context("store", directory.native());
}

Result<std::shared_ptr<Environment>> acquire(const std::filesystem::path& directory,
                                             const OpenOptions& options) {
  std::unique_lock lock(registry().mutex);
  while (true) {
    BAYPLAN_ASSIGN(UniqueFd fd, open_or_create(directory, options));
    BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), directory.native()));
    const DirectoryId id{info.st_dev, info.st_ino};
    const auto found = registry().environments.find(id);
    if (found == registry().environments.end()) {
      BAYPLAN_ASSIGN(auto opened, Environment::open(std::move(fd), directory, options));
      std::shared_ptr<Environment> shared(opened.release(),
                                          [id](Environment* e) { close_environment(e, id); });
      registry().environments.insert_or_assign(id, Entry{shared, shared.get(), shared->writer_file()});
      return shared;
    }
    if (auto shared = found->second.environment.lock()) return shared;
    if (OwnThread::is_writing(found->second.address)) {
      return Error(Errc::failed_precondition, "environment", {},
                   "is being closed, and that waits for this closure or hook")
          .with_advice("keep a handle of it open until they have run");
    }
    registry().closed.wait(lock);  // its last reference is gone, and another thread is about to close it
  }
}

}  // namespace

Result<std::shared_ptr<Environment>> acquire_environment(const std::filesystem::path& directory,
                                                         const OpenOptions& options) {
  watch_forks();
  auto environment = acquire(directory, options);
  if (!environment) return open_error(std::move(environment).error(), directory);
  if (!options.read_only && (*environment)->read_only()) {
    return Error(Errc::busy, "store", directory.native(), "this process has it open for reading only")
        .with_advice("close the read-only handles first");
  }
  return environment;
}

}  // namespace bayplan::metadata
