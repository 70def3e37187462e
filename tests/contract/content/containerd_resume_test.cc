// containerd's content suite: an ingest goes on after what of it had been written.
#include "contract/content/writer_fixture.h"

namespace bayplan::content::test {
namespace {

/// How a source is brought to the writer's offset.
enum class Way { truncate, discard, copy, seeker, reader_at };

struct Cut {
  Way way;
  std::size_t size;
  std::size_t percent;
};

class ContentResume : public WriterTest, public testing::WithParamInterface<Cut> {};

void append(Writer& writer, std::string_view text) {
  MemorySource source(text);
  EXPECT_EQ(copy(source, writer).value(), text.size());
}

// A source that can only be read has to be read up to there.
void skip(ByteSource& source, std::uint64_t bytes) {
  std::vector<std::byte> buffer(777);
  while (bytes > 0) {
    const auto count = source.read(std::span(buffer).first(std::min<std::size_t>(buffer.size(), bytes)));
    ASSERT_TRUE(count && *count > 0);
    bytes -= *count;
  }
}

void go_on(Writer& writer, const std::string& text, Way way) {
  const std::uint64_t offset = writer.offset();
  switch (way) {
    case Way::truncate:
      must(writer.truncate());
      EXPECT_EQ(writer.offset(), 0u);
      EXPECT_EQ(writer.digest(), Digest::of(""));
      append(writer, text);
      return;
    case Way::discard: {
      PiecewiseSource source(text, 100);
      skip(source, offset);
      EXPECT_EQ(copy(source, writer).value(), text.size() - offset);
      return;
    }
    default:
      append(writer, std::string_view(text).substr(offset));
  }
}

TEST_P(ContentResume, GoesOnAndCommits) {
  const auto& [way, size, percent] = GetParam();
  const std::string text = sample_text(size);
  const Expected expected{.digest = Digest::of(text), .size = size};
  const std::size_t cut = size * percent / 100;
  {
    Writer first = open("ref", {.expected = expected});
    append(first, std::string_view(text).substr(0, cut));
    must(std::move(first).close());
  }
  Writer second = open("ref", {.expected = expected});
  EXPECT_EQ(second.offset(), cut);
  go_on(second, text, way);
  EXPECT_EQ(must(commit(std::move(second), expected)).size, size);
  EXPECT_TRUE(content_of(text) == text);
}

std::vector<Cut> cuts() {
  std::vector<Cut> all;
  for (const Way way : {Way::truncate, Way::discard, Way::copy, Way::seeker, Way::reader_at}) {
    for (const std::size_t size : {500u, 5'000u, 50'000u}) {
      for (const std::size_t percent : {0u, 10u, 50u, 90u, 100u}) all.push_back({way, size, percent});
    }
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Cut>& tested) {
  constexpr std::array kNames{"ResumeTruncate", "ResumeDiscard", "ResumeCopy", "ResumeCopySeeker",
                              "ResumeCopyReaderAt"};
  const Cut& cut = tested.param;
  return std::string(kNames.at(static_cast<std::size_t>(cut.way))) + "_" + std::to_string(cut.size) + "_" +
         std::to_string(cut.percent);
}

INSTANTIATE_TEST_SUITE_P(Suite, ContentResume, testing::ValuesIn(cuts()), name_of);

}  // namespace
}  // namespace bayplan::content::test
