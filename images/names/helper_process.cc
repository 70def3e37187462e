#include "names/helper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bayplan/base/fd.h"
#include "bayplan/base/file.h"

namespace bayplan::images {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSignalExitBase = 128;
// How often a cancellation is looked for.
constexpr std::chrono::milliseconds kCancelInterval{100};

Error failed(const std::string& program, std::string_view call) {
  return Error::from_errno(errno, "program", program, call);
}

// A file and not a pipe: writing to it cannot wait for the program, nor end us when that does not read.
Result<UniqueFd> input_file(const HelperCall& call) {
  UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  if (!fd) return failed(call.program, "memfd_create");
  BAYPLAN_TRY(file::write_all(fd.get(), as_bytes(call.input), "input"));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return failed(call.program, "lseek");
  return fd;
}

class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    // What this process blocks or ignores is its own affair.
    sigset_t none;
    sigemptyset(&none);
    sigset_t pipe = none;
    sigaddset(&pipe, SIGPIPE);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &pipe);
  }
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// A started program; killed and waited for when it was not left to end.
class Child {
 public:
  static Result<Child> start(const HelperCall& call, int input, int output) {
    std::string program = call.program;
    std::string argument = call.argument;
    std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
    const SpawnSettings settings(input, output);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, program.c_str(), settings.actions(), settings.attributes(),
                                     arguments.data(), environ);
    if (error != 0) return Error::from_errno(error, "program", call.program, "posix_spawnp");
    return Child(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ignore_error(wait("killed"), "nobody asks how a killed program ended");
  }

  /// Readable once the program has ended.
  int ended() const noexcept { return pidfd_.get(); }

  Result<int> wait(const std::string& program) {
    const pid_t pid = std::exchange(pid_, -1);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
      if (errno != EINTR) return failed(program, "waitpid");
    }
    return WIFSIGNALED(status) ? kSignalExitBase + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  UniqueFd pidfd_;
};

// Takes what is there; false at the end of the output.
Result<bool> read_some(int fd, const HelperCall& call, std::string& output) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return false;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count < 0) return failed(call.program, "read");
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > kMaxHelperOutput) {
      return Error(Errc::too_large, "program", call.program,
                   "answers more than " + std::to_string(kMaxHelperOutput) + " bytes");
    }
  }
}

// Reads until the program has ended. What it started itself may hold the pipe open for longer.
Result<std::string> read_until_end(const HelperCall& call, const Child& child, int output_fd,
                                   const CancelToken& cancel) {
  const Clock::time_point deadline = Clock::now() + call.deadline;
  std::array<struct pollfd, 2> watched{{{child.ended(), POLLIN, 0}, {output_fd, POLLIN, 0}}};
  std::string output;
  while (watched[0].revents == 0) {
    BAYPLAN_TRY(cancel.check());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return Error(Errc::io, "program", call.program,
                   "has not answered within " + std::to_string(call.deadline.count()) + " ms");
    }
    const int ready =
        ::poll(watched.data(), watched.size(), static_cast<int>(std::min(left, kCancelInterval).count()));
    if (ready < 0 && errno != EINTR) return failed(call.program, "poll");
    if (ready <= 0 || watched[1].revents == 0) continue;
    BAYPLAN_ASSIGN(const bool more, read_some(output_fd, call, output));
    if (!more) watched[1].fd = -1;
  }
  BAYPLAN_TRY(read_some(output_fd, call, output));
  return output;
}

}  // namespace

Result<HelperAnswer> run_helper(const HelperCall& call, const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const UniqueFd input, input_file(call));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed(call.program, "pipe2");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  if (::fcntl(read_end.get(), F_SETFL, O_NONBLOCK) != 0) return failed(call.program, "fcntl");
  BAYPLAN_ASSIGN(Child child, Child::start(call, input.get(), write_end.get()));
  write_end.reset();
  if (child.ended() < 0) return failed(call.program, "pidfd_open");
  HelperAnswer answer;
  BAYPLAN_ASSIGN(answer.output, read_until_end(call, child, read_end.get(), cancel));
  BAYPLAN_ASSIGN(answer.exit_code, child.wait(call.program));
  return answer;
}

}  // namespace bayplan::images
