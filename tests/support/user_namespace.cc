#include "support/user_namespace.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace bayplan::test {
namespace {

bool signal_other(int fd) { return ::write(fd, "x", 1) == 1; }
bool wait_for_other(int fd) {
  char byte = 0;
  return ::read(fd, &byte, 1) == 1;
}

[[noreturn]] void run_child(int to_parent, int from_parent, const std::function<void()>& body) {
  const bool mapped = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && signal_other(to_parent) &&
                      wait_for_other(from_parent) && ::setgid(0) == 0 && ::setuid(0) == 0 &&
                      ::setgroups(0, nullptr) == 0;
  if (!mapped) {
    std::perror("user namespace");
    ::_exit(2);
  }
  body();
  std::fflush(nullptr);
  ::_exit(testing::Test::HasFailure() ? 1 : 0);
}

void write_map(pid_t child, const char* name, const std::string& map) {
  std::ofstream(std::string("/proc/") + std::to_string(child) + "/" + name) << map;
}

}  // namespace

unsigned outside_root(const std::string& map) { return static_cast<unsigned>(std::stoul(map.substr(2))); }

bool run_in_user_namespace(const std::string& map, const std::function<void()>& body) {
  std::array<int, 2> up{};
  std::array<int, 2> down{};
  if (::pipe(up.data()) != 0 || ::pipe(down.data()) != 0) return false;
  std::fflush(nullptr);  // or the child says it again
  const pid_t child = ::fork();
  if (child == 0) run_child(up[1], down[0], body);
  ::close(up[1]);
  if (wait_for_other(up[0])) {
    write_map(child, "uid_map", map);
    write_map(child, "gid_map", map);
    static_cast<void>(signal_other(down[1]));
  }
  for (const int fd : {up[0], down[0], down[1]}) ::close(fd);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace bayplan::test
