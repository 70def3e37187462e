#include "blob_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layout_source.h"
#include "outcome.h"
#include "support/image_builder.h"
#include "support/ingests_in.h"
#include "support/temp_dir.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::LayoutBuilder;
using test::outcome;
using test::TempDir;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A layout whose blobs are counted as they are opened; some are spooled.
class CountingSource final : public ImageSource {
 public:
  CountingSource(LayoutBuilder& layout, content::Store& blobs) : layout_(layout), blobs_(blobs) {}

  Result<std::optional<std::uint64_t>> size(const Descriptor&) const override {
    return std::optional<std::uint64_t>();
  }
  Result<std::string> document(const Descriptor&) const override {
    return Error(Errc::unsupported, "fake", {});
  }
  Result<std::unique_ptr<ByteSource>> open(const Descriptor& blob) const override {
    ++opened;
    return std::unique_ptr<ByteSource>(std::make_unique<MemorySource>(bytes(blob)));
  }
  std::optional<content::Ingest> take_spooled(const Digest& digest) override {
    const auto found = spooled_.find(digest);
    if (found == spooled_.end()) return std::nullopt;
    return std::move(spooled_.extract(found).mapped());
  }
  void spool(const Descriptor& blob) {
    content::Ingest ingest = blobs_.ingest({.digest = blob.digest, .size = blob.size}).value();
    EXPECT_EQ(outcome(ingest.write(as_bytes(bytes(blob)))), "ok");
    spooled_.emplace(blob.digest, std::move(ingest));
  }
  mutable int opened = 0;

 private:
  const std::string& bytes(const Descriptor& blob) const {
    return layout_.files().at(LayoutBuilder::blob_name(blob.digest));
  }
  LayoutBuilder& layout_;
  content::Store& blobs_;
  std::map<Digest, content::Ingest> spooled_;
};

struct BlobIntakeTest : testing::Test {
  Result<std::string> read(const Descriptor& blob) {
    BAYPLAN_ASSIGN(const auto bytes, intake.open(blob));
    return read_all(*bytes, 64u << 20);
  }
  Descriptor expected(const std::string& bytes) {
    Descriptor blob = layout.blob(bytes, "text/plain");
    intake.expect(blob);
    return blob;
  }
  std::vector<std::string> ready() {
    std::vector<std::string> digests;
    for (const content::ReadyBlob& blob : intake.ready()) digests.push_back(blob.digest().to_string());
    return digests;
  }
  std::size_t staged() const { return test::ingests_in(dir.path() / "store"); }

  const std::string big = std::string(5u << 20, 'b');  // more than is read ahead
  TempDir dir;
  content::Store blobs = content::Store::open(dir.path() / "store").value();
  LayoutBuilder layout;
  CountingSource source{layout, blobs};
  const Control control{};
  BlobIntake intake{source, blobs, control};
};

TEST_F(BlobIntakeTest, WhatIsReadComesInByTheSamePass) {
  const Descriptor blob = expected(big);
  EXPECT_EQ(read(blob).value(), big);
  EXPECT_THAT(ready(), IsEmpty());
  ASSERT_EQ(outcome(intake.publish()), "ok");
  EXPECT_THAT(ready(), UnorderedElementsAre(blob.digest.to_string()));
  EXPECT_EQ(source.opened, 1);
  EXPECT_EQ(blobs.read_blob(blob.digest, blob.size, big.size()).value(), big);
}

TEST_F(BlobIntakeTest, WhatNobodyReadComesInWhenItIsPublished) {
  const Descriptor unread = expected("unread");
  const Descriptor begun = expected(big);
  {
    const auto bytes = intake.open(begun).value();
    std::array<std::byte, 10> some{};
    ASSERT_EQ(outcome(bytes->read(some)), "ok");
  }
  ASSERT_EQ(outcome(intake.publish()), "ok");
  EXPECT_THAT(ready(), UnorderedElementsAre(unread.digest.to_string(), begun.digest.to_string()));
  EXPECT_EQ(outcome(intake.publish()), "ok");
  EXPECT_THAT(ready(), SizeIs(2));
}

TEST_F(BlobIntakeTest, ASecondReaderReadsTheStore) {
  const Descriptor blob = expected("twice");
  EXPECT_EQ(read(blob).value(), "twice");
  EXPECT_EQ(read(blob).value(), "twice");
  EXPECT_EQ(read(blob).value(), "twice");
  EXPECT_EQ(source.opened, 1);
  EXPECT_THAT(ready(), UnorderedElementsAre(blob.digest.to_string()));
}

TEST_F(BlobIntakeTest, WhatWasSpooledIsReadFromTheStore) {
  const Descriptor read_one = expected("spooled and read");
  const Descriptor other = expected("spooled");
  source.spool(read_one);
  source.spool(other);
  EXPECT_EQ(read(read_one).value(), "spooled and read");
  ASSERT_EQ(outcome(intake.publish()), "ok");
  EXPECT_EQ(source.opened, 0);
  EXPECT_THAT(ready(), UnorderedElementsAre(read_one.digest.to_string(), other.digest.to_string()));
}

TEST_F(BlobIntakeTest, WhatIsNotExpectedIsInTheStoreOrNowhere) {
  const Descriptor absent = layout.blob("absent", "text/plain");
  EXPECT_EQ(outcome(read(absent)), "not_found");
}

TEST_F(BlobIntakeTest, OtherBytesThanTheDigestsAreToldOfAndNotPublished) {
  const Descriptor blob = expected(big);
  layout.files()[LayoutBuilder::blob_name(blob.digest)][1000] = 'x';
  EXPECT_EQ(outcome(intake.check_opened()), "ok");
  ASSERT_EQ(outcome(intake.open(blob)), "ok");
  EXPECT_EQ(outcome(intake.check_opened()), "digest_mismatch");
  EXPECT_EQ(outcome(intake.publish()), "digest_mismatch");
  EXPECT_THAT(ready(), IsEmpty());
}

TEST_F(BlobIntakeTest, MoreBytesThanExpectedAreRefusedWhileTheyCome) {
  const Descriptor blob = expected("short");
  layout.files()[LayoutBuilder::blob_name(blob.digest)] = big;
  EXPECT_EQ(outcome(read(blob)), "too_large");
}

TEST_F(BlobIntakeTest, LeavesNothingBehindWhenItIsGivenUp) {
  {
    BlobIntake given_up(source, blobs, control);
    const Descriptor blob = layout.blob(big, "text/plain");
    given_up.expect(blob);
    ASSERT_EQ(outcome(given_up.open(blob)), "ok");
    EXPECT_EQ(staged(), 1u);
  }
  EXPECT_EQ(staged(), 0u);
}

TEST_F(BlobIntakeTest, StopsWhenCancelled) {
  const Descriptor blob = expected(big);
  control.cancel.cancel();
  EXPECT_EQ(outcome(read(blob)), "cancelled");
  EXPECT_EQ(outcome(intake.publish()), "cancelled");
}

TEST_F(BlobIntakeTest, HoldsFewDescriptorsHoweverManyAreOpened) {
  const auto descriptors = [] {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
  };
  const std::size_t before = descriptors();
  for (int n = 0; n < 300; ++n) {
    const Descriptor blob = expected(std::to_string(n));
    ASSERT_EQ(read(blob).value(), std::to_string(n));
    ASSERT_LT(descriptors(), before + 300) << n;
  }
  ASSERT_EQ(outcome(intake.publish()), "ok");
  EXPECT_THAT(ready(), SizeIs(300));
  EXPECT_EQ(source.opened, 300);
}

}  // namespace
}  // namespace bayplan::images
