// An HTTP/1.1 server on 127.0.0.1 that says and does what a test wants, right or wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bayplan::test {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpServerRequest {
  std::string method;
  std::string target;  ///< path and query
  HttpFields fields;
  std::string body;

  /// Empty where it is absent.
  std::string field(std::string_view name) const;
  /// The path without the query.
  std::string path() const { return target.substr(0, target.find('?')); }
};

enum class Then : unsigned char {
  keep,     ///< wait for the next request
  close,    ///< end the connection
  stall,    ///< say nothing more, until the client goes
  endless,  ///< say the body again and again, until the client goes
  drip,     ///< the same, with some milliseconds before each
};

struct HttpReply {
  int status = 200;
  HttpFields fields{};
  std::string body{};
  std::optional<std::uint64_t> content_length{};  ///< what it says, if not the size of the body
  bool sized = true;                              ///< whether there is a Content-Length at all
  Then then = Then::keep;
  std::string raw{};  ///< sent instead of everything above, if not empty
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpServerRequest&)>;

  /// `handler` is called on the server's thread, one call at a time.
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "127.0.0.1:port".
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  /// All that came so far, in order.
  std::vector<HttpServerRequest> requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bayplan::test
