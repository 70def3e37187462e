// Debian's docker-registry on a free port of 127.0.0.1, with files of its own, ended with the test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "bayplan/images/registry_endpoint.h"
#include "support/certificate.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace bayplan::test {

class DockerRegistry {
 public:
  struct Options {
    std::string auth{};  ///< YAML below `auth:`; empty: none
    std::string tls{};   ///< YAML below `http: tls:`; empty: plain HTTP
  };

  DockerRegistry() : DockerRegistry(Options{}) {}
  explicit DockerRegistry(const Options& options);
  ~DockerRegistry();
  DockerRegistry(const DockerRegistry&) = delete;
  DockerRegistry& operator=(const DockerRegistry&) = delete;

  /// Kills it and starts it again, with the same port and files.
  void restart();

  std::uint16_t port() const noexcept { return port_; }
  images::RemoteRepository repository(const std::string& path = "a/b") const;

 private:
  void start();
  void stop();

  TempDir dir_;
  Options options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<BackgroundCommand> process_;
  std::thread reader_;  ///< keeps what it logs from filling a pipe
};

}  // namespace bayplan::test
