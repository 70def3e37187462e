#include "bayplan/snapshots/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/tar_builder.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using test::kTarEpoch;
using test::TarBuilder;
using test::TarDialect;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::size_t kBlock = 512;

/// Gives at most `step` bytes at a time, as a decompressor may.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string_view bytes, std::size_t step) : inner_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    return inner_.read(into.first(std::min(into.size(), step_)));
  }

 private:
  MemorySource inner_;
  std::size_t step_;
};

struct ReadEntry {
  TarEntry entry;
  std::string content;
};

Result<std::string> read_content(TarReader& reader) {
  std::string content;
  std::array<char, 700> buffer{};
  while (true) {
    BAYPLAN_ASSIGN(const std::size_t count, reader.read(std::as_writable_bytes(std::span(buffer))));
    if (count == 0) return content;
    content.append(buffer.data(), count);
  }
}

Result<std::vector<ReadEntry>> read_all_of(ByteSource& source) {
  TarReader reader(source);
  std::vector<ReadEntry> entries;
  while (true) {
    BAYPLAN_ASSIGN(std::optional<TarEntry> entry, reader.next());
    if (!entry) return entries;
    BAYPLAN_ASSIGN(std::string content, read_content(reader));
    entries.push_back({std::move(*entry), std::move(content)});
  }
}

std::vector<ReadEntry> read_good(std::string_view archive) {
  SlowSource source(archive, 333);
  auto entries = read_all_of(source);
  EXPECT_TRUE(entries) << (entries ? "" : entries.error().to_string());
  return entries ? *std::move(entries) : std::vector<ReadEntry>();
}

Error read_bad(std::string_view archive) {
  MemorySource source(archive);
  auto entries = read_all_of(source);
  EXPECT_FALSE(entries);
  return entries ? Error(Errc::io, "test", "read without an error") : entries.error();
}

std::vector<std::string> names(const std::vector<ReadEntry>& entries) {
  std::vector<std::string> out;
  for (const ReadEntry& each : entries) out.push_back(each.entry.name);
  return out;
}

std::string block(const test::TarFields& fields, TarDialect dialect = TarDialect::ustar) {
  return TarBuilder::block(fields, dialect);
}

// --- dialects ----------------------------------------------------------------------------------------------

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

// --- which header wins
// ------------------------------------------------------------------------------------------

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

// --- sparse
// --------------------------------------------------------------------------------------------------------

struct SparseCase {
  static constexpr std::uint64_t kSize = 8 * 1024 * 1024 + 5;
  std::string body = std::string(512, 'A') + std::string(512, 'B') + "tail!";
  std::string map = "0,512,1048576,512,8388608,5";
};

void expect_sparse(const std::vector<ReadEntry>& read, const std::string& name) {
  const SparseCase expected;
  ASSERT_THAT(names(read), ElementsAre(name, "after"));
  const TarEntry& entry = read[0].entry;
  EXPECT_EQ(entry.type, TarType::file);
  EXPECT_TRUE(entry.sparse);
  EXPECT_EQ(entry.size, SparseCase::kSize);
  EXPECT_EQ(read[0].content, expected.body);
  ASSERT_EQ(entry.pieces.size(), 3u);
  EXPECT_EQ(entry.pieces[0].offset, 0u);
  EXPECT_EQ(entry.pieces[1].offset, 1'048'576u);
  EXPECT_EQ(entry.pieces[2].offset, 8'388'608u);
  EXPECT_EQ(entry.pieces[2].length, 5u);
}

std::string sparse_archive(const TarBuilder::Records& records, const std::string& data) {
  TarBuilder tar;
  tar.pax(records).header({.name = "plain", .size = static_cast<std::int64_t>(data.size())}).data(data);
  return tar.file("after", "x").end();
}

TEST(TarSparse, Pax00RepeatsItsKeys) {
  const SparseCase it;
  expect_sparse(read_good(sparse_archive({{"GNU.sparse.size", std::to_string(it.kSize)},
                                          {"GNU.sparse.numblocks", "3"},
                                          {"GNU.sparse.offset", "0"},
                                          {"GNU.sparse.numbytes", "512"},
                                          {"GNU.sparse.offset", "1048576"},
                                          {"GNU.sparse.numbytes", "512"},
                                          {"GNU.sparse.offset", "8388608"},
                                          {"GNU.sparse.numbytes", "5"}},
                                         it.body)),
                "plain");
}

TarBuilder::Records records_01(const std::string& size, const std::string& count, const std::string& map) {
  return {{"GNU.sparse.size", size},
          {"GNU.sparse.numblocks", count},
          {"GNU.sparse.name", "named"},
          {"GNU.sparse.map", map}};
}

TEST(TarSparse, Pax01HasAMapAndAName) {
  const SparseCase it;
  expect_sparse(read_good(sparse_archive(records_01(std::to_string(it.kSize), "3", it.map), it.body)),
                "named");
}

TEST(TarSparse, Pax10HasItsMapInTheData) {
  const SparseCase it;
  std::string map = "4\n0\n512\n1048576\n512\n8388608\n5\n8388613\n0\n";
  map.resize(kBlock, '\0');
  expect_sparse(read_good(sparse_archive({{"GNU.sparse.major", "1"},
                                          {"GNU.sparse.minor", "0"},
                                          {"GNU.sparse.name", "named"},
                                          {"GNU.sparse.realsize", std::to_string(it.kSize)}},
                                         map + it.body)),
                "named");
}

std::string octal12(std::uint64_t value) {
  std::array<char, 13> text{};
  std::snprintf(text.data(), text.size(), "%011llo", static_cast<unsigned long long>(value));
  return {text.data(), 12};
}

std::string old_gnu(const std::string& pairs, bool extended, std::uint64_t size, std::int64_t stored) {
  std::string header = block({.type = 'S', .name = "old", .size = stored}, TarDialect::gnu);
  header = TarBuilder::patched(header, 386, pairs);
  return TarBuilder::patched(header, 482, (extended ? "\1"s : "\0"s) + octal12(size));
}

TEST(TarSparse, OldGnuGoesOnInExtensionBlocks) {
  const SparseCase it;
  std::string extension = octal12(8'388'608) + octal12(5);
  extension.resize(kBlock, '\0');
  const std::string pairs = octal12(0) + octal12(512) + octal12(1'048'576) + octal12(512);
  TarBuilder tar;
  tar.raw(old_gnu(pairs, true, it.kSize, static_cast<std::int64_t>(it.body.size()))).raw(extension);
  expect_sparse(read_good(tar.data(it.body).file("after", "x").end()), "old");
}

TEST(TarSparse, OldGnuInAnotherDialectIsCorrupt) {
  EXPECT_EQ(read_bad(block({.type = 'S', .name = "s"})).code(), Errc::corrupt);
}

TEST(TarSparse, UnknownVersionIsAPlainFile) {
  const auto read = read_good(sparse_archive(
      {{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.name", "named"}}, "data"));
  ASSERT_THAT(names(read), ElementsAre("plain", "after"));
  EXPECT_FALSE(read[0].entry.sparse);
  EXPECT_EQ(read[0].content, "data");
}

TEST(TarSparse, MapMustBeSortedDisjointAndInside) {
  const std::string ten = "0123456789";
  for (const char* map : {"5,5,0,5", "0,6,5,4", "0,5,20,5", "5,6,11,4", "0,-5,5,15", "x,5,5,5", "0,5"}) {
    EXPECT_EQ(read_bad(sparse_archive(records_01("12", "2", map), ten)).code(), Errc::corrupt) << map;
  }
  EXPECT_EQ(read_bad(sparse_archive(records_01("12", "1", "0,5,5,5"), ten)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(sparse_archive(records_01("12", "", "0,5,5,5"), ten)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(sparse_archive(records_01("-12", "2", "0,5,5,5"), ten)).code(), Errc::corrupt);
}

TEST(TarSparse, MapMustFitTheData) {
  EXPECT_EQ(read_bad(sparse_archive(records_01("99", "1", "0,11"), "0123456789")).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(sparse_archive(records_01("99", "1", "0,9"), "0123456789")).code(), Errc::corrupt);
}

TEST(TarSparse, MapIsBounded) {
  EXPECT_EQ(read_bad(sparse_archive(records_01("99", "65537", "0,1"), "x")).code(), Errc::too_large);
  const TarBuilder::Records v10{
      {"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "9"}};
  EXPECT_EQ(read_bad(sparse_archive(v10, "9999999\n" + std::string(600, '0'))).code(), Errc::too_large);
  const Error endless = read_bad(sparse_archive(v10, std::string(600, '0') + "\n"));
  EXPECT_EQ(endless.code(), Errc::corrupt);
  EXPECT_THAT(endless.to_string(), HasSubstr("too long for a number"));
}

TEST(TarSparse, OldGnuChainIsBounded) {
  std::string extension;
  for (int i = 0; i < 42; ++i) extension += octal12(0);
  extension += "\1";
  extension.resize(kBlock, '\0');
  std::string archive = old_gnu("", true, 1 << 30, 0);
  for (int i = 0; i < 4000; ++i) archive += extension;
  EXPECT_EQ(read_bad(archive).code(), Errc::too_large);
  std::string empty_chain = old_gnu("", true, 1 << 30, 0);
  extension = std::string(504, '\0') + "\1";
  extension.resize(kBlock, '\0');
  for (int i = 0; i < 4000; ++i) empty_chain += extension;
  EXPECT_EQ(read_bad(empty_chain).code(), Errc::too_large);
}

TEST(TarSparse, DirectoryIsCorrupt) {
  TarBuilder tar;
  tar.pax(records_01("0", "1", "0,0")).header({.type = '5', .name = "d/"});
  EXPECT_EQ(read_bad(tar.end()).code(), Errc::corrupt);
}

// --- numbers
// ------------------------------------------------------------------------------------------------------

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

// --- pax records
// --------------------------------------------------------------------------------------------------

std::string pax_body(std::string_view body) {
  const std::string header =
      block({.type = 'x', .name = "P", .size = static_cast<std::int64_t>(body.size())});
  return header + TarBuilder().data(body).file("f", "").end();
}

TEST(TarPaxRecords, MalformedOnesAreCorrupt) {
  const std::vector<std::string> bodies{"99999999999 path=a\n",
                                        "11 path=abc",
                                        "9 path=abc\n",
                                        "12 path=abc\n\n",
                                        "7 nokey\n",
                                        "6 =abc\n",
                                        "4 a=\n",
                                        "path=abc\n",
                                        "-1 path=a\n",
                                        " path=a\n",
                                        "16 pa\0th=nulkey\n"s};
  for (const std::string& body : bodies) EXPECT_EQ(read_bad(pax_body(body)).code(), Errc::corrupt) << body;
}

TEST(TarPaxRecords, NulInANameIsCorrupt) {
  for (const char* key : {"path", "linkpath", "uname", "GNU.sparse.name"}) {
    EXPECT_EQ(read_bad(pax_body(TarBuilder::record(key, "ok\0/../../evil"s))).code(), Errc::corrupt) << key;
  }
  EXPECT_EQ(read_bad(pax_body(TarBuilder::record("SCHILY.xattr.user.\0x"s, "v"))).code(), Errc::corrupt);
}

TEST(TarPaxRecords, NumbersThatAreNoneAreCorrupt) {
  for (const auto& [key, value] : TarBuilder::Records{{"uid", "0x5"},
                                                      {"gid", "5 "},
                                                      {"mtime", "1.5s"},
                                                      {"atime", "x"},
                                                      {"ctime", "."},
                                                      {"size", "1.5"},
                                                      {"mtime", "99999999999999999999.5"}}) {
    EXPECT_EQ(read_bad(pax_body(TarBuilder::record(key, value))).code(), Errc::corrupt)
        << key << "=" << value;
  }
}

TEST(TarPaxRecords, SparsePairsMustAlternate) {
  const std::string offset = TarBuilder::record("GNU.sparse.offset", "0");
  const std::string bytes = TarBuilder::record("GNU.sparse.numbytes", "0");
  EXPECT_EQ(read_bad(pax_body(bytes + offset)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(pax_body(offset + offset)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(pax_body(TarBuilder::record("GNU.sparse.offset", "0,1"))).code(), Errc::corrupt);
}

// --- limits
// -------------------------------------------------------------------------------------------------------

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

// --- types
// --------------------------------------------------------------------------------------------------------

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

// --- the end
// ------------------------------------------------------------------------------------------------------

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
