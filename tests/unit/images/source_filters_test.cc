#include "source_filters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "bayplan/base/fd.h"
#include "outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

// As many bytes as are asked for, for ever.
class Endless final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<std::byte> into) override { return into.size(); }
};

TEST(ProgressSource, ReportsTheEndWithEverythingDone) {
  const std::string bytes(1u << 20, 'x');
  MemorySource source(bytes);
  std::vector<std::uint64_t> done;
  const Control control{.cancel = {}, .progress = [&](const Progress& progress) {
                          EXPECT_EQ(progress.stage, "ingest");
                          EXPECT_EQ(progress.object, "blob");
                          EXPECT_EQ(progress.total, bytes.size());
                          done.push_back(progress.done);
                        }};
  ProgressSource reported(source, control, "ingest", "blob", bytes.size());
  EXPECT_EQ(read_all(reported, bytes.size()).value(), bytes);
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.back(), bytes.size());
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_LE(done.size(), 4u);
}

TEST(ProgressSource, StopsWhenCancelled) {
  Endless source;
  const Control control{};
  ProgressSource reported(source, control, "ingest", "blob", 0);
  std::array<std::byte, 16> buffer;
  EXPECT_EQ(outcome(reported.read(buffer)), "ok");
  control.cancel.cancel();
  EXPECT_EQ(outcome(reported.read(buffer)), "cancelled");
}

TEST(ExpansionLimit, PassesWhatGzipCanMakeOfItsInput) {
  constexpr std::uint64_t kCompressed = 4u << 20;
  Endless source;
  ExpansionLimit limited(source, kCompressed);
  std::vector<std::byte> buffer(64u << 20);
  for (std::uint64_t done = 0; done < kCompressed * 1032; done += buffer.size()) {
    ASSERT_EQ(outcome(limited.read(buffer)), "ok") << done;
  }
}

TEST(ExpansionLimit, RefusesABomb) {
  Endless source;
  ExpansionLimit limited(source, 512);
  std::vector<std::byte> buffer(16u << 20);
  for (int i = 0; i < 64; ++i) ASSERT_EQ(outcome(limited.read(buffer)), "ok") << i;
  EXPECT_EQ(outcome(limited.read(buffer)), "too_large");
}

TEST(ExpansionLimit, TheCallerSaysHowMuchIsTooMuch) {
  Endless source;
  ExpansionLimit limited(source, 100, {.max_expansion = 3, .free_expansion = 20});
  std::vector<std::byte> buffer(320);
  EXPECT_EQ(outcome(limited.read(buffer)), "ok");
  EXPECT_EQ(outcome(limited.read(std::span(buffer).first(1))), "too_large");
}

TEST(PeekedSource, GivesWhatWasLookedAt) {
  for (const std::string text : {"", "abc", "abcd", "abcdef"}) {
    MemorySource source(text);
    PeekedSource peeked(source);
    EXPECT_EQ(peeked.peek().value(), text.substr(0, 4));
    EXPECT_EQ(peeked.peek().value(), text.substr(0, 4));
    EXPECT_EQ(read_all(peeked, 10).value(), text);
  }
}

TEST(PipeSource, IsCancelledWhileNobodyWrites) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const CancelToken cancel;
  PipeSource source(reader.get(), "pipe", cancel);
  std::array<std::byte, 4> buffer{};
  ASSERT_EQ(::write(writer.get(), "ab", 2), 2);
  EXPECT_EQ(source.read(buffer).value(), 2u);
  std::thread canceller([&cancel] { cancel.cancel(); });
  EXPECT_EQ(outcome(source.read(buffer)), "cancelled");
  canceller.join();
}

TEST(PipeSource, EndsWithItsLastWriter) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const CancelToken cancel;
  PipeSource source(reader.get(), "pipe", cancel);
  writer.reset();
  std::array<std::byte, 4> buffer{};
  EXPECT_EQ(source.read(buffer).value(), 0u);
}

TEST(ExpansionLimit, ASizeNearTheEndOfNumbersDoesNotWrapAround) {
  Endless source;
  ExpansionLimit limited(source, ~std::uint64_t{0});
  std::vector<std::byte> buffer(1u << 20);
  for (int i = 0; i < 2048; ++i) ASSERT_EQ(outcome(limited.read(buffer)), "ok");
}

}  // namespace
}  // namespace bayplan::images
