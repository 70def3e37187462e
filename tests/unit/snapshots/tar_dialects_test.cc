#include "bayplan/snapshots/tar_reader.h"
#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using test::kTarEpoch;
using testing::ElementsAre;
using testing::Pair;

TEST(TarDialects, V7NamesDirectoriesByTheirSlash) {
  const auto read = read_good(TarBuilder(TarDialect::v7).dir("d").file("d/f", "x").end());
  ASSERT_THAT(names(read), ElementsAre("d/", "d/f"));
  EXPECT_EQ(read[0].entry.type, TarType::directory);
  EXPECT_EQ(read[1].entry.type, TarType::file);
  EXPECT_EQ(read[1].content, "x");
}

TEST(TarDialects, UstarJoinsPrefixAndName) {
  const std::string name = std::string(60, 'p') + "/" + std::string(60, 'q') + "/" + std::string(90, 'r');
  EXPECT_THAT(names(read_good(TarBuilder(TarDialect::ustar).file(name, "x").end())), ElementsAre(name));
}

TEST(TarDialects, UstarHasEveryType) {
  TarBuilder tar(TarDialect::ustar);
  tar.file("f", "abc", {.mode = 04755, .uid = 12, .gid = 34}).hard_link("h", "f").symlink("s", "../f");
  tar.device("c", '3', 1, 3).device("b", '4', 7, 9).dir("d").fifo("p");
  const auto read = read_good(tar.end());
  ASSERT_EQ(read.size(), 7u);
  EXPECT_EQ(read[0].entry.mode, 04755u);
  EXPECT_EQ(read[0].entry.uid, 12u);
  EXPECT_EQ(read[0].entry.gid, 34u);
  EXPECT_EQ(read[0].entry.mtime, kTarEpoch);
  EXPECT_EQ(read[0].content, "abc");
  EXPECT_EQ(read[1].entry.type, TarType::hard_link);
  EXPECT_EQ(read[1].entry.link, "f");
  EXPECT_EQ(read[2].entry.type, TarType::symlink);
  EXPECT_EQ(read[2].entry.link, "../f");
  EXPECT_EQ(read[3].entry.type, TarType::char_device);
  EXPECT_EQ(read[3].entry.dev_minor, 3u);
  EXPECT_EQ(read[4].entry.type, TarType::block_device);
  EXPECT_EQ(read[4].entry.dev_major, 7u);
  EXPECT_EQ(read[5].entry.type, TarType::directory);
  EXPECT_EQ(read[6].entry.type, TarType::fifo);
}

TEST(TarDialects, StarPrefixIsShorter) {
  const std::string star =
      TarBuilder::patched(block({.name = "n", .prefix = std::string(140, 'p')}), 508, "tar\0"s);
  EXPECT_THAT(names(read_good(star)), ElementsAre(std::string(131, 'p') + "/n"));
}

TEST(TarDialects, PaxReplacesWhatAHeaderCannotHold) {
  const std::string name = "d/" + std::string(300, 'n');
  const std::string target(400, 't');
  TarBuilder tar;
  tar.symlink(name, target, {.mode = 0777, .uid = 5'000'000, .gid = 4'294'967'294});
  const auto read = read_good(tar.end());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entry.name, name);
  EXPECT_EQ(read[0].entry.link, target);
  EXPECT_EQ(read[0].entry.uid, 5'000'000u);
  EXPECT_EQ(read[0].entry.gid, 4'294'967'294u);
}

TEST(TarDialects, PaxTimesHaveFractionsAndSigns) {
  const auto time_of = [](const std::string& text) {
    const auto read = read_good(TarBuilder().pax({{"mtime", text}}).header({.name = "f"}).end());
    return read.empty() ? Time::max() : read[0].entry.mtime;
  };
  using std::chrono::nanoseconds;
  EXPECT_EQ(time_of("1600000000.123456789"), Time(nanoseconds(1'600'000'000'123'456'789)));
  EXPECT_EQ(time_of("1.5"), Time(nanoseconds(1'500'000'000)));
  EXPECT_EQ(time_of("1.0000000019"), Time(nanoseconds(1'000'000'001)));
  EXPECT_EQ(time_of("-1.5"), Time(nanoseconds(-1'500'000'000)));
  EXPECT_EQ(time_of("-0.5"), Time(nanoseconds(-500'000'000)));
  EXPECT_EQ(time_of("99999999999999"), Time::max());
  EXPECT_EQ(time_of("-99999999999999"), Time::min());
}

TEST(TarDialects, PaxXattrsKeepBinaryAndEmptyValues) {
  const auto read = read_good(TarBuilder()
                                  .pax({{"SCHILY.xattr.user.e", ""},
                                        {"SCHILY.xattr.user.b", "a\0=\n"s},
                                        {"LIBARCHIVE.xattr.user.x", "eA=="},
                                        {"VENDOR.unknown", "ignored"}})
                                  .header({.name = "f"})
                                  .end());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_THAT(read[0].entry.xattrs, ElementsAre(Pair("user.b", "a\0=\n"s), Pair("user.e", "")));
}

TEST(TarDialects, PaxEmptyValueIsUnset) {
  const auto read = read_good(TarBuilder()
                                  .pax({{"path", "a"}, {"path", ""}, {"uid", ""}, {"mtime", ""}})
                                  .header({.name = "kept", .uid = 7})
                                  .end());
  ASSERT_THAT(names(read), ElementsAre("kept"));
  EXPECT_EQ(read[0].entry.uid, 7u);
}

TEST(TarDialects, GlobalHeaderIsIgnored) {
  const auto read = read_good(TarBuilder()
                                  .pax({{"uid", "99"}, {"mtime", "5"}, {"path", "evil"}}, 'g')
                                  .file("f", "x")
                                  .file("g", "y")
                                  .end());
  ASSERT_THAT(names(read), ElementsAre("f", "g"));
  EXPECT_EQ(read[0].entry.uid, 0u);
  EXPECT_EQ(read[0].entry.mtime, kTarEpoch);
}

TEST(TarDialects, GlobalHeaderEndsTheExtensionsBeforeIt) {
  const auto read =
      read_good(TarBuilder().pax({{"path", "lost"}}).pax({{"comment", "c"}}, 'g').file("f", "x").end());
  EXPECT_THAT(names(read), ElementsAre("f"));
}

TEST(TarDialects, GlobalHeaderMustParse) {
  const std::string broken = block({.type = 'g', .size = 11}) + TarBuilder().data("11 path=abc").end(0);
  EXPECT_EQ(read_bad(broken).code(), Errc::corrupt);
}

TEST(TarDialects, GnuLongNamesAndBase256) {
  const std::string name = "d/" + std::string(150, 'n');
  const std::string target(130, 'z');
  TarBuilder tar(TarDialect::gnu);
  tar.symlink(
      name, target,
      {.mode = 0777, .uid = 5'000'000, .gid = 4'000'000'000, .mtime = Time(std::chrono::seconds(-86400))});
  const auto read = read_good(tar.end());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entry.name, name);
  EXPECT_EQ(read[0].entry.link, target);
  EXPECT_EQ(read[0].entry.uid, 5'000'000u);
  EXPECT_EQ(read[0].entry.gid, 4'000'000'000u);
  EXPECT_EQ(read[0].entry.mtime, Time(std::chrono::seconds(-86400)));
}

TEST(TarDialects, GnuTimesThatAreNoNumbersAreAPrefix) {
  std::string header = block({.name = "n"}, TarDialect::gnu);
  EXPECT_THAT(names(read_good(TarBuilder::patched(header, 345, "some/dir"))), ElementsAre("some/dir/n"));
  EXPECT_THAT(names(read_good(TarBuilder::patched(header, 345, "00000000017\0"s))), ElementsAre("n"));
}

TEST(TarDialects, NamesAreCutAtNulAndBytesOtherwise) {
  EXPECT_THAT(names(read_good(block({.name = "caf\xe9\0hidden"s}))), ElementsAre("caf\xe9"));
}

TEST(TarPrecedence, LongNameWinsOverPaxPathInEitherOrder) {
  const std::string long_name =
      TarBuilder(TarDialect::gnu).header({.type = 'L', .name = "L", .size = 5}).data("gnu\0x"s).end(0);
  const std::string pax = TarBuilder().pax({{"path", "pax"}}).end(0);
  const std::string entry = block({.name = "plain"});
  EXPECT_THAT(names(read_good(long_name + pax + entry)), ElementsAre("gnu"));
  EXPECT_THAT(names(read_good(pax + long_name + entry)), ElementsAre("gnu"));
  EXPECT_THAT(names(read_good(pax + entry)), ElementsAre("pax"));
}

TEST(TarPrecedence, SecondPaxHeaderReplacesTheFirst) {
  const auto read = read_good(
      TarBuilder().pax({{"path", "one"}, {"uid", "7"}}).pax({{"path", "two"}}).header({.name = "n"}).end());
  ASSERT_THAT(names(read), ElementsAre("two"));
  EXPECT_EQ(read[0].entry.uid, 0u);
}

TEST(TarPrecedence, ExtensionsEndWithTheirEntry) {
  EXPECT_THAT(names(read_good(TarBuilder().pax({{"path", "p"}}).file("a", "").file("b", "").end())),
              ElementsAre("p", "b"));
}

TEST(TarPrecedence, PaxSizeGovernsTheNextEntryNotTheUstarField) {
  const std::string smuggled = block({.name = "evil"}) + std::string(kBlock, '\0');
  const auto read = read_good(
      TarBuilder().pax({{"size", "1024"}}).header({.name = "carrier"}).raw(smuggled).file("after", "").end());
  EXPECT_THAT(names(read), ElementsAre("carrier", "after"));
  EXPECT_EQ(read[0].content, smuggled);
}

TEST(TarPrecedence, PaxSizeIsNotTheLongNamesSize) {
  TarBuilder tar;
  tar.pax({{"size", "512"}})
      .raw(block({.type = 'L', .name = "L", .size = 7}, TarDialect::gnu))
      .data("renamed");
  tar.header({.name = "x"}).data(std::string(kBlock, 'D')).file("after", "");
  EXPECT_THAT(names(read_good(tar.end())), ElementsAre("renamed", "after"));
}

TEST(TarPrecedence, DirectoriesLinksAndDevicesCarryNoData) {
  for (const char type : {'1', '2', '3', '4', '5', '6'}) {
    TarBuilder tar;
    tar.header({.type = type, .name = "n", .link = "l", .size = 512}).file("after", "x");
    const auto read = read_good(tar.end());
    ASSERT_THAT(names(read), ElementsAre("n", "after")) << type;
    EXPECT_EQ(read[0].entry.size, 0u);
  }
}

}  // namespace
}  // namespace bayplan::snapshots
