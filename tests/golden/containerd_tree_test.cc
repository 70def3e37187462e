// What the record functions write is containerd's tree, key for key and byte for byte (containerd-tree.txt).
#include <gmock/gmock.h>

#include <fstream>

#include "bayplan/content/ingests.h"
#include "bayplan/content/store.h"
#include "bayplan/images/images.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/snapshots/snapshotter.h"
#include "support/bucket_dump.h"
#include "support/temp_dir.h"

namespace bayplan {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

constexpr std::string_view kNs = "default";
constexpr std::string_view kHello = "hello";

class ContainerdTree : public testing::Test {
 protected:
  content::ReadyBlob publish() {
    auto ingest = blobs_.ingest().value();
    ingest.write(as_bytes(kHello)).value();
    return std::move(ingest).finish().value();
  }
  snapshots::Stage stage(std::string_view parent) {
    return db_.view([&](const ReadTx& tx) { return snapshotter_.stage(tx, kNs, parent); }).value();
  }

  Result<void> add_lease(WriteTx& tx) {
    metadata::leases::CreateOptions options;
    options.id = "upload";
    options.labels = {{"purpose", "pull"}};
    options.expires = parse_rfc3339("2030-01-01T00:00:00Z").value();
    BAYPLAN_TRY(metadata::leases::create(tx, kNs, options));
    for (const metadata::leases::Resource& resource :
         std::vector<metadata::leases::Resource>{{"content", Digest::of(kHello).to_string()},
                                                 {"images", "docker.io/library/redis:7"},
                                                 {"ingests", "layer-1"},
                                                 {"snapshots/native", "base"}}) {
      BAYPLAN_TRY(metadata::leases::add_resource(tx, kNs, "upload", resource));
    }
    return {};
  }

  static images::Image image() {
    return {.name = "docker.io/library/redis:7",
            .target = {"application/vnd.oci.image.index.v1+json",
                       Digest::of(kHello),
                       1234,
                       {{"org.opencontainers.image.ref.name", "7"}}},
            .labels = {{"tier", "cache"}, {"not stored", ""}}};
  }
  Result<void> fill(WriteTx& tx, content::ReadyBlob&& blob, snapshots::Stage&& base) {
    BAYPLAN_TRY(metadata::create_namespace(
        tx, kNs,
        {{"containerd.io/defaults/snapshotter", "native"}, {"containerd.io/namespace.shareable", "true"}}));
    BAYPLAN_TRY(content::add(tx, kNs, std::move(blob),
                             {{"containerd.io/distribution.source.docker.io", "library/redis"}},
                             metadata::referred()));
    BAYPLAN_TRY(images::create(tx, kNs, image()));
    BAYPLAN_TRY(add_lease(tx));
    BAYPLAN_TRY(content::ingests::start(tx, kNs, "layer-1", Digest::of(kHello), "upload"));
    BAYPLAN_TRY(content::ingests::start(tx, kNs, "layer-2", {}, {}));
    return snapshotter_.add_committed(tx, kNs, "base", {}, std::move(base), {.inodes = 3, .bytes = 4096},
                                      {{"containerd.io/gc.root", "yes"}}, metadata::referred());
  }

  void fill() {
    content::ReadyBlob blob = publish();
    snapshots::Stage base = stage({});
    snapshotter_.sync().value();
    db_.update([&](WriteTx& tx) { return fill(tx, std::move(blob), std::move(base)); }).value();
    snapshots::Stage active = stage("base");
    snapshots::Stage view = stage("base");
    db_.update([&](WriteTx& tx) -> Result<void> {
         BAYPLAN_TRY(snapshotter_.prepare(tx, kNs, "active", std::move(active), {}, metadata::referred()));
         return snapshotter_.view(tx, kNs, "look", std::move(view), {}, metadata::referred());
       })
        .value();
  }

  // Go's Time.MarshalBinary, read without our own decoder; "btime" for a time between the test's start and
  // now.
  std::string btime(std::string_view bytes, std::chrono::hours ahead = {}) const {
    constexpr std::int64_t kYear1ToUnix = 62135596800;
    if (bytes.size() != 15 || bytes[0] != 1 || bytes.substr(13) != "\xff\xff") return test::shown(bytes);
    std::uint64_t seconds = 0;
    std::uint64_t nanoseconds = 0;
    for (const char c : bytes.substr(1, 8)) seconds = seconds << 8 | static_cast<unsigned char>(c);
    for (const char c : bytes.substr(9, 4)) nanoseconds = nanoseconds << 8 | static_cast<unsigned char>(c);
    const Time time{std::chrono::seconds(static_cast<std::int64_t>(seconds) - kYear1ToUnix) +
                    std::chrono::nanoseconds(nanoseconds)};
    return time >= started_ + ahead && time <= now() + ahead ? "btime" : test::shown(bytes);
  }

  std::vector<std::string> dumped() const {
    const auto mask = [this](std::string_view path, std::string_view value) {
      if (path.ends_with("/createdat") || path.ends_with("/updatedat")) return btime(value);
      if (path.ends_with("/expireat")) return btime(value, content::ingests::kDefaultExpiry);
      const bool backend = path.find("/snapshots/") != std::string_view::npos && path.ends_with("/name");
      return backend && !value.empty() ? "backend" : test::shown(value);
    };
    std::vector<std::string> lines;
    db_.view([&](const ReadTx& tx) -> Result<void> {
         lines = test::dump(tx.root(), mask);
         return {};
       })
        .value();
    return lines;
  }

  static std::vector<std::string> expected() {
    std::ifstream file(GOLDEN_DIRECTORY "/containerd-tree.txt");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with('#')) lines.push_back(line.starts_with("+ ") ? line.substr(2) : line);
    }
    return lines;
  }

  const Time started_ = now();
  test::TempDir dir_;
  metadata::Db db_ = metadata::Db::open(dir_.path() / "metadata").value();
  content::Store blobs_ = content::Store::open(dir_.path() / "content").value();
  snapshots::Snapshotter snapshotter_ =
      snapshots::Snapshotter::open(dir_.path() / "snapshots", "native").value();
};

TEST_F(ContainerdTree, is_what_the_record_functions_write) {
  fill();
  EXPECT_THAT(dumped(), testing::ElementsAreArray(expected()));
}

// The comparison sees a key, a byte and an encoding that differ.
TEST_F(ContainerdTree, tells_what_differs) {
  fill();
  const auto same = [&] { return dumped() == expected(); };
  ASSERT_TRUE(same());
  const auto record = [](WriteTx& tx) {
    return *tx.root().descend({"v1", "default", "images", "docker.io/library/redis:7"}).value();
  };
  const auto put = [&](std::string_view key, std::string_view value) {
    db_.update([&](WriteTx& tx) { return record(tx).put(key, value); }).value();
  };
  put("image", "");
  EXPECT_FALSE(same()) << "one key more";
  db_.update([&](WriteTx& tx) { return record(tx).erase("image"); }).value();
  EXPECT_TRUE(same());
  put("createdat", std::string(15, '\1'));
  EXPECT_FALSE(same()) << "a time in another encoding";
}

}  // namespace
}  // namespace bayplan
