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

TEST(Hasher, GoesOnFromWhatItSavedWhereverThatWas) {
  std::string text(300, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      Hasher first(algorithm);
      first.update(as_bytes(std::string_view(text).substr(0, at)));
      const std::string state = first.save();
      EXPECT_LE(state.size(), Hasher::kMaxStateBytes);
      auto second = Hasher::restore(state);
      ASSERT_TRUE(second) << second.error().to_string();
      EXPECT_EQ(second->algorithm(), algorithm);
      EXPECT_EQ(second->digest(), first.digest());
      second->update(as_bytes(std::string_view(text).substr(at)));
      EXPECT_EQ(second->digest(), Digest::of(text, algorithm)) << at;
    }
  }
}

// Beyond 2^29 bytes the bits no longer fit the low half of OpenSSL's counter, which the digest contains.
TEST(Hasher, GoesOnFromMoreBytesThanTheLowCounterHolds) {
  Hasher straight;
  const std::string piece(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 513; ++i) straight.update(as_bytes(piece));
  Hasher resumed = Hasher::restore(straight.save()).value();
  straight.update(as_bytes("end"));
  resumed.update(as_bytes("end"));
  EXPECT_EQ(resumed.digest(), straight.digest());
}

TEST(Hasher, SavesInOneFormForAllReleases) {
  Hasher hasher;
  hasher.update(as_bytes("abc"));
  const std::string state = hasher.save();
  std::string hex;
  for (const std::byte byte : as_bytes(state)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    hex += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  EXPECT_EQ(hex,
            "00"
            "67e6096a85ae67bb72f36e3c3af54fa57f520e518c68059babd9831f19cde05b"
            "0300000000000000"
            "616263");
}

TEST(Hasher, RefusesWhatIsNoSavedState) {
  Hasher hasher;
  hasher.update(as_bytes("abc"));
  const std::string state = hasher.save();
  for (std::size_t size = 0; size < state.size(); ++size)
    EXPECT_EQ(Hasher::restore(state.substr(0, size)).error().code(), Errc::corrupt) << size;
  EXPECT_FALSE(Hasher::restore(state + "d"));
  EXPECT_FALSE(Hasher::restore("\x02" + state.substr(1)));
  EXPECT_FALSE(Hasher::restore("\x01" + state.substr(1)));
}

}  // namespace
}  // namespace bayplan
