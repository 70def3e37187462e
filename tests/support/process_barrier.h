// A barrier for threads of several processes; made before the fork.
#pragma once

#include <pthread.h>
#include <sys/mman.h>

#include <new>
#include <system_error>

namespace bayplan::test {

class ProcessBarrier {
 public:
  explicit ProcessBarrier(unsigned parties) {
    void* const memory =
        ::mmap(nullptr, sizeof *barrier_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    barrier_ = static_cast<pthread_barrier_t*>(memory);
    pthread_barrierattr_t shared;
    ::pthread_barrierattr_init(&shared);
    ::pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    const int rc = ::pthread_barrier_init(barrier_, &shared, parties);
    ::pthread_barrierattr_destroy(&shared);
    if (rc != 0) throw std::system_error(rc, std::generic_category(), "pthread_barrier_init");
  }
  ProcessBarrier(const ProcessBarrier&) = delete;
  ProcessBarrier& operator=(const ProcessBarrier&) = delete;
  ~ProcessBarrier() { ::munmap(barrier_, sizeof *barrier_); }

  /// Returns when as many threads as it has parties have come.
  void wait() { ::pthread_barrier_wait(barrier_); }

 private:
  pthread_barrier_t* barrier_ = nullptr;
};

}  // namespace bayplan::test
