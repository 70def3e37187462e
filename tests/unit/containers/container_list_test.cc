// containerd's TestContainersList, case for case.
#include <gmock/gmock.h>

#include "record_test.h"

namespace bayplan::containers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TestContainersList : public RecordTest {
 protected:
  void SetUp() override {
    for (int n = 1; n <= 4; ++n) {
      Container container = sample("container-" + std::to_string(n));
      container.labels = {{n % 2 == 0 ? "even" : "odd", "true"}};
      if (n > 2) container.sandbox_id = "pod-" + std::to_string(n);
      ASSERT_TRUE(create(container));
    }
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    std::vector<std::string> found;
    const auto done = db_.view([&](const metadata::ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(container_fields()));
      return containers::list(
          tx, kNs, bound, {},
          [&](const Container& container) -> Result<void> {
            found.push_back(container.id);
            return {};
          },
          [&](std::string_view key, const Error&) { problems_.emplace_back(key); });
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return found;
  }
  std::vector<std::string> problems_;
};

TEST_F(TestContainersList, FullSet) {
  EXPECT_THAT(listed({}), ElementsAre("container-1", "container-2", "container-3", "container-4"));
}
TEST_F(TestContainersList, FullSetFiltered) {
  EXPECT_EQ(listed({"labels.even==true", "labels.odd==true"}).size(), 4u);
}
TEST_F(TestContainersList, Even) {
  EXPECT_THAT(listed({"labels.even==true"}), ElementsAre("container-2", "container-4"));
}
TEST_F(TestContainersList, Odd) {
  EXPECT_THAT(listed({"labels.odd==true"}), ElementsAre("container-1", "container-3"));
}
TEST_F(TestContainersList, ByID) { EXPECT_THAT(listed({"id==container-3"}), ElementsAre("container-3")); }
TEST_F(TestContainersList, ByIDLabelEven) {
  EXPECT_THAT(listed({"labels.even==true,id==container-2"}), ElementsAre("container-2"));
}
TEST_F(TestContainersList, ByRuntime) {
  EXPECT_EQ(listed({"runtime.name==io.containerd.runc.v2"}).size(), 4u);
  EXPECT_THAT(listed({"runtime.name==other"}), IsEmpty());
}
TEST_F(TestContainersList, BySandbox) {
  EXPECT_THAT(listed({"sandboxid==pod-3"}), ElementsAre("container-3"));
  EXPECT_THAT(listed({"sandboxid"}), ElementsAre("container-3", "container-4"));
}
TEST_F(TestContainersList, DeleteAndDeleteAgain) {
  for (const std::string& id : listed({})) {
    EXPECT_TRUE(remove(id));
    EXPECT_EQ(code(remove(id)), Errc::not_found);
  }
}
TEST_F(TestContainersList, ADamagedRecordIsReportedAndTheOthersAreListed) {
  change("containers", "container-2",
         [](metadata::MutableBucket& record) { return record.erase(metadata::schema::kSpec); });
  EXPECT_THAT(listed({}), ElementsAre("container-1", "container-3", "container-4"));
  EXPECT_THAT(problems_, ElementsAre("container-2"));
}

}  // namespace
}  // namespace bayplan::containers
