// What goes with a container that is removed, and what stays (item S71).
#include <gmock/gmock.h>

#include <fstream>

#include "bayplan/images/images.h"
#include "bayplan/metadata/leases.h"
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using testing::IsEmpty;

namespace fs = std::filesystem;

class Removal : public ServiceFixture {
 protected:
  ~Removal() override { EXPECT_THAT(store_.problems(), IsEmpty()); }

  template <class F>
  void write(F change) {
    ASSERT_EQ(words(store_->db().update([&](WriteTx& tx) -> Result<void> { return change(tx); })), "");
  }
  void make_plain(std::string_view id) { ASSERT_EQ(words(store_.create(id, kImage)), ""); }
  void make_sharing(std::string id, std::string key) {
    Container other = *store_.get("c1");
    other.id = std::move(id);
    other.snapshot_key = std::move(key);
    write([&](WriteTx& tx) { return create(tx, kNs, other); });
  }
  std::string found(std::string_view key) { return outcome(store_.snapshot(key)); }
};

TEST_F(Removal, S71_TakesRecordAndSnapshotInOneTransaction) {
  make_plain("c1");
  const auto before =
      store_->db().view([](const ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); });
  ASSERT_EQ(words(store_.remove("c1")), "");
  const auto after =
      store_->db().view([](const ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); });
  EXPECT_EQ(*after, *before + 1);
  EXPECT_EQ(outcome(store_.get("c1")), "not_found");
  EXPECT_EQ(found("c1"), "not_found");
}

TEST_F(Removal, S71_ASnapshotThatAnotherContainerNamesStays) {
  make_plain("c1");
  make_sharing("c2", "c1");
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(found("c1"), "ok");
  ASSERT_EQ(words(store_.remove("c2")), "");
  EXPECT_EQ(found("c1"), "not_found") << "nobody shares it any more";
}

TEST_F(Removal, S71_TheLayerOfAnImageStays) {
  make_plain("c1");
  const std::string layer = store_.snapshot("c1")->parent;
  make_sharing("c2", layer);
  ASSERT_EQ(words(store_.remove("c1")), "");
  ASSERT_EQ(words(store_.remove("c2")), "") << "no child, but it is committed";
  EXPECT_EQ(found(layer), "ok");
}

TEST_F(Removal, S71_ALeasedSnapshotStaysUntilACollection) {
  make_plain("c1");
  write([](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(metadata::leases::create(tx, kNs, {.id = "l", .persistent = true}));
    return metadata::leases::add_resource(tx, kNs, "l", {"snapshots/native", "c1"});
  });
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(found("c1"), "ok");
  write([](WriteTx& tx) { return metadata::leases::remove(tx, kNs, "l"); });
  collect();
  EXPECT_EQ(found("c1"), "not_found");
}

TEST_F(Removal, S71_ASnapshotThatIsARootStays) {
  make_plain("c1");
  write([&](WriteTx& tx) {
    return store_->snapshotter().set_labels(tx, kNs, "c1", {{"containerd.io/gc.root", "me"}});
  });
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(found("c1"), "ok");
}

TEST_F(Removal, S71_SyncTakesWhatWasReleasedAndNoMore) {
  make_plain("c1");
  make_plain("c2");
  const std::string layer = store_.snapshot("c1")->parent;
  const fs::path trees = store_.root() / "snapshots/native";
  write([](WriteTx& tx) { return images::remove(tx, kNs, kImage); });
  ASSERT_EQ(words(store_.remove("c1", {.sync = true})), "");
  EXPECT_EQ(found(layer), "ok") << "another container stands on it";
  ASSERT_EQ(words(store_.remove("c2", {.sync = true})), "");
  EXPECT_EQ(found(layer), "not_found");
  for (const auto& entry : fs::directory_iterator(trees)) EXPECT_FALSE(entry.is_directory()) << entry.path();
}

TEST_F(Removal, TheDirectoriesThatAServiceMadeGoAtOnce) {
  const ContainerInfo info = make("p1", "c1");
  std::ofstream(info.dir / "file") << "x";
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_FALSE(fs::exists(info.dir));
  EXPECT_FALSE(fs::exists(info.run_dir));
  EXPECT_EQ(words(service().create_container(member("p1", "c1"), {})), "");
  ASSERT_EQ(words(store_.remove("c1")), "");
}

}  // namespace
}  // namespace bayplan::containers
