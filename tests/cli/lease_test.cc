#include <gtest/gtest.h>
#include <unistd.h>

#include "bayplan/base/json.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/leases.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Lease : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }
};

TEST_F(Lease, LastsADayUnlessToldOtherwise) {
  const std::string generated = command.ok({"lease", "create", "team=a"});
  EXPECT_NE(generated.find('-'), std::string::npos) << generated;
  EXPECT_EQ(command.ok({"lease", "create", "--id", "z", "--persistent"}), "z\n");
  const std::string out = command.ok({"--format", "json", "lease", "ls"});
  auto listed = json::Document::parse(out, "output");
  ASSERT_TRUE(listed.has_value()) << out;
  EXPECT_NE(out.find("\"id\":\"" + generated.substr(0, generated.size() - 1) + "\""), std::string::npos)
      << out;
  EXPECT_NE(out.find(R"("id":"z")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("persistent":true)"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("expiresAt":"20)"), std::string::npos) << out;
  const std::string table = command.ok({"lease", "ls"});
  EXPECT_NE(table.find("EXPIRES"), std::string::npos) << table;
  EXPECT_NE(table.find("persistent"), std::string::npos) << table;
  command.ok({"lease", "rm", "z"});
  EXPECT_EQ(command.ok({"lease", "ls", "-q"}), generated);
}

constexpr const char* kExpiryLabel = "containerd.io/gc.expire=2200-01-01T00:00:00Z";

TEST_F(Lease, LastsAsLongAsItsLabelSays) {
  command.ok({"lease", "create", "--id", "l", kExpiryLabel});
  const std::string out = command.ok({"--format", "json", "lease", "ls"});
  EXPECT_NE(out.find(R"("expiresAt":"2200-01-01T00:00:00Z")"), std::string::npos) << out;
}

TEST_F(Lease, KeepsWhatItListsUntilItIsRemoved) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  std::string manifest;
  {
    const auto store = images::Store::open(command.root());
    const auto found = store->db().view(
        [](const metadata::ReadTx& tx) { return images::get(tx, "default", "registry.test/small:1"); });
    manifest = found->target.digest.to_string();
  }
  command.ok({"lease", "create", "--id", "keep", "--expires", "2h"});
  command.ok({"lease", "resources", "--add", "content", manifest, "--add", "images", "other:1", "keep"});
  const std::string table = command.ok({"lease", "resources", "keep"});
  EXPECT_NE(table.find("content  " + manifest), std::string::npos) << table;
  EXPECT_NE(table.find(" B\n"), std::string::npos) << "the bytes of the blob:\n" << table;
  command.ok({"image", "rm", "registry.test/small:1"});
  EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
  command.ok({"lease", "resources", "keep", "--remove", "content", manifest});
  EXPECT_EQ(command.ok({"lease", "resources", "-q", "keep"}), "other:1\n");
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"content", "ls", "-q"}), "");
  command.ok({"inspect", "check"});
}

TEST_F(Lease, ListsAreFilteredAndPaged) {
  for (const char* id : {"a", "b", "c"}) {
    command.ok({"lease", "create", "--id", id, std::string("team=") + (*id == 'b' ? "x" : "y")});
  }
  EXPECT_EQ(command.ok({"lease", "ls", "-q", "--filter", "labels.team==y"}), "a\nc\n");
  EXPECT_EQ(command.ok({"lease", "ls", "-q", "--limit", "1", "--after", "a"}), "b\n");
  EXPECT_NE(command.ok({"lease", "ls", "--limit", "2"}).find("more: --after b"), std::string::npos);
}

TEST_F(Lease, DiesWithItsOwner) {
  const auto run_root = command.directory() / "run";
  const auto store = images::Store::open(command.root());
  ASSERT_TRUE(store.has_value());
  {
    const auto owner = metadata::LeaseOwner::acquire(run_root);
    ASSERT_TRUE(owner.has_value()) << owner.error().to_string();
    ASSERT_TRUE(store->db().update([&](metadata::WriteTx& tx) {
      return metadata::leases::create(tx, "default", {.id = "owned", .owner = owner->record()});
    }));
    const std::string pid = std::to_string(::getpid());
    EXPECT_NE(command.ok({"lease", "ls"}).find("pid " + pid + " alive"), std::string::npos);
    EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
  }
  const std::string out = command.ok({"--format", "json", "lease", "ls"});
  EXPECT_NE(out.find(R"("state":"dead")"), std::string::npos) << out;
  EXPECT_NE(command.ok({"gc"}).find("lease default/owned"), std::string::npos);
  EXPECT_EQ(command.ok({"lease", "ls", "-q"}), "");
}

TEST_F(Lease, OfADeadOwnerStillSaysWhoseItWasWhenItIsAskedFor) {
  command.ok({"image", "import", command.layout().string()});
  const std::string manifest = command.ok({"content", "ls", "-q"}).substr(0, 71);
  command.ok({"image", "rm", "registry.test/small:1"});
  const auto store = images::Store::open(command.root());
  ASSERT_TRUE(store.has_value());
  const std::string pid = std::to_string(::getpid());
  {
    const auto owner = metadata::LeaseOwner::acquire(command.directory() / "run");
    ASSERT_TRUE(owner.has_value()) << owner.error().to_string();
    ASSERT_TRUE(store->db().update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(metadata::leases::create(tx, "default", {.id = "owned", .owner = owner->record()}));
      return metadata::leases::add_resource(tx, "default", "owned", {"content", manifest});
    }));
    const std::string kept = command.ok({"gc", "why", manifest});
    EXPECT_NE(kept.find("lease default/owned (a lease of process " + pid + " (alive), made "),
              std::string::npos)
        << kept;
  }
  const std::string lost = command.ok({"gc", "why", manifest});
  EXPECT_NE(lost.find("nothing that is kept refers to it"), std::string::npos) << lost;
  EXPECT_NE(lost.find("lease default/owned (leased: a lease of process " + pid + " (dead), made "),
            std::string::npos)
      << lost;
  EXPECT_NE(command.ok({"gc", "why", "lease/owned"}).find("ago: its owner has ended)"), std::string::npos);
  const std::string json = command.ok({"--format", "json", "gc", "why", manifest});
  EXPECT_NE(json.find(R"("key":"owned","why":"leased: a lease of process )"), std::string::npos) << json;
}

TEST_F(Lease, TakesImagesByAnyOfTheirNames) {
  command.ok({"image", "import", command.layout().string(), "--name", "small:2"});
  command.ok({"lease", "create", "--id", "keep"});
  command.ok({"lease", "resources", "--add", "images", "small:2", "keep"});
  EXPECT_EQ(command.ok({"lease", "resources", "-q", "keep"}), "docker.io/library/small:2\n");
}

TEST_F(Lease, RefusesWhatCannotBe) {
  command.ok({"lease", "create", "--id", "a"});
  EXPECT_EQ(command.run({"lease", "create", "--id", "a"}).exit_code, 6);
  EXPECT_EQ(command.run({"lease", "create", "--id", ""}).exit_code, 1);
  EXPECT_EQ(command.run({"lease", "create", "--expires", "5"}).exit_code, 2) << "no unit";
  EXPECT_EQ(command.run({"lease", "create", "--expires", "1000000d"}).exit_code, 1);
  EXPECT_NE(command.run({"lease", "create", "--expires", "-5s"}).err.find("has passed already"),
            std::string::npos);
  EXPECT_EQ(command.run({"lease", "create", "--expires", "5h", kExpiryLabel}).exit_code, 1);
  EXPECT_EQ(command.run({"lease", "create", "--persistent", "--expires", "5h"}).exit_code, 2);
  EXPECT_EQ(command.run({"lease", "resources", "a", "--add", "snapshots", "k"}).exit_code, 1);
  EXPECT_EQ(command.run({"lease", "resources", "a", "--add", "containers", "c"}).exit_code, 1);
  EXPECT_EQ(command.run({"lease", "resources", "none"}).exit_code, 3);
  EXPECT_EQ(command.run({"lease", "rm", "a", "none"}).exit_code, 3);
  EXPECT_EQ(command.ok({"lease", "ls", "-q"}), "a\n") << "all or none";
}

}  // namespace
}  // namespace bayplan::test
