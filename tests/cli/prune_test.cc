// What goes when nothing uses it, and what is said of it before.
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Prune : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    command.ok({"image", "import", command.layout().string()});
  }

  // A second name for the imported image.
  void add_image(const std::string& name, std::chrono::hours age, const Labels& labels = {}) const {
    const auto store = images::Store::open(command.root());
    ASSERT_TRUE(store.has_value()) << store.error().to_string();
    const auto added = store->db().update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(images::Image image, images::get(tx, "default", kSmall));
      image.name = name;
      image.labels = labels;
      BAYPLAN_TRY(images::create(tx, "default", image));
      BAYPLAN_ASSIGN(auto record,
                     metadata::open_namespace_bucket(tx, "default", {metadata::schema::kImages, name}));
      return metadata::codec::write_times(*record, {.created = now() - age, .updated = now()});
    });
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
  }

  void add_ended_lease(const std::string& id) const {
    const auto store = images::Store::open(command.root());
    const auto added = store->db().update([&](metadata::WriteTx& tx) {
      return metadata::leases::create(tx, "default", {.id = id, .expires = now() - std::chrono::hours(1)});
    });
    ASSERT_TRUE(added.has_value()) << added.error().to_string();
  }

  std::string names() const { return command.ok({"image", "ls", "-q"}); }

  static constexpr const char* kSmall = "registry.test/small:1";
};

TEST_F(Prune, TakesUnusedImagesAndAllThatOnlyTheyKept) {
  const std::string out = command.ok({"image", "prune", "--all"});
  EXPECT_NE(out.find(kSmall), std::string::npos) << out;
  EXPECT_NE(out.find("removed 1 unused images"), std::string::npos) << out;
  EXPECT_EQ(out.find("freed 0 B"), std::string::npos) << out;
  EXPECT_EQ(names() + command.ok({"content", "ls", "-q"}) + command.ok({"snapshot", "ls", "-q"}), "");
  command.ok({"system", "check"});
}

TEST_F(Prune, ImagesHaveNamesSoThatAllHasToBeSaid) {
  EXPECT_EQ(command.run({"image", "prune"}).exit_code, 2);
  EXPECT_EQ(command.run({"image", "prune", "--filter", "until=1s"}).exit_code, 2);
  EXPECT_EQ(command.run({"system", "prune", "--filter", "until=1s"}).exit_code, 2)
      << "it chooses among images";
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
}

TEST_F(Prune, SparesWhatAContainerNames) {
  command.ok({"container", "create", kSmall, "c1", "/bin/sh"});
  command.ok({"image", "prune", "--all"});
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
  command.ok({"container", "rm", "c1"});
  command.ok({"image", "prune", "--all"});
  EXPECT_EQ(names(), "");
}

TEST_F(Prune, SparesWhatAPinOrALeaseKeeps) {
  add_image("pinned:1", std::chrono::hours(0));
  add_image("leased:1", std::chrono::hours(0));
  add_image("unused:1", std::chrono::hours(0));
  command.ok({"container", "create", kSmall, "c1", "/bin/sh"});
  command.ok({"container", "label", "c1", "containerd.io/gc.ref.image.other=pinned:1"});
  command.ok({"lease", "create", "--id", "l"});
  command.ok({"lease", "resources", "l", "--add", "images", "leased:1"});
  command.ok({"image", "prune", "--all"});
  EXPECT_EQ(names(), "leased:1\npinned:1\n" + std::string(kSmall) + "\n");
}

TEST_F(Prune, AnEndedLeaseKeepsNothing) {
  add_ended_lease("l");
  command.ok({"lease", "resources", "l", "--add", "images", kSmall});
  command.ok({"image", "prune", "--all"});
  EXPECT_EQ(names() + command.ok({"lease", "ls", "-q"}), "");
}

TEST_F(Prune, UntilIsWhatWasCreatedBefore) {
  add_image("old:1", std::chrono::hours(48));
  const std::string out = command.ok({"image", "prune", "--all", "--filter", "until=24h"});
  EXPECT_NE(out.find("old:1"), std::string::npos) << out;
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
  command.ok({"image", "prune", "--all", "--filter", "until=2020-01-01T00:00:00Z"});
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
  command.ok({"image", "prune", "--all", "--filter", "until=2200-01-01T00:00:00+02:00"});
  EXPECT_EQ(names(), "");
}

TEST_F(Prune, LabelFiltersSelectAndExclude) {
  add_image("db:1", std::chrono::hours(0), {{"org.test/tier", "db"}});
  add_image("web:1", std::chrono::hours(0), {{"org.test/tier", "web"}});
  const auto would_go = [&](const std::vector<std::string>& filters) {
    std::vector<std::string> arguments{"--format", "json", "image", "prune", "--all", "--dry-run"};
    for (const auto& filter : filters) arguments.insert(arguments.end(), {"--filter", filter});
    const std::string out = command.ok(arguments);
    std::string found;
    for (const char* name : {"db:1", kSmall, "web:1"}) {
      if (out.find("\"name\":\"" + std::string(name)) != std::string::npos) found += std::string(name) + " ";
    }
    return found;
  };
  EXPECT_EQ(would_go({"label=org.test/tier"}), "db:1 web:1 ");
  EXPECT_EQ(would_go({"label=org.test/tier=db"}), "db:1 ");
  EXPECT_EQ(would_go({"label!=org.test/tier"}), std::string(kSmall) + " ");
  EXPECT_EQ(would_go({"label!=org.test/tier=db"}), std::string(kSmall) + " web:1 ");
  EXPECT_EQ(would_go({"label=org.test/tier", "label!=org.test/tier=db"}), "web:1 ") << "each has to match";
  EXPECT_EQ(would_go({"name~=^db", "label=org.test/tier=web"}), "") << "the lists' language beside podman's";
  EXPECT_EQ(would_go({"label=org.test/tier=db,name==x"}), "") << "text of a label is no filter";
}

TEST_F(Prune, ALabelOfAnyLengthIsTakenWhole) {
  const std::string tier(300, 'x');
  add_image("long:1", std::chrono::hours(0), {{"org.test/tier", tier}});
  command.ok({"image", "prune", "--all", "--filter", "label=org.test/tier=" + tier});
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
}

TEST_F(Prune, ABadFilterRemovesNothing) {
  for (const char* filter :
       {"", "until=soon", "label=", "label==x", "label!=", "name=x", "size>", "nmae!=x"}) {
    EXPECT_EQ(command.run({"image", "prune", "--all", "--filter", filter}).exit_code, 1) << filter;
    EXPECT_EQ(command.run({"system", "prune", "--all", "--filter", filter}).exit_code, 1) << filter;
  }
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
}

TEST_F(Prune, DryRunChangesNoByteOfTheStore) {
  const auto before = command.bytes();
  const std::string image = command.ok({"image", "prune", "--all", "--dry-run"});
  EXPECT_NE(image.find(kSmall), std::string::npos) << image;
  EXPECT_NE(image.find("would remove 1 unused images"), std::string::npos) << image;
  command.ok({"system", "prune", "--dry-run"});
  command.ok({"system", "prune", "--all", "--dry-run"});
  command.ok({"system", "df", "-v"});
  command.ok({"system", "check"});
  EXPECT_EQ(command.bytes(), before);
}

TEST_F(Prune, TellsWhatWentEvenWhereAnotherCollectionRuns) {
  add_ended_lease("l");
  const auto store = images::Store::open(command.root());
  CommandResult beside;
  const auto prune_beside = [&](const Progress&) {
    if (beside.out.empty()) beside = command.run({"image", "prune", "--all"});
  };
  const auto report =
      metadata::collect(store->db(), store->gc_kinds(), {}, {.cancel = {}, .progress = prune_beside});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_NE(beside.exit_code, 0);
  EXPECT_NE(beside.out.find(kSmall), std::string::npos) << beside.out;
  EXPECT_NE(beside.err.find("another collection runs"), std::string::npos) << beside.err;
  EXPECT_EQ(names(), "");
}

TEST_F(Prune, OfTheNamespaceOnly) {
  command.ok({"--namespace", "other", "image", "import", command.layout().string(), "--no-unpack"});
  command.ok({"--namespace", "other", "image", "prune", "--all"});
  EXPECT_EQ(command.ok({"--namespace", "other", "image", "ls", "-q"}), "");
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
  command.ok({"system", "check"});
}

TEST_F(Prune, SystemPruneTakesEndedLeasesAndImagesOnlyWithAll) {
  add_ended_lease("l");
  const std::string out = command.ok({"system", "prune"});
  EXPECT_EQ(out.find("images"), std::string::npos) << out;
  EXPECT_NE(out.find("ago: expired at "), std::string::npos) << out;
  EXPECT_EQ(names() + command.ok({"lease", "ls", "-q"}), std::string(kSmall) + "\n");
  auto all = json::Document::parse(command.ok({"--format", "json", "system", "prune", "--all"}), "output");
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->root().integer("schema").value(), 1);
  EXPECT_EQ(all->root().array("images").value().size(), 1u);
  EXPECT_GT(all->root().integer("bytes").value(), 0);
  EXPECT_EQ(names(), "");
}

TEST_F(Prune, AnUnreadableRecordOfAContainerKeepsEveryImage) {
  {
    const auto store = images::Store::open(command.root());
    ASSERT_TRUE(store.has_value());
    ASSERT_TRUE(store->db().update([](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::create_namespace_bucket(
                                      tx, "default", {metadata::schema::kContainers, "broken"}));
      return record.put("createdat", "no time");
    }));
  }
  EXPECT_EQ(command.run({"image", "prune", "--all"}).exit_code, 4);
  EXPECT_EQ(names(), std::string(kSmall) + "\n");
}

}  // namespace
}  // namespace bayplan::test
