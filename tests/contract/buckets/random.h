// Random numbers of a seed that a failing run prints and BAYPLAN_TEST_SEED replays.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

namespace bayplan::metadata {

/// The number in the environment variable `name`, or `otherwise`.
inline std::size_t number_from_environment(const char* name, std::size_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// The seed of this run. Says so in the test's record.
inline std::size_t test_seed() {
  const std::size_t seed = number_from_environment("BAYPLAN_TEST_SEED", std::random_device{}());
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

inline std::string replay_with(std::size_t seed) { return "BAYPLAN_TEST_SEED=" + std::to_string(seed); }

/// Same numbers for the same seed on every platform, which std::uniform_int_distribution does not promise.
class Random {
 public:
  explicit Random(std::size_t seed) : engine_(seed) {}
  /// 0 .. limit - 1. Precondition: limit > 0.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  std::size_t between(std::size_t first, std::size_t last) { return first + below(last - first + 1); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string bytes(std::size_t size) {
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(engine_() & 0xff);
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace bayplan::metadata
