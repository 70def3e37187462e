#include "bayplan/snapshots/tar_reader.h"

#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TarNumbers, ChecksumMayBeSignedOrUnsigned) {
  std::string header = block({.name = "caf\xe9"});
  long sum = 0;
  header.replace(148, 8, "        ");
  for (const char byte : header) sum += static_cast<signed char>(byte);
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%06lo", static_cast<unsigned long>(sum));
  header.replace(148, 8, std::string(text.data(), 7) + " ");
  EXPECT_THAT(names(read_good(header)), ElementsAre("caf\xe9"));
}

TEST(TarNumbers, WrongChecksumIsCorrupt) {
  std::string header = block({.name = "f"});
  header.back() = 'X';
  EXPECT_EQ(read_bad(header).code(), Errc::corrupt);
}

TEST(TarNumbers, PaddingIsSpacesOrNuls) {
  const std::string header = TarBuilder::patched(block({.name = "f"}), 108, " 17 \0\0\0\0"s);
  const auto read = read_good(TarBuilder::patched(header, 116, std::string(8, ' ')));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entry.uid, 15u);
  EXPECT_EQ(read[0].entry.gid, 0u);
}

TEST(TarNumbers, JunkIsCorrupt) {
  for (const std::size_t field : {100u, 108u, 116u, 124u, 136u, 329u}) {
    const std::string header = TarBuilder::patched(block({.name = "f"}), field, "12x4567");
    EXPECT_EQ(read_bad(header).code(), Errc::corrupt) << field;
  }
}

TEST(TarNumbers, SizeOutOfRangeIsCorrupt) {
  const auto with_size = [](std::string_view bytes) {
    return TarBuilder::patched(block({.name = "f"}), 124, bytes);
  };
  EXPECT_EQ(read_bad(with_size(std::string(12, '\xff'))).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(with_size("\x80\0\0\0\x80\0\0\0\0\0\0\0"s)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(with_size("\x80\0\0\1\0\0\0\0\0\0\0\0"s)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(TarBuilder().pax({{"size", "-1"}}).header({.name = "f"}).end()).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(TarBuilder().pax({{"size", "9223372036854775808"}}).header({.name = "f"}).end()).code(),
            Errc::corrupt);
}

TEST(TarNumbers, IdsAreThoseThatAChownCanSet) {
  for (const std::int64_t id : {std::int64_t{-1}, std::int64_t{4'294'967'295}, std::int64_t{4'294'967'296}}) {
    EXPECT_EQ(read_bad(TarBuilder().file("f", "", {.uid = id}).end()).code(), Errc::invalid_argument) << id;
    EXPECT_EQ(read_bad(TarBuilder(TarDialect::gnu).file("f", "", {.gid = id}).end()).code(),
              Errc::invalid_argument)
        << id;
  }
  EXPECT_EQ(read_bad(TarBuilder().pax({{"uid", "18446744073709551616"}}).header({.name = "f"}).end()).code(),
            Errc::corrupt);
}

TEST(TarNumbers, DeviceNumbersAreThoseOfTheKernel) {
  const auto read = read_good(TarBuilder(TarDialect::gnu).device("c", '3', 4095, 1'048'575).end());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entry.dev_major, 4095u);
  EXPECT_EQ(read[0].entry.dev_minor, 1'048'575u);
  EXPECT_EQ(read_bad(TarBuilder(TarDialect::gnu).device("c", '3', 4096, 0).end()).code(),
            Errc::invalid_argument);
  EXPECT_EQ(read_bad(TarBuilder(TarDialect::gnu).device("c", '4', 0, 1'048'576).end()).code(),
            Errc::invalid_argument);
}

TEST(TarLimits, HeadersOverOneMebibyteAreRefusedBeforeTheyAreRead) {
  EXPECT_EQ(read_bad(block({.type = 'x', .name = "P", .size = 1 << 30})).code(), Errc::too_large);
  EXPECT_EQ(read_bad(block({.type = 'g', .name = "P", .size = (1 << 20) + 1})).code(), Errc::too_large);
  EXPECT_EQ(read_bad(block({.type = 'L', .size = std::int64_t{1} << 33}, TarDialect::gnu)).code(),
            Errc::too_large);
}

TEST(TarLimits, NamesEndAt4095Bytes) {
  const std::string longest(4095, 'n');
  EXPECT_THAT(names(read_good(TarBuilder().file(longest, "").end())), ElementsAre(longest));
  EXPECT_EQ(read_bad(TarBuilder().file(longest + "n", "").end()).code(), Errc::too_large);
  EXPECT_EQ(read_bad(TarBuilder(TarDialect::gnu).symlink("s", longest + "n").end()).code(), Errc::too_large);
}

TEST(TarLimits, XattrsAre256OfAtMost64Kibibytes) {
  const auto with = [](std::size_t count, std::size_t bytes) {
    test::TarMeta meta;
    for (std::size_t i = 0; i < count; ++i)
      meta.xattrs["user." + std::to_string(i)] = std::string(bytes, 'v');
    return TarBuilder().file("f", "", meta).end();
  };
  EXPECT_EQ(read_good(with(256, 1))[0].entry.xattrs.size(), 256u);
  EXPECT_EQ(read_bad(with(257, 1)).code(), Errc::too_large);
  EXPECT_EQ(read_good(with(1, 65536))[0].entry.xattrs.size(), 1u);
  EXPECT_EQ(read_bad(with(1, 65537)).code(), Errc::too_large);
}

TEST(TarTypes, UnknownOnesAreNamedByNumber) {
  for (const auto& [type, number] : std::vector<std::pair<char, std::string>>{{'7', "55"},
                                                                              {'Z', "90"},
                                                                              {'D', "68"},
                                                                              {'M', "77"},
                                                                              {'V', "86"},
                                                                              {'N', "78"},
                                                                              {'X', "88"},
                                                                              {'\xff', "255"}}) {
    const Error error = read_bad(block({.type = type, .name = "odd"}));
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_THAT(error.to_string(), HasSubstr("entry type " + number));
    EXPECT_THAT(error.to_string(), HasSubstr("odd"));
  }
}

TEST(TarTypes, FileWithASlashAtItsEndStaysAFile) {
  const auto read = read_good(block({.name = "f/", .size = 1}) + TarBuilder().data("x").end());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entry.type, TarType::file);
}

TEST(TarEnd, EmptyStreamIsAnEmptyArchive) { EXPECT_TRUE(read_good("").empty()); }

TEST(TarEnd, MissingTrailerIsFine) {
  EXPECT_THAT(names(read_good(TarBuilder().file("f", "x").end(0))), ElementsAre("f"));
  EXPECT_THAT(names(read_good(TarBuilder().file("f", "x").end(1))), ElementsAre("f"));
}

TEST(TarEnd, MissingPaddingAtTheEndIsFine) {
  EXPECT_THAT(names(read_good(block({.name = "f", .size = 1}) + "x")), ElementsAre("f"));
}

TEST(TarEnd, OneZeroBlockAndThenAnEntryIsCorrupt) {
  EXPECT_EQ(read_bad(TarBuilder().file("f", "x").end(1) + TarBuilder().file("hidden", "y").end()).code(),
            Errc::corrupt);
}

TEST(TarEnd, WhatFollowsTwoZeroBlocksIsLeftInTheSource) {
  const std::string hidden = TarBuilder().file("hidden", "y").end();
  const std::string archive = TarBuilder().file("f", "x").end() + hidden;
  MemorySource source(archive);
  const auto read = read_all_of(source);
  ASSERT_TRUE(read);
  EXPECT_THAT(names(*read), ElementsAre("f"));
  const auto rest = read_all(source, 1 << 20);
  ASSERT_TRUE(rest);
  EXPECT_EQ(*rest, hidden);
}

TEST(TarEnd, TruncationIsCorrupt) {
  const std::string data = block({.name = "f", .size = 5000}) + std::string(700, 'x');
  EXPECT_EQ(read_bad(data).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(block({.name = "f"}).substr(0, 300)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(std::string(kBlock + 5, '\0')).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(block({.type = 'x', .size = 600}) + "12 path=abc\n").code(), Errc::corrupt);
}

TEST(TarEnd, TruncationIsSeenWhenContentIsSkipped) {
  const std::string archive = block({.name = "f", .size = 5000}) + std::string(700, 'x');
  MemorySource source(archive);
  TarReader reader(source);
  ASSERT_TRUE(reader.next());
  const auto end = reader.next();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code(), Errc::corrupt);
}

TEST(TarReading, ContentThatIsNotReadIsSkipped) {
  const std::string archive = TarBuilder().file("a", std::string(200'000, 'x')).file("b", "y").end();
  MemorySource source(archive);
  TarReader reader(source);
  ASSERT_TRUE(reader.next());
  std::array<std::byte, 10> some{};
  ASSERT_TRUE(reader.read(some));
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->name, "b");
}

TEST(TarReading, AnErrorStays) {
  const std::string archive = block({.type = 'Z'}) + block({.name = "f"});
  MemorySource source(archive);
  TarReader reader(source);
  ASSERT_FALSE(reader.next());
  const auto again = reader.next();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::unsupported);
}

class FailingSource final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<std::byte>) override { return Error(Errc::cancelled, "test", {}); }
};

TEST(TarReading, TheSourcesErrorsPassThrough) {
  FailingSource source;
  TarReader reader(source);
  const auto entry = reader.next();
  ASSERT_FALSE(entry);
  EXPECT_EQ(entry.error().code(), Errc::cancelled);
}

}  // namespace
}  // namespace bayplan::snapshots
