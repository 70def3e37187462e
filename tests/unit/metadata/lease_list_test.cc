// containerd's TestLeasesList, case for case, and ours.
#include <gmock/gmock.h>

#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"

namespace bayplan::metadata::leases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TestLeasesList : public LeaseTest {
 protected:
  void SetUp() override {
    LeaseTest::SetUp();
    create({.id = "lease1", .labels = {{"label1", "value1"}, {"label3", "other"}}}).value();
    create({.id = "lease2", .labels = {{"label1", "value1"}, {"label2", ""}, {"label3", "other"}}}).value();
    create({.id = "lease3", .labels = {{"label1", "value2"}, {"label2", "something"}}}).value();
  }

  Result<ListEnd> run(const std::vector<std::string>& filters, const ListOptions& options = {}) {
    found_.clear();
    problems_.clear();
    return db().view([&](const ReadTx& tx) -> Result<ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(lease_fields()));
      return leases::list(
          tx, kNs, bound, options,
          [&](const Lease& lease) -> Result<void> {
            found_.push_back(lease.id);
            return {};
          },
          [&](std::string_view, const Error& error) { problems_.push_back(error.to_string()); });
    });
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    run(filters).value();
    return found_;
  }

  std::vector<std::string> found_;
  std::vector<std::string> problems_;
};

TEST_F(TestLeasesList, All) { EXPECT_THAT(listed({}), ElementsAre("lease1", "lease2", "lease3")); }
TEST_F(TestLeasesList, ID) { EXPECT_THAT(listed({"id==lease1"}), ElementsAre("lease1")); }
TEST_F(TestLeasesList, IDx2) {
  EXPECT_THAT(listed({"id==lease1", "id==lease2"}), ElementsAre("lease1", "lease2"));
}
TEST_F(TestLeasesList, Label1) {
  EXPECT_THAT(listed({"labels.label1"}), ElementsAre("lease1", "lease2", "lease3"));
}
TEST_F(TestLeasesList, Label1value1) {
  EXPECT_THAT(listed({"labels.label1==value1"}), ElementsAre("lease1", "lease2"));
}
TEST_F(TestLeasesList, Label1value2) {
  EXPECT_THAT(listed({"labels.label1==value2"}), ElementsAre("lease3"));
}
TEST_F(TestLeasesList, Label2) {
  EXPECT_THAT(listed({"labels.label2"}), ElementsAre("lease3")) << "an empty value is not present";
}
TEST_F(TestLeasesList, Label3) { EXPECT_THAT(listed({"labels.label3"}), ElementsAre("lease1", "lease2")); }

TEST_F(TestLeasesList, ByTime) {
  EXPECT_THAT(listed({"createdat<1h"}), IsEmpty());
  EXPECT_THAT(listed({"createdat>1h"}).size(), 3u);
}

TEST_F(TestLeasesList, ExpiredOnesAreListed) {
  create({.id = "old", .expires = Time{}}).value();
  EXPECT_THAT(listed({R"(labels."containerd.io/gc.expire")"}), ElementsAre("old"));
}

TEST_F(TestLeasesList, GoesOnBehindALimit) {
  const ListEnd first = run({}, {.limit = 2}).value();
  EXPECT_THAT(found_, ElementsAre("lease1", "lease2"));
  EXPECT_TRUE(first.more);
  EXPECT_FALSE(run({}, {.limit = 2, .after = first.last}).value().more);
  EXPECT_THAT(found_, ElementsAre("lease3"));
}

TEST_F(TestLeasesList, ADamagedRecordIsReportedAndTheOthersAreListed) {
  update([](WriteTx& tx) {
    open_namespace_bucket(tx, kNs, {"leases", "lease2"}).value()->erase("createdat").value();
  });
  EXPECT_THAT(listed({}), ElementsAre("lease1", "lease3"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("lease \"lease2\"")));
  remove("lease2").value();
}

TEST_F(TestLeasesList, OfNoNamespaceIsEmpty) {
  for (const char* id : {"lease1", "lease2", "lease3"}) remove(id).value();
  EXPECT_THAT(listed({}), IsEmpty());
  EXPECT_EQ(code(run({"labels.x>3"})), Errc::invalid_argument);
}

}  // namespace
}  // namespace bayplan::metadata::leases
