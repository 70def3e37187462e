// containerd's TestImagesList, case for case, and ours.
#include <gmock/gmock.h>

#include "unit/images/image_db.h"

namespace bayplan::images {
namespace {

using metadata::ReadTx;
using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TestImagesList : public ImageDbTest {
 protected:
  void SetUp() override {
    for (int n = 1; n <= 4; ++n) {
      const std::string name = "image-" + std::to_string(n);
      Image made =
          image(name, {{n % 2 == 0 ? "even" : "odd", "true"}}, std::string(static_cast<std::size_t>(n), 'x'));
      made.target.annotations = {{"org.number", std::to_string(n)}};
      ASSERT_EQ(outcome(create(made)), "ok");
    }
  }

  Result<metadata::ListEnd> run(const std::vector<std::string>& filters,
                                const metadata::ListOptions& options = {}) {
    found_.clear();
    problems_.clear();
    return db_.view([&](const ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(image_fields()));
      return images::list(
          tx, kNs, bound, options,
          [&](const ImageView& image) -> Result<void> {
            found_.emplace_back(image.name);
            return {};
          },
          [&](std::string_view, const Error& error) { problems_.push_back(error.to_string()); });
    });
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    EXPECT_EQ(outcome(run(filters)), "ok");
    return found_;
  }

  std::vector<std::string> found_;
  std::vector<std::string> problems_;
};

TEST_F(TestImagesList, FullSet) {
  EXPECT_THAT(listed({}), ElementsAre("image-1", "image-2", "image-3", "image-4"));
}
TEST_F(TestImagesList, FullSetFiltered) {
  EXPECT_THAT(listed({"labels.even==true", "labels.odd==true"}),
              ElementsAre("image-1", "image-2", "image-3", "image-4"));
}
TEST_F(TestImagesList, Even) {
  EXPECT_THAT(listed({"labels.even==true"}), ElementsAre("image-2", "image-4"));
}
TEST_F(TestImagesList, Odd) { EXPECT_THAT(listed({"labels.odd==true"}), ElementsAre("image-1", "image-3")); }
TEST_F(TestImagesList, ByName) { EXPECT_THAT(listed({"name==image-1"}), ElementsAre("image-1")); }
TEST_F(TestImagesList, ByNameLabelEven) {
  EXPECT_THAT(listed({"labels.even==true,name==image-2"}), ElementsAre("image-2"));
  EXPECT_THAT(listed({"labels.even==true,name==image-1"}), IsEmpty());
}
TEST_F(TestImagesList, ByMediaType) {
  EXPECT_THAT(listed({"target.mediatype~=application/vnd.oci.*"}),
              ElementsAre("image-1", "image-2", "image-3", "image-4"));
  EXPECT_THAT(listed({"target.mediatype~=docker"}), IsEmpty());
}
TEST_F(TestImagesList, DeleteAndDeleteAgain) {
  for (const std::string& name : listed({})) {
    EXPECT_EQ(outcome(remove(name)), "ok");
    EXPECT_EQ(outcome(remove(name)), "not_found");
  }
  EXPECT_THAT(listed({}), IsEmpty());
}

TEST_F(TestImagesList, BySizeTimeDigestAndAnnotation) {
  EXPECT_THAT(listed({"size>2"}), ElementsAre("image-3", "image-4"));
  EXPECT_THAT(listed({"createdat<1h"}), IsEmpty());
  EXPECT_THAT(listed({"createdat>1h,updatedat>1h"}).size(), 4u);
  EXPECT_THAT(listed({"target.digest==" + Digest::of("xx").to_string()}), ElementsAre("image-2"));
  EXPECT_THAT(listed({"annotations.\"org.number\"==3"}), ElementsAre("image-3"));
}

TEST_F(TestImagesList, GoesOnBehindALimit) {
  const auto first = run({}, {.limit = 3});
  ASSERT_EQ(outcome(first), "ok");
  EXPECT_THAT(found_, ElementsAre("image-1", "image-2", "image-3"));
  EXPECT_TRUE(first->more);
  const auto rest = run({}, {.limit = 3, .after = first->last});
  EXPECT_THAT(found_, ElementsAre("image-4"));
  EXPECT_FALSE(rest->more);
}

TEST_F(TestImagesList, ADamagedRecordIsReportedAndTheOthersAreListed) {
  damage("image-2", [](metadata::MutableBucket& record) { return record.delete_bucket("target"); });
  EXPECT_THAT(listed({}), ElementsAre("image-1", "image-3", "image-4"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("image \"image-2\"")));
}

TEST_F(TestImagesList, BadFiltersAreRefused) {
  EXPECT_EQ(outcome(run({"name="})), "invalid_argument");
  EXPECT_EQ(outcome(run({"labels.x>3"})), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
