#include "docker_registry.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <fstream>
#include <future>
#include <stdexcept>

namespace bayplan::test {
namespace {

std::uint16_t free_port() {
  boost::asio::io_context context;
  const boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

std::string indented(const std::string& text, const std::string& by) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += by + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

// Reads until the process ends, and says when it listens.
void read_log(BackgroundCommand& process, std::promise<bool>& listening) {
  bool said = false;
  std::string log;
  try {
    while (true) {
      const std::string line = process.line();
      if (!said) log += line + "\n";
      if (said || line.find("listening on") == std::string::npos) continue;
      listening.set_value(said = true);
    }
  } catch (const std::exception&) {
    if (said) return;
    ADD_FAILURE() << "docker-registry: " << log;
    listening.set_value(false);
  }
}

}  // namespace

DockerRegistry::DockerRegistry(const Options& options) : options_(options), port_(free_port()) { start(); }

DockerRegistry::~DockerRegistry() { stop(); }

void DockerRegistry::start() {
  const std::string config = dir_.path() / "config.yml";
  std::ofstream out(config);
  out << "version: 0.1\nlog:\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: "
      << (dir_.path() / "storage").native()
      << "\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:" << port_ << "\n  secret: for-restarts\n";
  if (!options_.tls.empty()) out << "  tls:\n" << indented(options_.tls, "    ");
  if (!options_.auth.empty()) out << "auth:\n" << indented(options_.auth, "  ");
  out.close();
  process_ = std::make_unique<BackgroundCommand>(
      std::vector<std::string>{"sh", "-c", "exec docker-registry serve \"$1\" 2>&1", "sh", config});
  std::promise<bool> listening;
  auto listens = listening.get_future();
  reader_ = std::thread(
      [process = process_.get(), said = std::move(listening)]() mutable { read_log(*process, said); });
  if (!listens.get()) {
    stop();
    throw std::runtime_error("docker-registry does not listen");
  }
}

void DockerRegistry::stop() {
  process_->send(SIGKILL);
  reader_.join();
  process_.reset();
}

void DockerRegistry::restart() {
  stop();
  start();
}

images::RemoteRepository DockerRegistry::repository(const std::string& path) const {
  images::RemoteRepository repository;
  repository.endpoint.host = "127.0.0.1";
  repository.endpoint.port = port_;
  repository.endpoint.plain_http = options_.tls.empty();
  repository.endpoint.proxy = "";
  repository.path = path;
  return repository;
}

}  // namespace bayplan::test
