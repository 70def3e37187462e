#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "bayplan/base/digest.h"
#include "bayplan/base/stream.h"

namespace bayplan {
namespace {

// FIPS 180-4 examples.
constexpr std::string_view kAbc256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kEmpty256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc512 =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423"
    "643"
    "ce80e2a9ac94fa54ca49f";

TEST(DigestOf, KnownAnswers) {
  EXPECT_EQ(Digest::of("abc").hex(), kAbc256);
  EXPECT_EQ(Digest::of("").hex(), kEmpty256);
  EXPECT_EQ(Digest::of(std::string_view()).hex(), kEmpty256);
  EXPECT_EQ(Digest::of("abc", DigestAlgorithm::sha512).hex(), kAbc512);
}

TEST(DigestOf, EqualsTheParsedDigest) {
  EXPECT_EQ(Digest::of("abc"), Digest::parse("sha256:" + std::string(kAbc256)).value());
}

TEST(Hasher, PiecesHashAsTheWhole) {
  std::string text(100'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  for (const std::size_t step : {1u, 63u, 64u, 65u, 4096u}) {
    Hasher hasher;
    for (std::size_t at = 0; at < text.size(); at += step) {
      hasher.update(as_bytes(std::string_view(text).substr(at, step)));
    }
    EXPECT_EQ(hasher.digest(), Digest::of(text)) << step;
  }
}

TEST(Hasher, GoesOnAfterDigest) {
  Hasher hasher;
  EXPECT_EQ(hasher.digest().hex(), kEmpty256);
  hasher.update(as_bytes("a"));
  EXPECT_EQ(hasher.digest(), Digest::of("a"));
  EXPECT_EQ(hasher.digest(), Digest::of("a"));
  hasher.update({});
  hasher.update(as_bytes("bc"));
  EXPECT_EQ(hasher.digest().hex(), kAbc256);
}

TEST(Hasher, MovesWithItsState) {
  Hasher first(DigestAlgorithm::sha512);
  first.update(as_bytes("ab"));
  Hasher second = std::move(first);
  second.update(as_bytes("c"));
  EXPECT_EQ(second.digest().to_string(), "sha512:" + std::string(kAbc512));
}

TEST(Hasher, OnePerThreadAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> found(4);
  for (std::string& hex : found) threads.emplace_back([&hex] { hex = Digest::of("abc").hex(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& hex : found) EXPECT_EQ(hex, kAbc256);
}

}  // namespace
}  // namespace bayplan
