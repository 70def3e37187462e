#include "engine.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "sockets.h"

namespace bayplan::registry {

namespace asio = boost::asio;

namespace {

// Idle ones, of all hosts. Left to itself, libcurl keeps four for each transfer under way, which are few at
// the end.
constexpr long kMostIdleConnections = 64;
// How often it is looked at whether libcurl returns, where nothing else is waited for.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

struct Engine::Thread {
  ~Thread() {
    work.reset();
    if (thread.joinable()) thread.join();
  }
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

// Everything below runs on one strand. Handlers that are under way keep the loop alive.
class Engine::Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(const asio::any_io_executor& executor, std::chrono::milliseconds longest_call)
      : strand_(asio::make_strand(executor)),
        timer_(strand_),
        sockets_(longest_call),
        multi_(curl_multi_init()) {}

  bool set_up(unsigned connections_per_host) {
    if (!multi_) return false;
    const curl_socket_callback on_socket = [](CURL*, curl_socket_t socket, int what, void* self, void*) {
      static_cast<Loop*>(self)->watch(socket, what);
      return 0;
    };
    const curl_multi_timer_callback on_timer = [](CURLM*, long milliseconds, void* self) {
      static_cast<Loop*>(self)->set_timer(milliseconds);
      return 0;
    };
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections_per_host));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kMostIdleConnections);
    return true;
  }

  template <class F>
  void run(F action) {
    asio::post(strand_, [self = shared_from_this(), action = std::move(action)]() mutable { action(*self); });
  }

  /// Of any thread.
  void end_long_call() { sockets_.end_long_call(); }

  void add(const std::shared_ptr<Exchange>& exchange) {
    note_sockets(exchange->handle());
    if (curl_multi_add_handle(multi_.get(), exchange->handle()) != CURLM_OK) {
      exchange->finish(CURLE_FAILED_INIT);
      return;
    }
    exchanges_.emplace(exchange->handle(), exchange);
  }

  void unpause(const Exchange& exchange) {
    if (!exchanges_.contains(exchange.handle())) return;
    curl_easy_pause(exchange.handle(), CURLPAUSE_CONT);
    finish_done();
  }

  void remove(const Exchange& exchange) {
    const auto found = exchanges_.find(exchange.handle());
    if (found == exchanges_.end()) return;
    curl_multi_remove_handle(multi_.get(), exchange.handle());
    exchanges_.erase(found);
  }

  void close() {
    for (const auto& [handle, exchange] : exchanges_) {
      curl_multi_remove_handle(multi_.get(), handle);
      exchange->finish(CURLE_ABORTED_BY_CALLBACK);
    }
    exchanges_.clear();
    multi_.reset();  // closes its connections, which end their watches
    timer_.cancel();
    for (auto& [socket, watched] : watches_) watched->descriptor.release();
    watches_.clear();
  }

 private:
  void note_sockets(CURL* handle) {
    const curl_sockopt_callback opened = [](void* sockets, curl_socket_t socket, curlsocktype) {
      static_cast<Sockets*>(sockets)->opened(socket);
      return CURL_SOCKOPT_OK;
    };
    const curl_closesocket_callback closing = [](void* sockets, curl_socket_t socket) {
      return static_cast<Sockets*>(sockets)->close(socket);
    };
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, opened);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, &sockets_);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, closing);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, &sockets_);
  }

  struct Watch {
    Watch(const asio::any_io_executor& executor, int socket) : descriptor(executor, socket) {}
    asio::posix::stream_descriptor descriptor;  // libcurl's: released, never closed
    int wanted = 0;
    bool reading = false;
    bool writing = false;
  };

  void watch(curl_socket_t socket, int what) {
    const auto found = watches_.find(socket);
    if (what == CURL_POLL_REMOVE) {
      if (found == watches_.end()) return;
      found->second->wanted = 0;
      found->second->descriptor.release();
      watches_.erase(found);
      return;
    }
    auto& watched = found != watches_.end() ? found->second : watches_[socket];
    if (!watched) watched = std::make_shared<Watch>(asio::any_io_executor(strand_), socket);
    watched->wanted = what;
    wait_on(watched);
  }

  void wait_on(const std::shared_ptr<Watch>& watched) {
    if ((watched->wanted & CURL_POLL_IN) != 0 && !std::exchange(watched->reading, true)) {
      wait_for(watched, asio::posix::stream_descriptor::wait_read, CURL_CSELECT_IN, &Watch::reading);
    }
    if ((watched->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watched->writing, true)) {
      wait_for(watched, asio::posix::stream_descriptor::wait_write, CURL_CSELECT_OUT, &Watch::writing);
    }
  }

  void wait_for(const std::shared_ptr<Watch>& watched, asio::posix::stream_descriptor::wait_type type,
                int event, bool Watch::*waiting) {
    const int socket = watched->descriptor.native_handle();
    watched->descriptor.async_wait(
        type, [self = shared_from_this(), watched, socket, event, waiting](boost::system::error_code error) {
          (*watched).*waiting = false;
          if (watched->wanted == 0) return;  // no longer of interest, and the number may be another socket's
          self->act(socket, error ? event | CURL_CSELECT_ERR : event);
          if (watched->wanted != 0) self->wait_on(watched);
        });
  }

  void set_timer(long milliseconds) {
    if (milliseconds < 0) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::milliseconds(milliseconds));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  void act(curl_socket_t socket, int events) {
    if (!multi_) return;
    int running = 0;
    sockets_.enter(socket);
    curl_multi_socket_action(multi_.get(), socket, events, &running);
    sockets_.leave();
    finish_done();
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = exchanges_.find(message->easy_handle);
      const CURLcode code = message->data.result;  // the message does not outlive its handle
      if (found == exchanges_.end()) continue;
      const std::shared_ptr<Exchange> exchange = std::move(found->second);
      exchanges_.erase(found);
      exchange->finish(code);
      curl_multi_remove_handle(multi_.get(), exchange->handle());
    }
  }

  asio::strand<asio::any_io_executor> strand_;
  asio::steady_timer timer_;
  Sockets sockets_;  // outlives the connections
  UniqueMulti multi_;
  std::map<CURL*, std::shared_ptr<Exchange>> exchanges_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

Result<std::unique_ptr<Engine>> Engine::open(std::optional<asio::any_io_executor> executor,
                                             unsigned connections_per_host,
                                             std::chrono::milliseconds longest_call) {
  std::unique_ptr<Engine> engine(new Engine());
  if (!executor) {
    engine->thread_ = std::make_unique<Thread>();
    executor = engine->thread_->context.get_executor();
  }
  engine->loop_ = std::make_shared<Loop>(*executor, longest_call);
  if (!engine->loop_->set_up(connections_per_host)) {
    engine->loop_.reset();
    return Error(Errc::io, "libcurl", {}, "makes no multi handle");
  }
  if (engine->thread_) {
    engine->thread_->thread = std::thread([context = &engine->thread_->context] { context->run(); });
  }
  return engine;
}

Engine::~Engine() {
  if (!loop_) return;
  std::promise<void> closed;
  loop_->run([&closed](Loop& loop) {
    loop.close();
    closed.set_value();
  });
  const auto is_closed = closed.get_future();
  while (is_closed.wait_for(kLook) != std::future_status::ready) end_long_call();
}

void Engine::start(std::shared_ptr<Exchange> exchange) {
  loop_->run([exchange = std::move(exchange)](Loop& loop) { loop.add(exchange); });
}

void Engine::resume(std::shared_ptr<Exchange> exchange) {
  loop_->run([exchange = std::move(exchange)](Loop& loop) { loop.unpause(*exchange); });
}

void Engine::end_long_call() { loop_->end_long_call(); }

void Engine::abandon(std::shared_ptr<Exchange> exchange) {
  loop_->run([exchange = std::move(exchange)](Loop& loop) { loop.remove(*exchange); });
}

}  // namespace bayplan::registry
