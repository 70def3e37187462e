// The filters of containerd's snapshotter suite ("Walk": ten cases over kind, name, parent and labels), and
// ours.
#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "records.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

class SnapshotList : public testing::Test {
 protected:
  static constexpr records::Place kPlace{SnapshotStore::kNs, "native"};

  void SetUp() override {
    const auto inserted = store_.db().update([](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(records::insert(
          tx, kPlace, "base", {Kind::committed, "1", "", {1, 10}, {{"os", "linux"}}, metadata::referred()}));
      BAYPLAN_TRY(records::insert(tx, kPlace, "top",
                                  {Kind::committed, "2", "base", {1, 200}, {}, metadata::referred()}));
      BAYPLAN_TRY(records::insert(tx, kPlace, "active",
                                  {Kind::active, "3", "top", {}, {{"os", "linux"}}, metadata::referred()}));
      BAYPLAN_TRY(records::insert(tx, kPlace, "alone",
                                  {Kind::active, "4", "", {}, {{"os", "none"}}, metadata::referred()}));
      return records::insert(tx, kPlace, "look", {Kind::view, "5", "top", {}, {}, metadata::referred()});
    });
    ASSERT_EQ(words(inserted), "");
  }

  Result<metadata::ListEnd> run(const std::vector<std::string>& filters,
                                const metadata::ListOptions& options = {}) {
    found_.clear();
    problems_.clear();
    return store_.db().view([&](const ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(snapshot_fields()));
      return store_.snapshotter().list(
          tx, SnapshotStore::kNs, bound, options,
          [&](const Info& info) -> Result<void> {
            found_.push_back(info.key);
            return {};
          },
          [&](std::string_view, const Error& error) { problems_.push_back(error.to_string()); });
    });
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    EXPECT_EQ(words(run(filters)), "");
    return found_;
  }

  SnapshotStore store_{"native"};
  std::vector<std::string> found_;
  std::vector<std::string> problems_;
};

TEST_F(SnapshotList, Walk) {
  struct Case {
    std::vector<std::string> filters;
    std::vector<std::string> keys;
  };
  const std::vector<Case> cases = {
      {{}, {"active", "alone", "base", "look", "top"}},
      {{"kind==active"}, {"active", "alone"}},
      {{"kind==view"}, {"look"}},
      {{"kind==committed"}, {"base", "top"}},
      {{"name==top"}, {"top"}},
      {{"parent==top"}, {"active", "look"}},
      {{"parent==\"\""}, {"alone", "base"}},
      {{"kind==active,parent==\"\""}, {"alone"}},
      {{"labels.os==linux"}, {"active", "base"}},
      {{"kind==view", "kind==active,labels.os==linux"}, {"active", "look"}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(listed(one.filters), ElementsAreArray(one.keys)) << testing::PrintToString(one.filters);
  }
}

TEST_F(SnapshotList, BySizeAndTime) {
  EXPECT_THAT(listed({"size>=100"}), ElementsAre("top"));
  EXPECT_THAT(listed({"size<1MiB"}), ElementsAre("base", "top")) << "others have none";
  EXPECT_THAT(listed({"createdat<1h", "updatedat<1h"}), IsEmpty());
  EXPECT_THAT(listed({"createdat>1h,updatedat>1h"}).size(), 5u);
}

TEST_F(SnapshotList, GoesOnBehindALimit) {
  const auto first = run({"parent==top"}, {.limit = 1});
  EXPECT_THAT(found_, ElementsAre("active"));
  EXPECT_TRUE(first->more);
  const auto rest = run({"parent==top"}, {.limit = 1, .after = first->last});
  EXPECT_THAT(found_, ElementsAre("look"));
}

TEST_F(SnapshotList, ADamagedRecordIsReportedAndTheOthersAreListed) {
  const auto damaged = store_.db().update([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(tx, kPlace.ns, {"snapshots", "native", "base"}));
    return record->put("kind", "\x09");
  });
  ASSERT_EQ(words(damaged), "");
  for (const char* filter : {"", "kind!=view,name!=look"}) {
    EXPECT_THAT(listed({filter}), testing::IsSupersetOf({"active", "alone", "top"})) << filter;
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("base"))) << filter;
  }
}

TEST_F(SnapshotList, OfAnotherNamespaceIsEmpty) {
  const auto listed = store_.db().view([&](const ReadTx& tx) -> Result<metadata::ListEnd> {
    BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse({}));
    BAYPLAN_ASSIGN(const auto bound, filter.bind(snapshot_fields()));
    return store_.snapshotter().list(tx, "other", bound, {}, [](const Info&) -> Result<void> {
      ADD_FAILURE();
      return {};
    });
  });
  EXPECT_EQ(words(listed), "");
}

}  // namespace
}  // namespace bayplan::snapshots
