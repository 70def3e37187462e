#include "cutting_proxy.h"

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <thread>
#include <utility>

namespace bayplan::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Two sockets; what comes from one goes to the other.
class Pair : public std::enable_shared_from_this<Pair> {
 public:
  Pair(tcp::socket client, tcp::socket server, std::uint64_t to_client, std::uint64_t to_server)
      : client_(std::move(client)), server_(std::move(server)), down_left_(to_client), up_left_(to_server) {}

  void run() {
    pump(server_, client_, down_, down_left_);
    pump(client_, server_, up_, up_left_);
  }
  void cut() {
    error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
  }

 private:
  using Buffer = std::array<char, 16384>;

  void pump(tcp::socket& from, tcp::socket& to, Buffer& buffer, std::uint64_t& left) {
    from.async_read_some(asio::buffer(buffer), [this, self = shared_from_this(), &from, &to, &buffer, &left](
                                                   error_code error, std::size_t bytes) {
      if (error) return cut();
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, left));
      left -= passed;
      asio::async_write(to, asio::buffer(buffer, passed),
                        [this, self, &from, &to, &buffer, &left](error_code failed, std::size_t) {
                          if (failed || left == 0) return cut();
                          pump(from, to, buffer, left);
                        });
    });
  }

  tcp::socket client_;
  tcp::socket server_;
  std::uint64_t down_left_;
  std::uint64_t up_left_;
  Buffer down_{};
  Buffer up_{};
};

}  // namespace

struct CuttingProxy::Impl {
  Impl(std::uint16_t port, Count direction, std::vector<std::uint64_t> wanted)
      : target(asio::ip::address_v4::loopback(), port),
        count(direction),
        cuts(std::move(wanted)),
        acceptor(context, {asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket client) {
      if (error) return;
      constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
      const std::uint64_t cut = accepted < cuts.size() ? cuts[accepted] : kAll;
      ++accepted;
      tcp::socket server(context);
      error_code refused;
      server.connect(target, refused);
      if (!refused) {
        const bool down = count == Count::to_client;
        auto pair = std::make_shared<Pair>(std::move(client), std::move(server), down ? cut : kAll,
                                           down ? kAll : cut);
        pair->run();
        pairs.emplace_back(pair);
      }
      accept();
    });
  }

  tcp::endpoint target;
  Count count;
  std::vector<std::uint64_t> cuts;
  std::atomic<unsigned> accepted{0};
  std::vector<std::weak_ptr<Pair>> pairs{};
  asio::io_context context;
  tcp::acceptor acceptor;
  std::thread thread;
};

CuttingProxy::CuttingProxy(std::uint16_t target, Count count, std::vector<std::uint64_t> cuts)
    : impl_(std::make_unique<Impl>(target, count, std::move(cuts))) {}
CuttingProxy::~CuttingProxy() = default;

void CuttingProxy::cut_all() {
  asio::post(impl_->context, [impl = impl_.get()] {
    for (const auto& pair : std::exchange(impl->pairs, {})) {
      if (const auto there = pair.lock()) there->cut();
    }
  });
}

std::uint16_t CuttingProxy::port() const { return impl_->acceptor.local_endpoint().port(); }
unsigned CuttingProxy::connections() const { return impl_->accepted; }

}  // namespace bayplan::test
