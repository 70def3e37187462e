#include "child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "bayplan/base/fd.h"

namespace bayplan::containers {
namespace {

constexpr int kSignalExitBase = 128;

// Keeps SIGINT and SIGTERM from ending this thread's process while the child runs, and hands them out as
// bytes.
class SignalGate {
 public:
  SignalGate() {
    sigset_t forwarded;
    sigemptyset(&forwarded);
    sigaddset(&forwarded, SIGINT);
    sigaddset(&forwarded, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &forwarded, &before_);
    fd_.reset(::signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~SignalGate() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalGate(const SignalGate&) = delete;
  SignalGate& operator=(const SignalGate&) = delete;

  int fd() const noexcept { return fd_.get(); }
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

// What of our environment would make a runtime open its container to us: sockets and descriptors of the
// service manager.
constexpr std::array<std::string_view, 4> kWithheld = {
    "NOTIFY_SOCKET=", "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="};

std::vector<char*> environment() {
  std::vector<char*> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool withheld =
        std::any_of(kWithheld.begin(), kWithheld.end(), [&](auto name) { return text.starts_with(name); });
    if (!withheld) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

class SpawnSettings {
 public:
  SpawnSettings(const Command& command, const sigset_t& mask) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setsigmask(&attributes_, &mask);
    for (int fd = STDIN_FILENO; command.silent && fd <= STDERR_FILENO; ++fd) {
      ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
    }
    if (command.inherited >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, command.inherited, kInheritedFd);
    }
    // The host may have opened some without O_CLOEXEC; in a container's runtime they are a way out of it
    // (CVE-2024-21626).
    ::posix_spawn_file_actions_addclosefrom_np(&actions_,
                                               command.inherited >= 0 ? kInheritedFd + 1 : kInheritedFd);
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

Result<pid_t> spawn(const Command& command, const sigset_t& mask) {
  std::vector<std::string> texts = command.arguments;
  std::vector<char*> arguments;
  arguments.reserve(texts.size() + 1);
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  const SpawnSettings settings(command, mask);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, arguments.front(), settings.actions(), settings.attributes(),
                                   arguments.data(), environment().data());
  if (failed != 0) return Error::from_errno(failed, "program", command.arguments.front(), "posix_spawn");
  return pid;
}

void forward_signals(int signals, int pidfd) {
  struct signalfd_siginfo info {};
  while (::read(signals, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    // A terminal signals the whole foreground process group: the child had this one already.
    if (info.ssi_code == SI_KERNEL) continue;
    ::syscall(SYS_pidfd_send_signal, pidfd, info.ssi_signo, nullptr, 0);
  }
}

void forward_until_exit(int signals, int pidfd) {
  std::array<struct pollfd, 2> watched{{{pidfd, POLLIN, 0}, {signals, POLLIN, 0}}};
  while (true) {
    const int ready = ::poll(watched.data(), watched.size(), -1);
    if (ready < 0 && errno != EINTR) return;
    forward_signals(signals, pidfd);
    if (ready > 0 && watched[0].revents != 0) return;
  }
}

Result<int> reap(pid_t pid, const std::string& program) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "program", program, "waitpid");
  }
  return WIFSIGNALED(status) ? kSignalExitBase + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<int> run_to_end(const Command& command) {
  const SignalGate gate;
  BAYPLAN_ASSIGN(const pid_t pid, spawn(command, gate.before()));
  auto told = command.started ? command.started(pid) : Result<void>();
  if (!told) ::kill(pid, SIGKILL);
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd) forward_until_exit(gate.fd(), pidfd.get());
  auto exit_code = reap(pid, command.arguments.front());
  return told ? std::move(exit_code) : std::move(told).error();
}

}  // namespace bayplan::containers
