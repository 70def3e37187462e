#include "support/http_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

namespace bayplan::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

HttpServerRequest parse_head(const std::string& head) {
  HttpServerRequest request;
  std::istringstream lines(head);
  std::string line;
  std::getline(lines, line);
  std::istringstream(line) >> request.method >> request.target;
  while (std::getline(lines, line) && line != "\r") {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    request.fields.emplace_back(line.substr(0, colon), line.substr(begin, line.find('\r', begin) - begin));
  }
  return request;
}

std::string head_of(const HttpReply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Test\r\n";
  for (const auto& [name, value] : reply.fields) head += name + ": " + value + "\r\n";
  const bool bodiless = reply.status == 204 || reply.status < 200;
  if (reply.sized && !bodiless) {
    head += "Content-Length: " + std::to_string(reply.content_length.value_or(reply.body.size())) + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace

std::string HttpServerRequest::field(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (lowered(field) == lowered(name)) return value;
  }
  return {};
}

struct HttpServer::Impl {
  template <class Stream>
  class Connection;

  Impl(Handler wanted, const HttpServerOptions& how)
      : handler(std::move(wanted)),
        options(how),
        acceptor(context, {asio::ip::make_address(options.bind), 0}) {
    if (!options.certificate.empty()) set_up_tls();
    accept();
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
  }
  void set_up_tls();
  void accept();

  Handler handler;
  HttpServerOptions options;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context context;
  tcp::acceptor acceptor;
  mutable std::mutex mutex;
  std::vector<HttpServerRequest> requests;
  std::thread thread;
};

template <class Stream>
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(Impl& server, Stream stream)
      : server_(server), stream_(std::move(stream)), timer_(server.context) {}

  void begin() {
    if constexpr (std::is_same_v<Stream, tcp::socket>) {
      connected();
    } else {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (!error) self->connected();
                              });
    }
  }

 private:
  void connected() {
    if (server_.options.asked == Asked::connection) return answer();
    read_head();
  }

  void read_head() {
    asio::async_read_until(stream_, asio::dynamic_buffer(text_), "\r\n\r\n",
                           [self = this->shared_from_this()](error_code error, std::size_t bytes) {
                             if (!error) self->read_body(bytes);
                           });
  }

  void read_body(std::size_t head) {
    request_ = parse_head(text_.substr(0, head));
    text_.erase(0, head);
    const std::string length = request_.field("content-length");
    const bool whole = server_.options.asked == Asked::request && !length.empty();
    const std::size_t wanted = whole ? std::stoul(length) : 0;
    const std::size_t missing = wanted - std::min(wanted, text_.size());
    asio::async_read(stream_, asio::dynamic_buffer(text_), asio::transfer_exactly(missing),
                     [self = this->shared_from_this(), wanted](error_code error, std::size_t) {
                       if (!error) self->take_body(wanted);
                     });
  }

  void take_body(std::size_t body) {
    request_.body = text_.substr(0, body);
    text_.erase(0, body);
    {
      const std::lock_guard lock(server_.mutex);
      server_.requests.push_back(request_);
    }
    answer();
  }

  void answer() {
    reply_ = server_.handler(request_);
    const bool with_body = request_.method != "HEAD" && reply_.status != 204;
    out_ = reply_.raw ? *reply_.raw : head_of(reply_) + (with_body ? reply_.body : "");
    write();
  }

  void write() {
    asio::async_write(stream_, asio::buffer(out_),
                      [self = this->shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->go_on();
                      });
  }

  void go_on() {
    switch (reply_.then) {
      case Then::keep:
        read_head();
        return;
      case Then::close:
        return;  // nobody holds the connection any more
      case Then::reset:
        stream_.lowest_layer().set_option(asio::socket_base::linger(true, 0));
        stream_.lowest_layer().close();
        return;
      case Then::stall:
        asio::async_read(stream_, asio::dynamic_buffer(text_), asio::transfer_at_least(1),
                         [self = this->shared_from_this()](error_code, std::size_t) {});
        return;
      case Then::endless:
        out_ = reply_.body;
        write();
        return;
      case Then::drip:
        out_ = reply_.body;
        timer_.expires_after(std::chrono::milliseconds(5));
        timer_.async_wait([self = this->shared_from_this()](error_code error) {
          if (!error) self->write();
        });
        return;
    }
  }

  Impl& server_;
  Stream stream_;
  asio::steady_timer timer_;
  std::string text_;
  HttpServerRequest request_;
  HttpReply reply_;
  std::string out_;
};

void HttpServer::Impl::set_up_tls() {
  tls.use_certificate_chain_file(options.certificate);
  tls.use_private_key_file(options.key, asio::ssl::context::pem);
  if (!options.http2) return;
  const auto agree = [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
                        void*) {
    static constexpr unsigned char kHttp2[] = {'h', '2'};
    *out = kHttp2;
    *size = sizeof(kHttp2);
    return SSL_TLSEXT_ERR_OK;
  };
  ::SSL_CTX_set_alpn_select_cb(tls.native_handle(), agree, nullptr);
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error) return;
    if (options.certificate.empty()) {
      std::make_shared<Connection<tcp::socket>>(*this, std::move(socket))->begin();
    } else {
      using Tls = asio::ssl::stream<tcp::socket>;
      std::make_shared<Connection<Tls>>(*this, Tls(std::move(socket), tls))->begin();
    }
    accept();
  });
}

HttpServer::HttpServer(Handler handler, const HttpServerOptions& options)
    : impl_(std::make_unique<Impl>(std::move(handler), options)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

std::string HttpServer::address() const { return impl_->options.bind + ":" + std::to_string(port()); }

std::vector<HttpServerRequest> HttpServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

}  // namespace bayplan::test
