// Names that are reserved before there is a container (item S53).
#include "bayplan/containers/name_registrar.h"

#include <gmock/gmock.h>

#include "bayplan/containers/storage_record.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/leases.h"
#include "record_test.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace leases = metadata::leases;

class NameRegistrarTest : public RecordTest {
 protected:
  NameRegistrarTest() { make_lease({.id = "l", .expires = now() + std::chrono::hours(1)}); }

  template <class F>
  Result<void> write(F change) const {
    return db_.update([&](WriteTx& tx) -> Result<void> { return change(tx); });
  }
  void make_lease(const leases::CreateOptions& options) const {
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(leases::create(tx, kNs, options));
      return {};
    }));
  }
  Result<void> reserve(std::string_view name, std::string_view key, std::string_view lease = "l") const {
    return write([&](WriteTx& tx) { return registrar_.reserve(tx, name, key, lease); });
  }
  std::optional<std::string> holder(std::string_view name) const {
    return db_.view([&](const ReadTx& tx) { return registrar_.get(tx, name); }).value();
  }
  metadata::GcReport collect() const {
    const auto leases = leases::gc_kind(run_root());
    const metadata::GcKind* const kinds[] = {&container_gc_kind(), &reservation_gc_kind(), leases.get()};
    return metadata::collect(db_, kinds, {}, {}).value();
  }
  std::vector<std::string> problems() const {
    const metadata::GcKind* const kinds[] = {&reservation_gc_kind()};
    const metadata::CheckReport report = metadata::check(db_, kinds).value();
    std::vector<std::string> found;
    for (const auto& problem : report.problems) found.push_back(problem.what);
    return found;
  }
  std::filesystem::path run_root() const { return dir_.path() / "run"; }

  NameRegistrar registrar_{run_root(), std::string(kNs)};
};
using NameRegistrar = NameRegistrarTest;

TEST_F(NameRegistrar, S53_AReservationIsALeasedRow) {
  ASSERT_TRUE(reserve("web", "c1"));
  EXPECT_EQ(holder("web"), "c1");
  EXPECT_EQ(holder("other"), std::nullopt);
  ASSERT_TRUE(write([&](WriteTx& tx) { return registrar_.release(tx, "web"); }));
  EXPECT_EQ(holder("web"), std::nullopt);
  EXPECT_TRUE(write([&](WriteTx& tx) { return registrar_.release(tx, "web"); })) << "again";
}

TEST_F(NameRegistrar, S53_ReservingIsIdempotentForItsKeyAlone) {
  ASSERT_TRUE(reserve("web", "c1"));
  EXPECT_TRUE(reserve("web", "c1"));
  const auto refused = reserve("web", "c2");
  EXPECT_EQ(code(refused), Errc::already_exists);
  EXPECT_EQ(refused.error().kind(), "reserved name");
  EXPECT_THAT(refused.error().to_string(), HasSubstr("\"c1\""));
  EXPECT_EQ(holder("web"), "c1");
}

TEST_F(NameRegistrar, S53_WhatCannotBeReservedIsSaid) {
  EXPECT_EQ(code(reserve("web", "c1", "none")), Errc::not_found);
  EXPECT_EQ(code(reserve("", "c1")), Errc::invalid_argument);
  EXPECT_EQ(code(reserve("web", "")), Errc::invalid_argument);
  EXPECT_EQ(code(reserve(std::string(storage::kMaxNameBytes + 1, 'x'), "c1")), Errc::invalid_argument);
  EXPECT_TRUE(reserve(std::string(storage::kMaxNameBytes, 'x'), "c1")) << "N8";
}

TEST_F(NameRegistrar, S53_AnEndedLeaseReservesNothing) {
  make_lease({.id = "old", .expires = now() + std::chrono::hours(1)});
  ASSERT_TRUE(reserve("web", "c1", "old"));
  ASSERT_TRUE(write([](WriteTx& tx) { return leases::remove(tx, kNs, "old"); }));
  EXPECT_EQ(holder("web"), std::nullopt);
  EXPECT_TRUE(reserve("web", "c2"));
  EXPECT_EQ(holder("web"), "c2");
}

TEST_F(NameRegistrar, S53_WhoDiesHasReservedNothing) {
  auto owner = std::make_unique<metadata::LeaseOwner>(metadata::LeaseOwner::acquire(run_root()).value());
  make_lease({.id = "mine", .owner = owner->record()});
  ASSERT_TRUE(reserve("web", "c1", "mine"));
  EXPECT_EQ(code(reserve("web", "c2")), Errc::already_exists);
  owner.reset();
  EXPECT_EQ(code(reserve("else", "c1", "mine")), Errc::not_found) << "such a lease keeps nothing";
  EXPECT_TRUE(reserve("web", "c2"));
}

TEST_F(NameRegistrar, S53_AContainersNameIsReservedForIt) {
  ASSERT_TRUE(RecordTest::create(sample("c1")));
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::attach(tx, kNs, "c1", {.names = {"web"}}); }));
  EXPECT_EQ(holder("web"), "c1");
  EXPECT_EQ(code(reserve("web", "c2")), Errc::already_exists);
  EXPECT_TRUE(reserve("web", "c1"));
}

TEST_F(NameRegistrar, S53_DeletingAKeyDropsAllItsNames) {
  ASSERT_TRUE(reserve("a", "c1"));
  ASSERT_TRUE(reserve("b", "c1"));
  ASSERT_TRUE(reserve("c", "c2"));
  ASSERT_TRUE(write([&](WriteTx& tx) { return registrar_.remove(tx, "c1"); }));
  EXPECT_EQ(holder("a"), std::nullopt);
  EXPECT_EQ(holder("b"), std::nullopt);
  EXPECT_EQ(holder("c"), "c2");
}

TEST_F(NameRegistrar, S53_ACollectionTakesWhatItsLeaseLeft) {
  ASSERT_TRUE(reserve("web", "c1"));
  EXPECT_THAT(collect().removed, IsEmpty());
  EXPECT_EQ(holder("web"), "c1");
  ASSERT_TRUE(write([](WriteTx& tx) { return leases::remove(tx, kNs, "l"); }));
  const auto report = collect();
  ASSERT_EQ(report.removed.size(), 1u);
  EXPECT_EQ(report.removed.front().node, (metadata::GcNode{"reservation", "default", "web"}));
}

TEST_F(NameRegistrar, AreAllOrNothingAndTold) {
  test::EventLog log(db_);
  EXPECT_GE(metadata::expect_all_or_nothing(
                db_, [&](WriteTx& tx) { return registrar_.reserve(tx, "a", "c1", "l"); }),
            3);
  ASSERT_TRUE(reserve("b", "c1"));
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return registrar_.remove(tx, "c1"); }),
            2);
  EXPECT_THAT(log.told(), ElementsAre("created reservation default/a", "created reservation default/b",
                                      "removed reservation default/a", "removed reservation default/b"));
}

TEST_F(NameRegistrar, DamageIsSaid) {
  ASSERT_TRUE(reserve("web", "c1"));
  ASSERT_TRUE(write([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, kNs, {"bayplan.reservations", "web"}));
    return record->erase("key");
  }));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("key")));
  EXPECT_EQ(code(db_.view([&](const ReadTx& tx) { return registrar_.get(tx, "web"); })), Errc::corrupt);
}

}  // namespace
}  // namespace bayplan::containers
