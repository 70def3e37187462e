#include <gmock/gmock.h>

#include "bayplan/base/digest.h"
#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"
#include "support/all_or_nothing.h"

namespace bayplan::metadata::leases {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LeaseResources : public LeaseTest {
 protected:
  Result<std::vector<Resource>> listed(std::string_view lease) {
    return db().view([&](const ReadTx& tx) -> Result<std::vector<Resource>> {
      std::vector<Resource> found;
      BAYPLAN_TRY(walk_resources(tx, kNs, lease, [&](const Resource& resource) -> Result<void> {
        found.push_back(resource);
        return {};
      }));
      return found;
    });
  }
  const std::string digest_ = Digest::of("x").to_string();
};

// containerd's core/metadata/leases_test.go
TEST_F(LeaseResources, TestLeaseResource) {
  create({.id = "l1"}).value();
  add("l1", {"content", digest_}).value();
  add("l1", {"ingests", "an-ingest"}).value();
  add("l1", {"ingests", "an-ingest"}).value();
  EXPECT_EQ(code(add("l1", {"leases", "l2"})), Errc::unsupported);
  EXPECT_EQ(code(add("l1", {"containers", "c"})), Errc::unsupported);
  add("l1", {"images", "docker.io/library/a:1"}).value();
  EXPECT_EQ(code(add("l1", {"snapshots", "key"})), Errc::invalid_argument);
  add("l1", {"snapshots/overlayfs", "key"}).value();
  EXPECT_EQ(code(add("l1", {"snapshots/overlayfs/more", "key"})), Errc::invalid_argument);
  EXPECT_EQ(code(add("unknown", {"images", "a"})), Errc::not_found);
  EXPECT_EQ(code(drop("unknown", {"images", "a"})), Errc::not_found);
  EXPECT_EQ(code(listed("unknown")), Errc::not_found);
  const Resource content{"content", digest_};
  const Resource image{"images", "docker.io/library/a:1"};
  const Resource ingest{"ingests", "an-ingest"};
  const Resource snapshot{"snapshots/overlayfs", "key"};
  EXPECT_THAT(listed("l1").value(), ElementsAre(content, image, ingest, snapshot));
  drop("l1", snapshot).value();
  EXPECT_THAT(listed("l1").value(), ElementsAre(content, image, ingest));
}

TEST_F(LeaseResources, refuses_what_cannot_be_leased) {
  create({.id = "l"}).value();
  const auto refused = [&](const Resource& resource) {
    const auto added = code(add("l", resource));
    EXPECT_EQ(added, code(drop("l", resource))) << resource.type;
    return added;
  };
  EXPECT_EQ(refused({"content", "no digest"}), Errc::invalid_argument);
  EXPECT_EQ(refused({"content", ""}), Errc::invalid_argument);
  EXPECT_EQ(refused({"content/blob", digest_}), Errc::invalid_argument);
  EXPECT_EQ(refused({"content/", digest_}), Errc::invalid_argument);
  EXPECT_EQ(refused({"images", ""}), Errc::invalid_argument);
  EXPECT_EQ(refused({"snapshots/", "key"}), Errc::invalid_argument);
  EXPECT_EQ(refused({"", "x"}), Errc::invalid_argument);
  EXPECT_EQ(refused({"image", "x"}), Errc::unsupported);
  EXPECT_EQ(refused({"bayplan.owner", "file"}), Errc::unsupported);
  EXPECT_EQ(code(add("l", {"images", std::string(kMaxKeyBytes + 1, 'i')})), Errc::too_large);
  EXPECT_THAT(listed("l").value(), IsEmpty());
}

TEST_F(LeaseResources, lists_each_type_in_byte_order) {
  create({.id = "l"}).value();
  for (const char* type : {"snapshots/b", "snapshots/a", "images", "ingests"}) {
    for (const char* id : {"2", "10", "1"}) add("l", {type, id}).value();
  }
  std::vector<std::string> found;
  for (const Resource& resource : listed("l").value()) found.push_back(resource.type + ":" + resource.id);
  EXPECT_THAT(found, ElementsAre("images:1", "images:10", "images:2", "ingests:1", "ingests:10", "ingests:2",
                                 "snapshots/a:1", "snapshots/a:10", "snapshots/a:2", "snapshots/b:1",
                                 "snapshots/b:10", "snapshots/b:2"));
}

TEST_F(LeaseResources, dropping_what_is_not_listed_is_fine) {
  create({.id = "l"}).value();
  drop("l", {"images", "a"}).value();
  drop("l", {"snapshots/a", "k"}).value();
  add("l", {"images", "a"}).value();
  drop("l", {"images", "b"}).value();
  EXPECT_THAT(listed("l").value(), ElementsAre(Resource{"images", "a"}));
}

TEST_F(LeaseResources, labels_and_owner_are_left_alone) {
  const Lease before = create({.id = "l", .labels = {{"k", "v"}}, .owner = owner()}).value();
  add("l", {"images", "a"}).value();
  EXPECT_EQ(get("l").value(), before);
}

TEST_F(LeaseResources, damage_is_told) {
  create({.id = "l"}).value();
  update([](WriteTx& tx) {
    auto lease = open_namespace_bucket(tx, kNs, {"leases", "l"}).value();
    lease->create_path({"images", "bucket"}).value();
  });
  EXPECT_EQ(code(listed("l")), Errc::corrupt);
  update([](WriteTx& tx) {
    auto lease = open_namespace_bucket(tx, kNs, {"leases", "l"}).value();
    lease->delete_bucket("images").value();
    lease->create_bucket("snapshots").value().put("native", "value").value();
  });
  EXPECT_EQ(code(listed("l")), Errc::corrupt);
}

TEST_F(LeaseResources, are_all_or_nothing) {
  create({.id = "l"}).value();
  const Resource snapshot{"snapshots/overlayfs", "key"};
  EXPECT_EQ(expect_all_or_nothing(db(), [&](WriteTx& tx) { return add_resource(tx, kNs, "l", snapshot); }),
            3);
  EXPECT_THAT(listed("l").value(), ElementsAre(snapshot));
  EXPECT_EQ(expect_all_or_nothing(db(), [&](WriteTx& tx) { return remove_resource(tx, kNs, "l", snapshot); }),
            1);
  EXPECT_THAT(listed("l").value(), IsEmpty());
}

}  // namespace
}  // namespace bayplan::metadata::leases
