// A forked child for tests of several processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace bayplan::metadata {

/// Runs `body()` in a child, which ends with its answer (0 = fine), or 99 if it throws.
template <class F>
pid_t start_child(F body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  int status = 99;
  try {
    status = body();
  } catch (...) {
    status = 99;
  }
  ::_exit(status);
}

/// The child's exit status; -1 when a signal ended it.
inline int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

template <class F>
int run_in_child(F body) {
  return wait_for(start_child(body));
}

/// One process tells another, once or more often; made before the child.
class Signal {
 public:
  Signal() {
    if (::pipe(ends_) != 0) std::abort();
  }
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void send() {
    if (::write(ends_[1], "x", 1) != 1) std::abort();
  }
  void wait() {
    char byte = 0;
    if (::read(ends_[0], &byte, 1) != 1) std::abort();
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace bayplan::metadata
