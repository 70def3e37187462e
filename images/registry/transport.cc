#include "transport.h"

#include <algorithm>
#include <utility>

#include "transfer_error.h"

namespace bayplan::registry {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLookForCancel{50};
constexpr std::size_t kSendBytes = 256u << 10;

Failure too_slow(const Url& url, std::string_view what) {
  return {Error(Errc::io, "registry", url.shown(), what), true};
}

// The next piece of the request's body goes into the buffer that libcurl sends from.
Result<void> feed(Engine& engine, const std::shared_ptr<Exchange>& exchange, ByteSource& source,
                  std::string& piece, std::uint64_t& left) {
  piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kSendBytes, left)));
  BAYPLAN_ASSIGN(const std::size_t count, source.read(std::as_writable_bytes(std::span(piece))));
  if (count == 0) return Error(Errc::io, "body of a request", {}, "its source ended early");
  left -= count;
  if (exchange->give(std::string_view(piece).substr(0, count))) engine.resume(exchange);
  return {};
}

}  // namespace

bool StallWatch::waited(std::chrono::nanoseconds time) noexcept {
  waited_ += time;
  if (waited_ < window_) return false;
  waited_ = {};
  return std::exchange(bytes_, 0) < least_;
}

Response& Response::operator=(Response&& other) noexcept {
  if (this == &other) return *this;
  if (exchange_) engine_->abandon(std::move(exchange_));
  engine_ = other.engine_;
  exchange_ = std::move(other.exchange_);
  url_ = std::move(other.url_);
  patience_ = other.patience_;
  stall_ = other.stall_;
  buffer_ = std::move(other.buffer_);
  slot_ = std::move(other.slot_);
  return *this;
}

Response::~Response() {
  if (exchange_) engine_->abandon(std::move(exchange_));
}

Attempt<std::string_view> Response::next(const CancelToken& cancel) {
  while (true) {
    if (auto alive = cancel.check(); !alive) return Failure{std::move(alive).error()};
    const auto before = steady_clock::now();
    const Exchange::State state = exchange_->wait(kLookForCancel);
    const auto after = steady_clock::now();
    if (state.received > 0) {
      if (exchange_->take(buffer_)) engine_->resume(exchange_);
      stall_.moved(buffer_.size());
    }
    // Also where something came: a drop now and then is no answer.
    const bool stalled = stall_.waited(after - before);
    if (patience_.deadline && after > *patience_.deadline) return too_slow(url_, "the answer takes too long");
    if (state.received > 0 && !stalled) return std::string_view(buffer_);
    if (state.done && state.received == 0) {
      if (state.code == CURLE_OK) return std::string_view();
      return transfer_failure(*exchange_, state.code, url_);
    }
    if (stalled) return too_slow(url_, "the body has stalled");
    engine_->end_long_call();
  }
}

Attempt<std::string> Response::read_all(std::size_t limit, const CancelToken& cancel) {
  const auto too_large = [&] {
    return Failure{Error(Errc::too_large, "registry", url_.shown(),
                         "the answer has more than " + std::to_string(limit) + " bytes")};
  };
  if (fields().content_length().value_or(0) > limit) return too_large();
  std::string body;
  while (true) {
    auto piece = next(cancel);
    if (auto* failure = std::get_if<Failure>(&piece)) return std::move(*failure);
    const std::string_view bytes = std::get<std::string_view>(piece);
    if (bytes.empty()) return body;
    if (bytes.size() > limit - body.size()) return too_large();
    body.append(bytes);
  }
}

std::string Response::read_some(std::size_t limit, const CancelToken& cancel) {
  std::string body;
  while (body.size() < limit) {
    const auto piece = next(cancel);
    const auto* bytes = std::get_if<std::string_view>(&piece);
    if (bytes == nullptr || bytes->empty()) break;
    body.append(bytes->substr(0, limit - body.size()));
  }
  return body;
}

Attempt<Response> Transport::send(const HttpRequest& request, const Patience& patience,
                                  const CancelToken& cancel) {
  auto created =
      Exchange::create(request, options_.connect_timeout, options_.user_agent, counters_.bytes_received);
  if (!created) return Failure{std::move(created).error()};
  Response response(*engine_, *created, request.url, patience);
  const std::shared_ptr<Exchange>& exchange = *created;
  const auto* streamed = std::get_if<StreamedBody>(&request.body);
  std::uint64_t left = streamed != nullptr ? streamed->size : 0;
  std::string piece;
  counters_.requests += 1;
  engine_->start(exchange);
  StallWatch stall(patience.head, 1);
  while (true) {
    if (auto alive = cancel.check(); !alive) return Failure{std::move(alive).error()};
    const auto before = steady_clock::now();
    const Exchange::State state = exchange->wait(kLookForCancel);
    if (state.head) break;
    if (state.done) return transfer_failure(*exchange, state.code, request.url);
    if (state.wants_body && left > 0) {
      if (auto fed = feed(*engine_, exchange, *streamed->source, piece, left); !fed) {
        return Failure{std::move(fed).error()};
      }
      stall.moved(piece.size());
      continue;
    }
    const auto after = steady_clock::now();
    if (stall.waited(after - before)) return too_slow(request.url, "no answer in time");
    engine_->end_long_call();
  }
  counters_.http2_answers += exchange->over_http2() ? 1 : 0;
  counters_.connections += static_cast<std::uint64_t>(exchange->new_connections());
  counters_.bytes_sent += exchange->body_bytes();
  return response;
}

}  // namespace bayplan::registry
