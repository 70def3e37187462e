#include "archive_source.h"

#include <gtest/gtest.h>

#include "bayplan/base/file.h"
#include "layout_source.h"
#include "outcome.h"
#include "support/image_builder.h"
#include "support/ingests_in.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::LayoutBuilder;
using test::outcome;
using test::pack;
using test::Packing;
using test::TarBuilder;
using test::TempDir;

constexpr std::size_t kBig = 200u << 10;  // over what stays in memory

struct ArchiveSourceTest : testing::Test {
  Result<std::unique_ptr<ArchiveSource>> open(const std::string& bytes) {
    test::write_file(dir.path() / "archive", bytes);
    return ArchiveSource::open(blobs, dir.path() / "archive", {});
  }
  std::size_t spooled() const { return test::ingests_in(dir.path() / "store"); }

  TempDir dir;
  content::Store blobs = content::Store::open(dir.path() / "store").value();
};

TEST_F(ArchiveSourceTest, SmallFilesStayInMemoryAndBigOnesAreSpooled) {
  const std::string big(kBig, 'x');
  const auto source = open(TarBuilder().file("small", "s").file("big", big).end()).value();
  EXPECT_EQ(source->find("small")->text, "s");
  EXPECT_EQ(source->find("small")->digest, Digest::of("s"));
  ArchiveSource::File* const file = source->find("big");
  EXPECT_FALSE(file->text.has_value());
  EXPECT_EQ(file->digest, Digest::of(big));
  EXPECT_EQ(file->size, kBig);
  EXPECT_EQ(spooled(), 1u);
  EXPECT_EQ(source->find("none"), nullptr);
}

TEST_F(ArchiveSourceTest, LeavesNothingBehindWhenItGoes) {
  { const auto source = open(TarBuilder().file("big", std::string(kBig, 'x')).end()).value(); }
  EXPECT_EQ(spooled(), 0u);
}

TEST_F(ArchiveSourceTest, TheWholeMayBeCompressed) {
  const std::string tar = TarBuilder().file("f", "x").end();
  for (const Packing packing : {Packing::none, Packing::gzip, Packing::zstd}) {
    EXPECT_NE(open(pack(tar, packing)).value()->find("f"), nullptr);
  }
}

TEST_F(ArchiveSourceTest, NamesAreCleanedAndContained) {
  const auto source = open(TarBuilder()
                               .file("./a", "1")
                               .file("/b", "2")
                               .file("../../c", "3")
                               .file("d/../e//./f", "4")
                               .file("..", "5")
                               .end())
                          .value();
  EXPECT_EQ(source->find("a")->text, "1");
  EXPECT_EQ(source->find("b")->text, "2");
  EXPECT_EQ(source->find("c")->text, "3");
  EXPECT_EQ(source->find("e/f")->text, "4");
  EXPECT_EQ(source->find("../../../a")->text, "1");
  EXPECT_EQ(source->find(""), nullptr);
}

TEST_F(ArchiveSourceTest, LinksLeadOneHopInsideTheArchive) {
  const auto source = open(TarBuilder()
                               .symlink("x/before", "../dir/file")
                               .file("dir/file", "content")
                               .symlink("y/z/absolute", "/dir/file")
                               .hard_link("hard", "dir/file")
                               .symlink("second", "hard")
                               .symlink("outside", "../../../../etc/passwd")
                               .symlink("one", "other")
                               .symlink("other", "one")
                               .end())
                          .value();
  EXPECT_EQ(source->find("x/before")->text, "content");
  EXPECT_EQ(source->find("y/z/absolute")->text, "content");
  EXPECT_EQ(source->find("hard")->text, "content");
  EXPECT_EQ(source->find("second"), nullptr);
  EXPECT_EQ(source->find("outside"), nullptr);
  EXPECT_EQ(source->find("one"), nullptr);
}

TEST_F(ArchiveSourceTest, OfFilesOfOneNameTheLastCounts) {
  const auto source = open(TarBuilder()
                               .file("f", "1")
                               .file("f", "2")
                               .symlink("g", "f")
                               .file("g", "3")
                               .file("h", "4")
                               .symlink("h", "f")
                               .end())
                          .value();
  EXPECT_EQ(source->find("f")->text, "2");
  EXPECT_EQ(source->find("g")->text, "3");
  EXPECT_EQ(source->find("h")->text, "2");
}

TEST_F(ArchiveSourceTest, AMetadataFileTwiceIsRefused) {
  for (const std::string name : {"oci-layout", "index.json", "manifest.json", "repositories"}) {
    EXPECT_EQ(outcome(open(TarBuilder().file(name, "{}").file(name, "{}").end())), "invalid_argument")
        << name;
    EXPECT_EQ(outcome(open(TarBuilder().file(name, "{}").file("./x/../" + name, "{}").end())),
              "invalid_argument");
    EXPECT_EQ(outcome(open(TarBuilder().file("f", "{}").symlink(name, "f").end())), "invalid_argument");
  }
}

TEST_F(ArchiveSourceTest, LongMetadataIsRefused) {
  const std::string long_version(kMaxLayoutFileBytes + 1, ' ');
  const std::string long_document(kMaxDocumentBytes + 1, ' ');
  EXPECT_EQ(outcome(open(TarBuilder().file("oci-layout", long_version).end())), "too_large");
  EXPECT_EQ(outcome(open(TarBuilder().file("index.json", long_document).end())), "too_large");
  EXPECT_EQ(outcome(open(TarBuilder().file("manifest.json", long_document).end())), "too_large");
}

TEST_F(ArchiveSourceTest, DocumentsInMemoryHaveALimitTogether) {
  TarBuilder tar;
  std::string json(kMaxDocumentBytes, ' ');
  for (int i = 0; i < 18; ++i) {
    json.replace(0, 2, std::to_string(10 + i));
    json[0] = '{';
    tar.file("blobs/sha256/" + Digest::of(json).hex(), json);
  }
  const auto source = open(tar.end()).value();
  source->serve_layout();
  const Descriptor last{"application/json", Digest::of(json), json.size()};
  EXPECT_EQ(source->size(last).value(), json.size());
  EXPECT_EQ(outcome(source->document(last)), "invalid_argument");
  EXPECT_EQ(outcome(ingest(*source, last, blobs, {})), "ok");
}

TEST_F(ArchiveSourceTest, ManyEntriesAreRefused) {
  TarBuilder tar(test::TarDialect::ustar);
  for (std::size_t i = 0; i <= ArchiveSource::kMaxEntries; ++i) tar.dir("d");
  EXPECT_EQ(outcome(open(tar.end())), "too_large");
}

TEST_F(ArchiveSourceTest, WhatIsNoTarIsNoArchive) {
  EXPECT_EQ(outcome(open("abc")), "invalid_argument");
  EXPECT_EQ(outcome(open(std::string(4096, 'x'))), "invalid_argument");
  EXPECT_EQ(outcome(ArchiveSource::open(blobs, dir.path() / "none", {})), "not_found");
}

TEST_F(ArchiveSourceTest, ATruncatedArchiveIsCorruptAndLeavesNothing) {
  const std::string tar = TarBuilder().file("a", "1").file("big", std::string(kBig, 'x')).end();
  EXPECT_EQ(outcome(open(tar.substr(0, tar.size() / 2))), "corrupt");
  const std::string packed = pack(tar, Packing::gzip);
  EXPECT_EQ(outcome(open(packed.substr(0, packed.size() / 2))), "corrupt");
  EXPECT_EQ(spooled(), 0u);
}

TEST_F(ArchiveSourceTest, ALinkToTheArchiveIsFollowedAFifoIsNot) {
  test::write_file(dir.path() / "archive", TarBuilder().file("f", "x").end());
  fs::create_symlink("archive", dir.path() / "link");
  EXPECT_EQ(outcome(ArchiveSource::open(blobs, dir.path() / "link", {})), "ok");
  ASSERT_EQ(::mkfifo((dir.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(outcome(ArchiveSource::open(blobs, dir.path() / "fifo", {})), "invalid_argument");
}

TEST_F(ArchiveSourceTest, ServesALayoutsBlobsByTheirNames) {
  LayoutBuilder layout;
  const Descriptor small = layout.blob("small", "text/plain");
  const Descriptor big = layout.blob(std::string(kBig, 'x'), "text/plain");
  const Descriptor sha512 = layout.blob(std::string(kBig, 'y'), "text/plain", DigestAlgorithm::sha512);
  const auto source = open(layout.tar()).value();
  EXPECT_EQ(source->size(small).value(), std::nullopt);
  source->serve_layout();
  for (const Descriptor& blob : {small, big, sha512}) {
    EXPECT_EQ(source->size(blob).value(), blob.size);
    content::Ingest bytes = ingest(*source, blob, blobs, {}).value();
    EXPECT_EQ(std::move(bytes).finish().value().digest(), blob.digest);
  }
  EXPECT_EQ(source->document(small).value(), "small");
  EXPECT_EQ(source->size({"", Digest::of("absent")}).value(), std::nullopt);
}

TEST_F(ArchiveSourceTest, ABlobThatIsNotItsNameIsAMismatch) {
  LayoutBuilder layout;
  const Descriptor small = layout.blob("small", "text/plain");
  const Descriptor big = layout.blob(std::string(kBig, 'x'), "text/plain", DigestAlgorithm::sha512);
  layout.files()[LayoutBuilder::blob_name(small.digest)] = "smell";
  layout.files()[LayoutBuilder::blob_name(big.digest)] = std::string(kBig, 'z');
  const auto source = open(pack(layout.tar(), Packing::gzip)).value();
  source->serve_layout();
  EXPECT_EQ(outcome(source->size(small)), "digest_mismatch");
  EXPECT_EQ(outcome(source->size(big)), "digest_mismatch");
}

TEST_F(ArchiveSourceTest, ABigBlobOfAPlainArchiveIsPassedOverAndReadWhenItIsWanted) {
  LayoutBuilder layout;
  const Descriptor big = layout.blob(std::string(kBig, 'x'), "text/plain");
  const Descriptor other = layout.blob(std::string(kBig, 'y'), "text/plain");
  layout.files()[LayoutBuilder::blob_name(other.digest)] = std::string(kBig, 'z');
  const auto source = open(layout.tar()).value();
  source->serve_layout();
  EXPECT_EQ(spooled(), 0u);
  EXPECT_FALSE(source->take_spooled(big.digest).has_value());
  EXPECT_EQ(read_all(*source->open(big).value(), 2 * kBig).value(), std::string(kBig, 'x'));
  EXPECT_EQ(outcome(ingest(*source, big, blobs, {}).value().finish()), "ok");
  EXPECT_EQ(outcome(ingest(*source, other, blobs, {}).value().finish()), "digest_mismatch");
}

TEST_F(ArchiveSourceTest, AnArchiveThatBecomesShorterIsCorrupt) {
  LayoutBuilder layout;
  const Descriptor big = layout.blob(std::string(kBig, 'x'), "text/plain");
  const auto source = open(layout.tar()).value();
  source->serve_layout();
  fs::resize_file(dir.path() / "archive", 1024);
  EXPECT_EQ(outcome(ingest(*source, big, blobs, {})), "corrupt");
}

TEST_F(ArchiveSourceTest, ABlobMayBeALinkInsideTheArchive) {
  const auto source =
      open(TarBuilder().file("f", "x").symlink(LayoutBuilder::blob_name(Digest::of("x")), "../../f").end())
          .value();
  source->serve_layout();
  EXPECT_EQ(source->size({"", Digest::of("x")}).value(), 1u);
}

TEST_F(ArchiveSourceTest, ServesDocumentsThatWereAdded) {
  const auto source = open(TarBuilder().file("f", "x").end()).value();
  const Descriptor added = source->add_document("{}", "application/json");
  EXPECT_EQ(added.digest, Digest::of("{}"));
  EXPECT_EQ(added.size, 2u);
  EXPECT_EQ(source->document(added).value(), "{}");
  EXPECT_EQ(std::move(ingest(*source, added, blobs, {}).value()).finish().value().digest(), added.digest);
}

TEST_F(ArchiveSourceTest, StopsWhenCancelled) {
  test::write_file(dir.path() / "archive", TarBuilder().file("f", "x").end());
  const Control control{};
  control.cancel.cancel();
  EXPECT_EQ(outcome(ArchiveSource::open(blobs, dir.path() / "archive", control)), "cancelled");
}

}  // namespace
}  // namespace bayplan::images
