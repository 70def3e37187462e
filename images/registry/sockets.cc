#include "sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace bayplan::registry {

using std::chrono::steady_clock;

void Sockets::opened(int socket) {
  const std::lock_guard lock(mutex_);
  open_.insert(socket);
}

int Sockets::close(int socket) {
  const std::lock_guard lock(mutex_);  // so that nobody shuts down what gets the number next
  open_.erase(socket);
  return ::close(socket);
}

void Sockets::enter(int socket) {
  const std::lock_guard lock(mutex_);
  acting_ = socket;
  since_ = steady_clock::now();
}

void Sockets::leave() {
  const std::lock_guard lock(mutex_);
  since_.reset();
}

void Sockets::end_long_call() {
  const std::lock_guard lock(mutex_);
  if (!since_ || steady_clock::now() - *since_ < longest_call_) return;
  since_ = steady_clock::now();  // what is in its buffer is still read
  if (open_.contains(acting_)) {
    ::shutdown(acting_, SHUT_RDWR);
    return;
  }
  for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace bayplan::registry
