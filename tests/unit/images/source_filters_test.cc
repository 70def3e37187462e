#include "source_filters.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(ExpansionLimit, ASizeNearTheEndOfNumbersDoesNotWrapAround) {
  Endless source;
  ExpansionLimit limited(source, ~std::uint64_t{0});
  std::vector<std::byte> buffer(1u << 20);
  for (int i = 0; i < 2048; ++i) ASSERT_EQ(outcome(limited.read(buffer)), "ok");
}

}  // namespace
}  // namespace bayplan::images
