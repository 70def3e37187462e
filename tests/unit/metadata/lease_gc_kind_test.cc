#include <gmock/gmock.h>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"

namespace bayplan::metadata::leases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kExpire(kGcExpireLabel);

class LeaseKindTest : public LeaseTest {
 protected:
  using Lister = Result<void> (GcKind::*)(const BucketSource&, std::string_view, const NodeSink&) const;

  /// Keys of the nodes that roots() or candidates() emit.
  std::vector<std::string> listed(Lister list) {
    std::vector<std::string> keys;
    view([&](const ReadTx& tx) {
      ((*kind_).*list)(tx, kNs, [&](GcNode node) -> Result<void> {
        EXPECT_EQ(node.kind, "lease");
        EXPECT_EQ(node.ns, kNs);
        keys.push_back(std::move(node.key));
        return {};
      }).value();
    });
    return keys;
  }
  std::vector<std::string> roots() { return listed(&GcKind::roots); }
  std::vector<std::string> candidates() { return listed(&GcKind::candidates); }

  Result<std::vector<GcNode>> edges(std::string_view id) {
    return db().view([&](const ReadTx& tx) -> Result<std::vector<GcNode>> {
      std::vector<GcNode> nodes;
      BAYPLAN_TRY(
          kind_->edges(tx, {"lease", std::string(kNs), std::string(id)}, [&](GcNode node) -> Result<void> {
            nodes.push_back(std::move(node));
            return {};
          }));
      return nodes;
    });
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
    return metadata::collect(db(), kinds, {}, {}).value().removed;
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
