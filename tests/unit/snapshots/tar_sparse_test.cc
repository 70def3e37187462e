#include "bayplan/snapshots/tar_reader.h"
#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

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

}  // namespace
}  // namespace bayplan::snapshots
