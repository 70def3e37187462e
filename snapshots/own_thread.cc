#include "own_thread.h"

#include <signal.h>

#include <system_error>
#include <thread>

namespace bayplan::snapshots {

Result<void> run_on_own_thread(const std::function<void()>& work) {
  // A handler of the host must not run where paths mean something else; the new thread inherits the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  if (const int failed = ::pthread_sigmask(SIG_SETMASK, &all, &before); failed != 0) {
    return Error::from_errno(failed, "thread", {}, "pthread_sigmask");
  }
  std::optional<Error> error;
  try {
    std::thread(work).join();
  } catch (const std::system_error& failure) {
    error = Error::from_errno(failure.code().value(), "thread", {}, "pthread_create");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error) return *std::move(error);
  return {};
}

}  // namespace bayplan::snapshots
