// Records of any source, field by field, with what is damaged in them.
#include "bayplan/metadata/stored_records.h"

#include <gtest/gtest.h>

#include "bayplan/metadata/file_source.h"
#include "file_look.h"
#include "store_test_base.h"
#include "support/containerd_root.h"

namespace bayplan::metadata {
namespace {

class StoredRecords : public testing::Test {
 protected:
  void SetUp() override { test::make_containerd_root(directory_.path()); }

  RecordReader reader() {
    source_ = open_file_source(directory_.path()).value();
    return RecordReader(*source_->records(),
                        [this](std::string_view name) { return source_->snapshotter(name); });
  }
  // "namespace key", and damage as "!path".
  std::vector<std::string> keys(RecordKind kind, std::string_view ns = {}) {
    std::vector<std::string> found;
    reader()
        .for_each_key(
            kind, ns,
            [&](const std::string& space, const std::string& key) -> Result<void> {
              found.push_back(space + " " + key);
              return {};
            },
            [&](const RecordDamage& damage) -> Result<void> {
              found.push_back("!" + damage.path.back());
              return {};
            })
        .value();
    return found;
  }
  void change(const std::string& from, const std::string& to) {
    const auto file = test::containerd_metadata(directory_.path());
    std::ifstream in(file, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    const std::size_t at = bytes.find(from);
    ASSERT_NE(at, std::string::npos);
    write_file(file, bytes.replace(at, to.size(), to));
  }

 private:
  test::TempDir directory_;
  std::unique_ptr<FileSource> source_;
};

TEST_F(StoredRecords, finds_those_of_each_kind) {
  using List = std::vector<std::string>;
  EXPECT_EQ(keys(RecordKind::namespaces), (List{"default default", "k8s.io k8s.io"}));
  EXPECT_EQ(keys(RecordKind::images), List{"default docker.io/a:1"});
  EXPECT_EQ(keys(RecordKind::snapshots), (List{"default overlayfs/base", "default overlayfs/work"}));
  EXPECT_EQ(keys(RecordKind::content).size(), 3u);
  EXPECT_EQ(keys(RecordKind::leases), List{"k8s.io held"});
  EXPECT_EQ(keys(RecordKind::leases, "default"), List{});
  EXPECT_EQ(keys(RecordKind::tasks), List{});
}

TEST_F(StoredRecords, are_decoded) {
  const auto read = [&](RecordKind kind, const char* ns, const char* key) {
    auto record = reader().find(kind, ns, key).value();
    EXPECT_TRUE(record) << key;
    if (record) {
      EXPECT_EQ(record->problems, std::vector<std::string>{});
    }
    return record.value_or(StoredRecord{});
  };
  const StoredRecord image = read(RecordKind::images, "default", "docker.io/a:1");
  EXPECT_EQ(image.text({"target", "size"}), "20");
  EXPECT_EQ(image.text({"createdat"}), "2023-11-14T22:13:20Z");
  const StoredRecord container = read(RecordKind::containers, "default", "web");
  ASSERT_NE(container.find({"spec"}), nullptr);
  EXPECT_EQ(std::get<Any>(container.find({"spec"})->value).type_url, "types.containerd.io/spec");
  EXPECT_EQ(container.text({"runtime", "name"}), "io.containerd.runc.v2");
  const StoredRecord base = read(RecordKind::snapshots, "default", "overlayfs/base");
  EXPECT_EQ(base.text({"kind"}) + base.text({"size"}) + base.text({"id"}), "committed40961");
  EXPECT_EQ(read(RecordKind::snapshots, "default", "overlayfs/work").text({"kind"}), "active");
  EXPECT_FALSE(reader().find(RecordKind::images, "default", "absent").value());
  EXPECT_FALSE(reader().find(RecordKind::images, "absent", "docker.io/a:1").value());
  EXPECT_FALSE(reader().find(RecordKind::namespaces, "version", "version").value());
}

TEST_F(StoredRecords, say_what_is_wrong_with_them) {
  change("mediatype", "mediatypf");
  const auto image = reader().find(RecordKind::images, "default", "docker.io/a:1").value();
  ASSERT_TRUE(image);
  EXPECT_EQ(image->problems, std::vector<std::string>{"target/mediatype: is absent"});
  EXPECT_EQ(image->text({"target", "digest"}), test::kManifest) << "the rest is there";
  change("default/2/work", "default/3/work");
  const auto work = reader().find(RecordKind::snapshots, "default", "overlayfs/work").value();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->problems, std::vector<std::string>{"the snapshotter has no record of it"});
}

TEST(DecodedValues, are_what_their_place_says) {
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(decode_value("", "size", "\x08").value));
  EXPECT_TRUE(std::holds_alternative<std::string>(decode_value("labels", "size", "\x08").value));
  EXPECT_FALSE(decode_value("", "createdat", "soon").problem.empty());
  EXPECT_FALSE(decode_value("", "kind", "\x09").problem.empty());
  EXPECT_TRUE(std::holds_alternative<Any>(decode_value("extensions", "x", "").value));
  EXPECT_TRUE(decode_value("", "unknown", "\xff").bytes);
}

}  // namespace
}  // namespace bayplan::metadata
