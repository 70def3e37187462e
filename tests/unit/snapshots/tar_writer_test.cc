#include "bayplan/snapshots/tar_writer.h"

#include "support/string_sink.h"
#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;

using test::StringSink;

Time seconds(std::int64_t count) { return Time(std::chrono::seconds(count)); }

/// An archive of one entry.
std::string written(const TarEntry& entry, std::string_view content = {}) {
  StringSink sink;
  TarWriter tar(sink);
  EXPECT_TRUE(tar.add(entry));
  if (!content.empty()) {
    EXPECT_TRUE(tar.write(as_bytes(content)));
  }
  EXPECT_TRUE(tar.finish());
  return sink.text;
}

Errc refusal(const TarEntry& entry) {
  StringSink sink;
  const auto added = TarWriter(sink).add(entry);
  EXPECT_FALSE(added);
  EXPECT_EQ(sink.text, "") << "nothing of a refused entry is written";
  return added ? Errc::io : added.error().code();
}

TarEntry file(std::string name, std::uint64_t size = 0) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.mode = 0644;
  entry.size = size;
  entry.mtime = seconds(1'700'000'000);
  return entry;
}

/// What the reader makes of an entry; of the writer's own archive it must be the entry.
void expect_comes_back(const TarEntry& entry, std::string_view content = {}) {
  const auto read = read_good(written(entry, content));
  ASSERT_EQ(read.size(), 1u);
  const TarEntry& back = read[0].entry;
  EXPECT_EQ(back.type, entry.type);
  EXPECT_EQ(back.name, entry.name);
  EXPECT_EQ(back.link, entry.link);
  EXPECT_EQ(back.mode, entry.mode);
  EXPECT_EQ(back.uid, entry.uid);
  EXPECT_EQ(back.gid, entry.gid);
  EXPECT_EQ(back.mtime, entry.mtime);
  EXPECT_EQ(back.size, entry.size);
  EXPECT_EQ(back.dev_major, entry.dev_major);
  EXPECT_EQ(back.dev_minor, entry.dev_minor);
  EXPECT_EQ(back.xattrs, entry.xattrs);
  EXPECT_EQ(read[0].content, content);
}

// Byte for byte what Go's archive/tar writes for such a header.
TEST(TarWriter, AFilesHeaderIsUstar) {
  TarEntry entry = file("etc/motd", 3);
  entry.uid = 1000;
  entry.gid = 100;
  entry.mode = 04755;
  const std::string archive = written(entry, "hi\n");
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  put(0, "etc/motd");
  put(100,
      "0004755\0"s
      "0001750\0"s
      "0000144\0"s
      "00000000003\0"s
      "14524770400\0"s
      "010736\0 0"s);
  put(257,
      "ustar\0"s
      "00"s);
  put(329,
      "0000000\0"s
      "0000000\0"s);
  EXPECT_EQ(archive.substr(0, 512), header);
  EXPECT_EQ(archive.substr(512), "hi\n" + std::string(509 + 1024, '\0'));
}

TEST(TarWriter, WhatFitsNoHeaderIsInSortedPaxRecords) {
  TarEntry entry = file("a/\xc3\xa9");
  entry.uid = 2'097'152;
  entry.mtime = seconds(-2) + std::chrono::nanoseconds(500'000'000);
  entry.xattrs = {{"user.b", ""}, {"user.a", "x\0y"s}};
  const std::string archive = written(entry);
  // In the order of bytes, capitals first.
  const std::string records =
      "27 SCHILY.xattr.user.a=x\0y\n24 SCHILY.xattr.user.b=\n14 mtime=-1.5\n13 path=a/\xc3\xa9\n15 uid=2097152\n"s;
  EXPECT_EQ(archive.substr(512, records.size()), records);
  EXPECT_EQ(archive.substr(0, 15), "a/PaxHeaders.0\0"s);
  EXPECT_EQ(archive[156], 'x');
  EXPECT_EQ(archive.substr(1024, 3), "a/\0"s) << "what is left of the name for readers without pax";
  expect_comes_back(entry);
}

TEST(TarWriter, EveryTypeComesBack) {
  for (const TarType type : {TarType::hard_link, TarType::symlink}) {
    TarEntry link = file("l");
    link.type = type;
    link.link = std::string(300, 't');
    expect_comes_back(link);
  }
  for (const TarType type : {TarType::char_device, TarType::block_device}) {
    TarEntry device = file("d");
    device.type = type;
    device.dev_major = 4095;
    device.dev_minor = 1'048'575;
    expect_comes_back(device);
  }
  TarEntry directory = file("dir/");
  directory.type = TarType::directory;
  expect_comes_back(directory);
  TarEntry fifo = file("p");
  fifo.type = TarType::fifo;
  expect_comes_back(fifo);
}

TEST(TarWriter, NamesOfEveryLengthComeBack) {
  for (const std::size_t length : {1u, 99u, 100u, 101u, 155u, 156u, 255u, 256u, 257u, 4095u}) {
    std::string name(length, 'n');
    expect_comes_back(file(name));
    for (std::size_t at = 50; at + 1 < length; at += 100) name[at] = '/';
    expect_comes_back(file(name));
    TarEntry directory = file(name.substr(0, length - 1) + "/");
    directory.type = TarType::directory;
    expect_comes_back(directory);
  }
}

TEST(TarWriter, ALongNameThatSplitsNeedsNoPaxHeader) {
  const std::string name = std::string(155, 'p') + "/" + std::string(100, 'n');
  EXPECT_EQ(written(file(name)).size(), 3 * 512u);
  EXPECT_EQ(written(file(name + "x")).size(), 5 * 512u);
}

TEST(TarWriter, TimesAndIdsAtTheirLimitsComeBack) {
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{1} << 33) - 1,
                                std::int64_t{1} << 33, std::int64_t{-2'208'988'800}}) {
    for (const std::int64_t part : {0, 1, 500'000'000, 999'999'999}) {
      TarEntry entry = file("t");
      entry.mtime = seconds(at) + std::chrono::nanoseconds(part);
      expect_comes_back(entry);
    }
  }
  for (const std::uint32_t id : {0u, 2'097'151u, 2'097'152u, 4'294'967'294u}) {
    TarEntry entry = file("i");
    entry.uid = id;
    entry.gid = id;
    expect_comes_back(entry);
  }
}

TEST(TarWriter, EightGibibytesAreAPaxRecord) {
  for (const std::uint64_t size : {(std::uint64_t{1} << 33) - 1, std::uint64_t{1} << 33}) {
    StringSink sink;
    TarWriter tar(sink);
    ASSERT_TRUE(tar.add(file("big", size)));
    MemorySource source(sink.text);
    TarReader reader(source);
    const auto entry = reader.next();
    ASSERT_TRUE(entry);
    ASSERT_TRUE(*entry);
    EXPECT_EQ((*entry)->size, size);
    EXPECT_EQ(sink.text.size() > 512, size >> 33 != 0);
  }
}

TEST(TarWriter, PiecesOfContentDoNotMatter) {
  const std::string content(1500, 'c');
  const std::string whole = written(file("f", content.size()), content);
  StringSink sink;
  TarWriter tar(sink);
  ASSERT_TRUE(tar.add(file("f", content.size())));
  for (std::size_t at = 0; at < content.size(); at += 7) {
    ASSERT_TRUE(tar.write(as_bytes(std::string_view(content).substr(at, 7))));
  }
  ASSERT_TRUE(tar.finish());
  EXPECT_EQ(sink.text, whole);
}

TEST(TarWriter, RefusesWhatNoReaderTakes) {
  EXPECT_EQ(refusal(file("")), Errc::invalid_argument);
  EXPECT_EQ(refusal(file("a\0b"s)), Errc::invalid_argument);
  EXPECT_EQ(refusal(file(std::string(4096, 'n'))), Errc::too_large);
  TarEntry entry = file("x");
  entry.xattrs = {{"user.a=b", "v"}};
  EXPECT_EQ(refusal(entry), Errc::invalid_argument);
  entry.xattrs.clear();
  for (int i = 0; i < 17; ++i) entry.xattrs.emplace("user." + std::to_string(i), std::string(65'536, 'v'));
  EXPECT_EQ(refusal(entry), Errc::too_large);
}

TEST(TarWriter, ContentIsExactlyTheSize) {
  StringSink sink;
  TarWriter tar(sink);
  ASSERT_TRUE(tar.add(file("f", 2)));
  EXPECT_EQ(tar.write(as_bytes("abc")).error().code(), Errc::invalid_argument);
  ASSERT_TRUE(tar.write(as_bytes("a")));
  EXPECT_EQ(tar.add(file("g")).error().code(), Errc::failed_precondition);
  EXPECT_EQ(tar.finish().error().code(), Errc::failed_precondition);
}

}  // namespace
}  // namespace bayplan::snapshots
