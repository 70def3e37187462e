#include "support/http_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
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
  class Connection;

  explicit Impl(Handler wanted)
      : handler(std::move(wanted)), acceptor(context, {asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
  }
  void accept();

  Handler handler;
  asio::io_context context;
  tcp::acceptor acceptor;
  mutable std::mutex mutex;
  std::vector<HttpServerRequest> requests;
  std::thread thread;
};

class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), timer_(server.context) {}

  void read_head() {
    asio::async_read_until(socket_, asio::dynamic_buffer(text_), "\r\n\r\n",
                           [self = shared_from_this()](error_code error, std::size_t bytes) {
                             if (!error) self->read_body(bytes);
                           });
  }

 private:
  void read_body(std::size_t head) {
    request_ = parse_head(text_.substr(0, head));
    text_.erase(0, head);
    const std::string length = request_.field("content-length");
    const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
    const std::size_t missing = wanted - std::min(wanted, text_.size());
    asio::async_read(socket_, asio::dynamic_buffer(text_), asio::transfer_exactly(missing),
                     [self = shared_from_this(), wanted](error_code error, std::size_t) {
                       if (!error) self->answer(wanted);
                     });
  }

  void answer(std::size_t body) {
    request_.body = text_.substr(0, body);
    text_.erase(0, body);
    {
      const std::lock_guard lock(server_.mutex);
      server_.requests.push_back(request_);
    }
    reply_ = server_.handler(request_);
    const bool with_body = request_.method != "HEAD" && reply_.status != 204;
    out_ = reply_.raw.empty() ? head_of(reply_) + (with_body ? reply_.body : "") : reply_.raw;
    write();
  }

  void write() {
    asio::async_write(socket_, asio::buffer(out_),
                      [self = shared_from_this()](error_code error, std::size_t) {
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
      case Then::stall:
        asio::async_read(socket_, asio::dynamic_buffer(text_), asio::transfer_at_least(1),
                         [self = shared_from_this()](error_code, std::size_t) {});
        return;
      case Then::endless:
        out_ = reply_.body;
        write();
        return;
      case Then::drip:
        out_ = reply_.body;
        timer_.expires_after(std::chrono::milliseconds(5));
        timer_.async_wait([self = shared_from_this()](error_code error) {
          if (!error) self->write();
        });
        return;
    }
  }

  Impl& server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::string text_;
  HttpServerRequest request_;
  HttpReply reply_;
  std::string out_;
};

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Connection>(*this, std::move(socket))->read_head();
    accept();
  });
}

HttpServer::HttpServer(Handler handler) : impl_(std::make_unique<Impl>(std::move(handler))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

std::vector<HttpServerRequest> HttpServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

}  // namespace bayplan::test
