// libcurl's multi interface on Boost.Asio: its sockets and its one timer wait on an executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "exchange.h"

namespace bayplan::registry {

class Engine {
 public:
  /// A call of libcurl's that lasts longer loses its connection, once somebody waits for a transfer.
  static constexpr std::chrono::seconds kLongestCall{5};

  /// Errors: io. Preconditions as open_client's.
  static Result<std::unique_ptr<Engine>> open(std::optional<boost::asio::any_io_executor> executor,
                                              unsigned connections_per_host,
                                              std::chrono::milliseconds longest_call = kLongestCall);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Thread-safe, and none waits for what it asks.

  void start(std::shared_ptr<Exchange> exchange);
  /// Goes on with a transfer that was paused.
  void resume(std::shared_ptr<Exchange> exchange);
  /// Ends a transfer that nobody waits for; its connection is closed if it was in the middle of something.
  void abandon(std::shared_ptr<Exchange> exchange);
  /// For whoever waits, now and then: a transfer of somebody else's may keep libcurl busy.
  void end_long_call();

 private:
  class Loop;
  struct Thread;
  Engine() = default;

  std::unique_ptr<Thread> thread_;
  std::shared_ptr<Loop> loop_;
};

}  // namespace bayplan::registry
