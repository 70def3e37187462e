#include <gmock/gmock.h>
#include <unistd.h>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"
#include "support/gc_telling.h"

namespace bayplan::metadata::leases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

const std::string kExpire(kGcExpireLabel);

class LeaseKindTest : public LeaseTest {
 protected:
  static std::vector<std::string> keys(const std::vector<GcNode>& nodes) {
    std::vector<std::string> found;
    for (const GcNode& node : nodes) {
      EXPECT_EQ(node.kind, "lease");
      EXPECT_EQ(node.ns, kNs);
      found.push_back(node.key);
    }
    return found;
  }
  test::Telling told() { return test::Telling::all(db(), *kind_, kNs).value(); }
  std::vector<std::string> roots() { return keys(told().roots); }
  std::vector<std::string> candidates() { return keys(told().collectable); }

  Result<std::vector<GcNode>> edges(std::string_view id) {
    BAYPLAN_ASSIGN(const auto telling, test::Telling::one(db(), *kind_, kNs, id));
    return telling.edges;
  }
  std::vector<std::string> problems() {
    const GcKind* const kinds[] = {kind_.get()};
    std::vector<std::string> texts;
    const CheckReport report = check(db(), kinds).value();
    for (const Problem& problem : report.problems) texts.push_back(problem.object.key + ": " + problem.what);
    return texts;
  }
  std::vector<GcNode> collect() {
    const GcKind* const kinds[] = {kind_.get()};
    return test::removed_nodes(metadata::collect(db(), kinds, {}, {}).value());
  }
  /// Runs `change(bucket of the lease)`.
  template <class F>
  void damage(std::string_view id, F change) {
    update([&](WriteTx& tx) {
      auto lease = open_namespace_bucket(tx, kNs, {"leases", id}).value();
      change(*lease);
    });
  }

  test::TempDir run_;
  const std::unique_ptr<GcKind> kind_ = gc_kind(run_.path());
};

TEST_F(LeaseKindTest, roots_are_leases_that_have_not_ended) {
  LeaseOwner alive = LeaseOwner::acquire(run_.path()).value();
  std::optional<LeaseOwner> dead = LeaseOwner::acquire(run_.path()).value();
  create({.id = "dead", .owner = dead->record()}).value();
  dead.reset();
  create({.id = "alive", .owner = alive.record()}).value();
  create({.id = "alive-past", .expires = Time{}, .owner = alive.record()}).value();
  Owner foreign = alive.record();
  ++foreign.run_inode;
  create({.id = "foreign", .owner = foreign}).value();
  create({.id = "future", .labels = {{kExpire, "2200-01-01T00:00:00Z"}}}).value();
  create({.id = "past", .expires = Time{}}).value();
  create({.id = "persistent", .persistent = true}).value();
  create({.id = "plain"}).value();
  create({.id = "unreadable", .labels = {{kExpire, "yesterday"}}}).value();
  EXPECT_THAT(roots(), ElementsAre("alive", "foreign", "future", "persistent", "plain", "unreadable"));
  EXPECT_EQ(candidates().size(), 9u);
}

TEST_F(LeaseKindTest, an_owner_that_cannot_be_read_is_not_dead) {
  create({.id = "a", .owner = owner()}).value();
  EXPECT_THAT(roots(), IsEmpty()) << "of another boot";
  damage("a", [](MutableBucket& lease) { lease.bucket("bayplan.owner").value()->erase("pid").value(); });
  EXPECT_THAT(roots(), ElementsAre("a"));
}

TEST_F(LeaseKindTest, edges_go_to_what_is_listed) {
  create({.id = "l", .labels = {{"containerd.io/gc.ref.content", "sha256:no"}}}).value();
  const std::string digest = Digest::of("x").to_string();
  add("l", {"content", digest}).value();
  add("l", {"images", "a:1"}).value();
  add("l", {"ingests", "upload"}).value();
  add("l", {"snapshots/overlay", "key/with/slashes"}).value();
  const std::string ns(kNs);
  EXPECT_THAT(edges("l").value(), ElementsAre(GcNode{"content", ns, digest}, GcNode{"image", ns, "a:1"},
                                              GcNode{"ingest", ns, "upload"},
                                              GcNode{"snapshot", ns, "overlay/key/with/slashes"}));
  EXPECT_THAT(edges("absent").value(), IsEmpty());
  damage("l", [](MutableBucket& lease) { lease.create_path({"images", "bucket"}).value(); });
  EXPECT_THAT(edges("l").error().to_string(), HasSubstr("lease \"l\""));
}

TEST_F(LeaseKindTest, ended_leases_go_with_the_files_of_their_owners) {
  std::string file;
  {
    const LeaseOwner owner = LeaseOwner::acquire(run_.path()).value();
    file = owner.record().file;
    create({.id = "owned", .owner = owner.record()}).value();
    create({.id = "past", .expires = Time{}}).value();
    create({.id = "stays"}).value();
    EXPECT_THAT(collect(), ElementsAre(GcNode{"lease", std::string(kNs), "past"}));
  }
  EXPECT_THAT(collect(), ElementsAre(GcNode{"lease", std::string(kNs), "owned"}));
  EXPECT_THAT(ids(), ElementsAre("stays"));
  EXPECT_TRUE(std::filesystem::is_empty(run_.path() / ".leases"));
}

TEST_F(LeaseKindTest, what_ended_says_why) {
  create({.id = "past", .expires = Time{}}).value();
  create({.id = "plain"}).value();
  create({.id = "owned", .owner = owner()}).value();
  EXPECT_THAT(
      told().reasons,
      ElementsAre(MatchesRegex("a lease of process .* .dead., made . seconds? ago: its owner has ended"),
                  MatchesRegex("a lease, made . seconds? ago: expired at 1970-01-01T00:00:00Z"),
                  MatchesRegex("a lease, made . seconds? ago")));
}

TEST_F(LeaseKindTest, one_that_keeps_names_its_owner_and_its_age) {
  const LeaseOwner alive = LeaseOwner::acquire(run_.path()).value();
  create({.id = "owned", .owner = alive.record()}).value();
  create({.id = "unreadable"}).value();
  const auto made_before = [&](std::string_view id, std::chrono::nanoseconds age) {
    damage(id, [&](auto& lease) { lease.put("createdat", codec::encode_time(now() - age)).value(); });
  };
  const auto reason = [&](std::chrono::nanoseconds age) {
    made_before("owned", age);
    return told().reasons.at(0);
  };
  const std::string process = "a lease of process " + std::to_string(::getpid()) + " (alive), made ";
  EXPECT_EQ(reason(std::chrono::hours(72)), process + "3 days ago");
  EXPECT_EQ(reason(std::chrono::hours(5)), process + "5 hours ago");
  EXPECT_EQ(reason(std::chrono::minutes(61)), process + "61 minutes ago");
  damage("unreadable", [](auto& lease) { lease.put("createdat", "soon").value(); });
  EXPECT_EQ(told().reasons.at(1), "a lease");
}

TEST_F(LeaseKindTest, flat_leases_keep_no_more_than_they_list) {
  create({.id = "flat", .labels = {{"containerd.io/gc.flat", "true"}}}).value();
  create({.id = "whole"}).value();
  for (const char* id : {"flat", "whole"}) add(id, {"images", "a:1"}).value();
  EXPECT_THAT(told().flat, ElementsAre(true, false));
}

TEST_F(LeaseKindTest, remove_answers_not_found) {
  EXPECT_EQ(code(db().update([&](WriteTx& tx) {
              return kind_->remove(tx, {"lease", "default", "x"});
            })),
            Errc::not_found);
}

TEST_F(LeaseKindTest, resources_that_do_not_exist_are_no_problem) {
  create({.id = "l", .owner = owner()}).value();
  add("l", {"images", "gone:1"}).value();
  add("l", {"content", Digest::of("gone").to_string()}).value();
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(LeaseKindTest, records_that_do_not_decode_are) {
  for (const char* id : {"a", "b", "c", "d", "fine"}) create({.id = id, .owner = owner()}).value();
  damage("a", [](MutableBucket& lease) { lease.erase("createdat").value(); });
  damage("b", [](MutableBucket& lease) { lease.bucket("bayplan.owner").value()->put("pid", {}).value(); });
  damage("c",
         [](MutableBucket& lease) { lease.create_bucket("content").value().put("no digest", {}).value(); });
  damage("d", [](MutableBucket& lease) { lease.create_path({"labels", "bucket"}).value(); });
  update([](WriteTx& tx) { open_namespace_bucket(tx, kNs, {"leases"}).value()->put("e", "value").value(); });
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("a: lease \"a\""), HasSubstr("b: lease \"b\""),
                                      HasSubstr("c: resource \"no digest\""), HasSubstr("d: lease \"d\""),
                                      HasSubstr("e: lease \"e\"")));
}

}  // namespace
}  // namespace bayplan::metadata::leases
