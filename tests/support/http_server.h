// An HTTP/1.1 server on 127.0.0.1 that says and does what a test wants, right or wrong; in plain or over TLS.
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
  reset,    ///< end it as if the machine had gone
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
  std::optional<std::string> raw{};  ///< sent instead of all of these but `then`
};

/// When the handler is asked for a reply.
enum class Asked : unsigned char {
  request,     ///< once all of a request is there
  head,        ///< once its head is there; the body is not read
  connection,  ///< at once, with an empty request, which is not kept
};

struct HttpServerOptions {
  Asked asked = Asked::request;
  std::string certificate{};  ///< files in PEM; empty: no TLS
  std::string key{};
  std::string bind = "127.0.0.1";  ///< an address of this host
  bool http2 = false;              ///< agrees to HTTP/2, of which it speaks what replies hold as `raw`
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpServerRequest&)>;

  /// `handler` is called on the server's thread, one call at a time.
  explicit HttpServer(Handler handler, const HttpServerOptions& options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "127.0.0.1:port", or where else it is.
  std::string address() const;
  /// All that came so far, in order.
  std::vector<HttpServerRequest> requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bayplan::test
