#include "bayplan/images/mount.h"

#include <gmock/gmock.h>

#include "bayplan/images/images.h"
#include "bayplan/images/import.h"
#include "bayplan/metadata/leases.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using test::outcome;
using test::TarBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

class MountImage : public testing::TestWithParam<const char*> {
 protected:
  static constexpr const char* kName = "registry.test/small:1";

  void SetUp() override {
    LayoutBuilder layout;
    layout.tag(
        layout.image({TarBuilder().dir("etc").file("etc/a", "1").end(), TarBuilder().file("b", "2").end()}),
        {{"org.opencontainers.image.ref.name", kName}});
    layout.tag(layout.image({}), {{"org.opencontainers.image.ref.name", "registry.test/empty:1"}});
    layout.write_to(dir.path() / "layout");
    ASSERT_EQ(outcome(import(store, kNs, dir.path() / "layout", {.unpack = false}, {})), "ok");
  }
  Result<snapshots::MountPoint> mount_it(const char* name = kName, const std::filesystem::path& target = {}) {
    return mount(store, kNs, name, {.target = target}, {});
  }
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    EXPECT_TRUE(store.db().view([&](const metadata::ReadTx& tx) {
      return store.snapshotter().walk(tx, kNs, [&](const snapshots::Info& info) -> Result<void> {
        if (info.kind == snapshots::Kind::view) found.push_back(info.key);
        return {};
      });
    }));
    return found;
  }

  std::size_t lease_count() {
    std::size_t count = 0;
    EXPECT_TRUE(store.db().view([&](const metadata::ReadTx& tx) {
      return metadata::leases::walk(tx, kNs, [&](const metadata::leases::Lease&) -> Result<void> {
        ++count;
        return {};
      });
    }));
    return count;
  }

  test::TempDir dir;
  Store store =
      Store::open(dir.path() / "store", {.snapshotter = GetParam(), .run_root = dir.path() / "run"}).value();
};

INSTANTIATE_TEST_SUITE_P(Drivers, MountImage, testing::Values("overlay", "native"),
                         [](const auto& driver) { return std::string(driver.param); });

TEST_P(MountImage, UnpacksItFirstAndCountsWhoAsks) {
  const auto first = mount_it();
  ASSERT_EQ(outcome(first), "ok");
  EXPECT_TRUE(std::filesystem::exists(first->target / "etc/a"));
  EXPECT_TRUE(std::filesystem::exists(first->target / "b"));
  EXPECT_FALSE(std::ofstream(first->target / "new").is_open());
  EXPECT_EQ(lease_count(), 0u) << "the mount keeps the view";
  EXPECT_EQ(outcome(metadata::collect(store.db(), store.gc_kinds(), {}, {})), "ok");
  EXPECT_EQ(mount_it().value(), (snapshots::MountPoint{first->key, first->target, 2}));
  EXPECT_THAT(keys(), ElementsAre(first->key));
  EXPECT_EQ(unmount(store, kNs, kName).value(), 1u);
  EXPECT_EQ(unmount(store, kNs, kName).value(), 0u);
  EXPECT_FALSE(std::filesystem::exists(first->target));
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_EQ(outcome(unmount(store, kNs, kName)), "not_found");
}

TEST_P(MountImage, AtADirectoryOfTheCaller) {
  std::filesystem::create_directory(dir.path() / "mnt");
  ASSERT_EQ(mount_it(kName, dir.path() / "mnt")->target, dir.path() / "mnt");
  EXPECT_EQ(outcome(mount_it("registry.test/empty:1", dir.path() / "mnt")), "in_use");
  EXPECT_EQ(unmount(store, kNs, kName, {}, snapshots::Force::yes).value(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path() / "mnt"));
}

TEST_P(MountImage, WithoutLayersIsEmpty) {
  const auto at = mount_it("registry.test/empty:1");
  ASSERT_EQ(outcome(at), "ok");
  EXPECT_TRUE(std::filesystem::is_empty(at->target));
  EXPECT_EQ(outcome(unmount(store, kNs, "registry.test/empty:1")), "ok");
}

TEST_P(MountImage, Of300Layers) {
  if (std::string_view(GetParam()) != "overlay") GTEST_SKIP() << "native has no limit to reach";
  std::vector<std::string> layers;
  for (int i = 0; i < 300; ++i) {
    layers.push_back(
        TarBuilder().file("l" + std::to_string(i), std::to_string(i)).file("top", std::to_string(i)).end());
  }
  LayoutBuilder layout;
  layout.tag(layout.image(layers));
  layout.write_to(dir.path() / "deep");
  ASSERT_EQ(outcome(import(store, kNs, dir.path() / "deep", {.name = "deep:1"}, {})), "ok");
  const auto at = mount_it("deep:1");
  ASSERT_EQ(outcome(at), "ok");
  for (int i = 0; i < 300; ++i)
    EXPECT_TRUE(std::filesystem::exists(at->target / ("l" + std::to_string(i)))) << i;
  std::string top;
  std::ifstream(at->target / "top") >> top;
  EXPECT_EQ(top, "299");
  EXPECT_EQ(unmount(store, kNs, "deep:1").value(), 0u);
}

TEST_P(MountImage, OutlivesItsImageUntilItIsUnmounted) {
  const auto at = mount_it();
  ASSERT_EQ(outcome(at), "ok");
  ASSERT_EQ(outcome(store.db().update([&](metadata::WriteTx& tx) { return remove(tx, kNs, kName); })), "ok");
  ASSERT_EQ(outcome(metadata::collect(store.db(), store.gc_kinds(), {}, {})), "ok");
  EXPECT_TRUE(std::filesystem::exists(at->target / "b"));
  EXPECT_EQ(outcome(unmount(store, kNs, kName)), "not_found") << "by the image";
  EXPECT_EQ(outcome(store.mounts().unmount(kNs, at->key)), "ok");
}

TEST_P(MountImage, ErrorsNameTheImage) {
  EXPECT_EQ(outcome(mount_it("absent:1")), "not_found");
  EXPECT_EQ(outcome(unmount(store, kNs, "absent:1")), "not_found");
  EXPECT_EQ(outcome(mount_it(kName, dir.path() / "absent")), "not_found");
  EXPECT_THAT(keys(), IsEmpty()) << "what could not be mounted leaves no view";
  EXPECT_EQ(lease_count(), 0u);
  EXPECT_THAT(store.mounts().recover(),
              testing::Truly([](const auto& result) { return result.has_value(); }));
}

}  // namespace
}  // namespace bayplan::images
