// The sockets of an engine's connections, and how long libcurl has been inside one of its calls: a server
// that sends faster than it is read, and nothing that counts, keeps it there, and with it the thread that all
// transfers share. Whoever waits looks at that, and ends the connection.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>

namespace bayplan::registry {

class Sockets {
 public:
  explicit Sockets(std::chrono::milliseconds longest_call) : longest_call_(longest_call) {}

  // For the thread that drives libcurl.

  void opened(int socket);
  /// Closes it; answers as close(2) does.
  int close(int socket);
  /// A call for the sake of `socket` begins; of a timer's, if it is none of ours.
  void enter(int socket);
  void leave();

  /// Shuts down the socket that a call is about which lasts longer than it may; all of them, where that is a
  /// timer's. Thread-safe.
  void end_long_call();

 private:
  const std::chrono::milliseconds longest_call_;
  std::mutex mutex_;
  std::set<int> open_;
  int acting_ = -1;
  std::optional<std::chrono::steady_clock::time_point> since_{};
};

}  // namespace bayplan::registry
