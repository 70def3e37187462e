// Stands between a client and a server of 127.0.0.1, and cuts connections.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace bayplan::test {

class CuttingProxy {
 public:
  /// The n-th connection is cut after `cuts[n]` bytes in the given direction; those behind the last are not.
  enum class Count : bool { to_client, to_server };
  CuttingProxy(std::uint16_t target, Count count, std::vector<std::uint64_t> cuts);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::uint16_t port() const;
  /// Cuts all connections that there are.
  void cut_all();
  /// How many connections came.
  unsigned connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bayplan::test
