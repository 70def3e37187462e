// Requests and answers for the thread that asks: waits, deadlines, cancellation, and the source of a body.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <variant>

#include "bayplan/base/progress.h"
#include "bayplan/images/registry.h"
#include "engine.h"
#include "retries.h"
#include "slots.h"

namespace bayplan::registry {

struct Counters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> http2_answers{0};
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> bytes_sent{0};
};

/// Watches that a body keeps coming. Time counts only while somebody waits for it.
class StallWatch {
 public:
  StallWatch(std::chrono::milliseconds window, std::uint64_t least) : window_(window), least_(least) {}
  void moved(std::uint64_t bytes) noexcept { bytes_ += bytes; }
  /// True once a whole window was waited through that brought less than the least.
  bool waited(std::chrono::nanoseconds time) noexcept;

 private:
  std::chrono::nanoseconds window_;
  std::uint64_t least_;
  std::uint64_t bytes_ = 0;
  std::chrono::nanoseconds waited_{0};
};

/// An answer whose head is there. Ends its transfer when destroyed. Used by one thread.
class Response {
 public:
  Response(Response&&) noexcept = default;
  Response& operator=(Response&& other) noexcept;
  ~Response();

  long status() const noexcept { return exchange_->status(); }
  const HeaderFields& fields() const noexcept { return exchange_->fields(); }
  const Url& url() const noexcept { return url_; }
  /// Given back with this object.
  void keep(Slots::Slot slot) { slot_ = std::move(slot); }
  std::string peer_address() const { return exchange_->peer_address(); }

  /// More bytes of the body, valid until the next call; none at its end. A body that is shorter than
  /// its Content-Length is a failure that passes.
  Attempt<std::string_view> next(const CancelToken& cancel);
  /// All of the body. Errors: too_large, and those of next.
  Attempt<std::string> read_all(std::size_t limit, const CancelToken& cancel);
  /// As much of the body as comes, up to `limit`: for the words of an error.
  std::string read_some(std::size_t limit, const CancelToken& cancel);

 private:
  friend class Transport;
  Response(Engine& engine, std::shared_ptr<Exchange> exchange, Url url, const Patience& patience)
      : engine_(&engine),
        exchange_(std::move(exchange)),
        url_(std::move(url)),
        patience_(patience),
        stall_(patience.stall_window, patience.stall_bytes) {}

  Engine* engine_;
  std::shared_ptr<Exchange> exchange_;
  Url url_;
  Patience patience_;
  StallWatch stall_;
  std::string buffer_;
  Slots::Slot slot_;
};

class Transport {
 public:
  Transport(std::unique_ptr<Engine> engine, const images::RegistryOptions& options)
      : engine_(std::move(engine)), options_(options) {}

  /// Sends `request` and its body, once, and waits for the head of the answer.
  Attempt<Response> send(const HttpRequest& request, const Patience& patience, const CancelToken& cancel);

  const Counters& counters() const noexcept { return counters_; }

 private:
  Counters counters_;  // the engine's thread counts until that is gone
  std::unique_ptr<Engine> engine_;
  const images::RegistryOptions& options_;
};

}  // namespace bayplan::registry
