// One request on its way: what the thread that drives libcurl and the thread that asked share.
//
// Bytes wait in two bounded buffers; a full or empty one pauses the transfer. libcurl's callbacks run on the
// driving thread, which does nothing but move bytes; the asking thread reads sources and writes sinks.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "curl_handles.h"
#include "header_fields.h"
#include "http.h"

namespace bayplan::registry {

class Exchange {
 public:
  static constexpr std::size_t kBufferBytes = 256u << 10;
  /// Of an answer's head, the interim ones before it and the trailers behind it: libcurl keeps them all.
  static constexpr std::size_t kMaxHeadBytes = 64u << 10;

  /// What the asking thread sees in one look.
  struct State {
    bool head = false;  ///< status and fields are there
    bool done = false;  ///< no more bytes come than are in the buffer
    CURLcode code = CURLE_OK;
    bool wants_body = false;   ///< there is room for more of the request's body
    std::size_t received = 0;  ///< bytes in the buffer
  };

  /// Adds the bytes of the answer's body to `received` as they come, which outlives the engine. Errors:
  /// invalid_argument (a file name, proxy or header that libcurl does not take), io.
  static Result<std::shared_ptr<Exchange>> create(const HttpRequest& request,
                                                  std::chrono::milliseconds connect_timeout,
                                                  const std::string& user_agent,
                                                  std::atomic<std::uint64_t>& received);

  // For the asking thread.

  /// Waits until there is something to do, or for `most`.
  State wait(std::chrono::milliseconds most);
  /// Exchanges the bytes that came for `empty`, whose memory is used again. True: the transfer was paused.
  bool take(std::string& empty);
  /// Adds bytes of the request's body. True: the transfer was paused.
  bool give(std::string_view bytes);
  long status() const noexcept { return status_; }                        ///< once State::head
  const HeaderFields& fields() const noexcept { return fields_; }         ///< once State::head
  const char* error_text() const noexcept { return error_text_.data(); }  ///< once State::done
  std::string peer_address();                                             ///< numeric; once State::head
  bool over_http2();                                                      ///< once State::head
  bool header_overflow() const noexcept { return header_overflow_; }      ///< once State::done
  bool refused_coding() const noexcept { return refused_coding_; }        ///< once State::done
  bool refused_address() const noexcept { return refused_address_; }      ///< once State::done
  long new_connections() const noexcept { return new_connections_; }      ///< once State::done
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }       ///< of the request

  // For the driving thread.

  CURL* handle() const noexcept { return handle_.get(); }
  void finish(CURLcode code);

 private:
  explicit Exchange(std::atomic<std::uint64_t>& received) : bytes_received_(received) {}
  Result<void> set_up(const HttpRequest& request, std::chrono::milliseconds connect_timeout,
                      const std::string& user_agent);
  Result<void> set_headers(const HttpRequest& request);
  void set_body(const HttpRequest& request);
  Result<void> set_security(const HttpRequest& request);
  void set_callbacks();
  void note_connection();
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view bytes);
  std::size_t on_send(char* into, std::size_t room);
  curl_socket_t on_open(const curl_sockaddr& address);
  int on_connected(const char* peer);

  std::atomic<std::uint64_t>& bytes_received_;
  UniqueEasy handle_;
  UniqueList headers_;
  std::string sent_whole_;  ///< a request's body that is in memory
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::optional<Reach> at_least_;
  std::uint64_t body_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
  long status_ = 0;
  HeaderFields fields_;
  std::string peer_;
  long http_version_ = 0;
  long new_connections_ = 0;
  std::size_t head_bytes_ = 0;
  bool header_overflow_ = false;
  bool refused_coding_ = false;
  bool refused_address_ = false;
  std::string inbox_;
  std::string outbox_;
  std::size_t sent_ = 0;      ///< of outbox_
  std::uint64_t unsent_ = 0;  ///< of a streamed body, not given yet
  bool head_seen_ = false;    ///< by the asking thread
  bool receive_paused_ = false;
  bool send_paused_ = false;
};

/// How far the address reaches that `address` holds; everywhere for what is not known.
Reach reach_of(const sockaddr& address) noexcept;
/// The same of an address as text.
Reach reach_of(const std::string& address) noexcept;

}  // namespace bayplan::registry
