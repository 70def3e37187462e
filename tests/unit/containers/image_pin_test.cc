// A container keeps its image from the collector if it was asked to.
#include <gmock/gmock.h>

#include "record_test.h"
#include "support/gc_telling.h"

namespace bayplan::containers {
namespace {

using metadata::GcNode;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::IsEmpty;

class ImagePin : public RecordTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(db_.update([](WriteTx& tx) { return images::create(tx, kNs, expired_image(kImage)); }));
  }
  static Container container() {
    Container made = sample("c");
    made.image = kImage;
    made.labels = {{"role", "web"}};
    return made;
  }
  std::vector<GcNode> collected() const {
    return test::removed_nodes(metadata::collect(db_, kinds_, {}, {}).value());
  }

  static constexpr const char* kImage = "registry.test/a:1";
  const GcNode image_{"image", std::string(kNs), kImage};
  const std::vector<const metadata::GcKind*> kinds_ = {&images::image_gc_kind(), &container_gc_kind()};
};

TEST_F(ImagePin, ABareRecordPinsItsSnapshotOnly) {
  ASSERT_TRUE(create(container()));
  EXPECT_EQ(get("c").labels, container().labels);
  EXPECT_THAT(collected(), ElementsAre(image_));
}

TEST_F(ImagePin, WithAPinTheImageStaysWhileTheContainerDoes) {
  ASSERT_TRUE(create(container(), Pins::snapshot_and_image));
  EXPECT_EQ(get("c").labels, (Labels{{"role", "web"}, {std::string(kImagePinLabel), kImage}}));
  EXPECT_THAT(collected(), IsEmpty());
  const auto answer =
      db_.view([&](const metadata::ReadTx& tx) { return metadata::why(tx, kinds_, image_, 10, {}); });
  ASSERT_EQ(answer->chains.size(), 1u);
  EXPECT_EQ(answer->chains[0][0].node, (GcNode{"container", std::string(kNs), "c"}));
  EXPECT_EQ(answer->chains[0][1].why, kImagePinLabel);
  ASSERT_TRUE(remove("c"));
  EXPECT_THAT(collected(), ElementsAre(image_));
}

TEST_F(ImagePin, ThePinIsALabelLikeAnyOther) {
  ASSERT_TRUE(create(container(), Pins::snapshot_and_image));
  Container unpinned = get("c");
  unpinned.labels.clear();
  ASSERT_TRUE(update(unpinned, {"labels." + std::string(kImagePinLabel)}));
  EXPECT_EQ(get("c").labels, container().labels);
  EXPECT_THAT(collected(), ElementsAre(image_));
}

TEST_F(ImagePin, WithoutAnImageThereIsNothingToPin) {
  Container given = container();
  given.image.clear();
  EXPECT_EQ(code(create(given, Pins::snapshot_and_image)), Errc::invalid_argument);
  EXPECT_TRUE(create(given));
}

}  // namespace
}  // namespace bayplan::containers
