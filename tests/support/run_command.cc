#include "support/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "bayplan/base/fd.h"

extern char** environ;

namespace bayplan::test {
namespace {

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

pid_t spawn(const std::vector<std::string>& arguments, int in, int out, int err) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (in >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  if (::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

void drain(const UniqueFd& out, const UniqueFd& err, CommandResult& result) {
  std::array<pollfd, 2> polled{{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&result.out, &result.err};
  std::array<char, 65536> buffer{};
  for (int open = 2; open > 0;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      const ssize_t got = ::read(polled[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0) {
        polled[i].fd = -1;
        --open;
      }
    }
  }
}

// As a shell tells it.
int wait_for(pid_t pid, rusage* usage = nullptr) {
  int status = 0;
  while (::wait4(pid, &status, 0, usage) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments) {
  CommandResult result;
  auto [out_read, out_write] = make_pipe();
  auto [err_read, err_write] = make_pipe();
  const pid_t pid = spawn(arguments, -1, out_write.get(), err_write.get());
  out_write.reset();
  err_write.reset();
  if (pid < 0) return result;
  drain(out_read, err_read, result);
  rusage usage{};
  result.exit_code = wait_for(pid, &usage);
  result.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  return result;
}

BackgroundCommand::BackgroundCommand(const std::vector<std::string>& arguments, int input) {
  auto [out_read, out_write] = make_pipe();
  out_ = std::move(out_read);
  pid_ = spawn(arguments, input, out_write.get(), STDERR_FILENO);
}

BackgroundCommand::~BackgroundCommand() {
  if (pid_ < 0) return;
  send(SIGKILL);
  wait_for(pid_);
}

bool BackgroundCommand::has_line(int milliseconds) {
  pollfd waits{.fd = out_.get(), .events = POLLIN, .revents = 0};
  while (text_.find('\n') == std::string::npos) {
    if (::poll(&waits, 1, milliseconds) <= 0) return false;
    read_more();
  }
  return true;
}

std::string BackgroundCommand::line() {
  while (!has_line(-1)) {
  }
  const std::size_t end = text_.find('\n');
  std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return line;
}

void BackgroundCommand::read_more() {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(out_.get(), buffer.data(), buffer.size());
  if (got <= 0) throw std::runtime_error("the program has ended its output");
  text_.append(buffer.data(), static_cast<std::size_t>(got));
}

void BackgroundCommand::send(int signal) const { ::kill(pid_, signal); }

int BackgroundCommand::exit_code() { return wait_for(std::exchange(pid_, -1)); }

}  // namespace bayplan::test
