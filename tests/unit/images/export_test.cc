#include "bayplan/images/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "bayplan/images/import.h"
#include "bayplan/images/resolve.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/string_sink.h"
#include "support/tar_builder.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::LayoutBuilder;
using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kName = "io.containerd.image.name";
constexpr const char* kRef = "org.opencontainers.image.ref.name";
constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
const Platform kAmd64{"linux", "amd64"};
const Platform kArm64{"linux", "arm64"};

using test::StringSink;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ExportTest : public testing::Test {
 protected:
  ExportTest() { fs::create_directory(out); }

  void import_all() {
    layout.write_to(from.path() / "layout");
    ASSERT_EQ(outcome(import(from.store(), kNs, from.path() / "layout", {.unpack = false}, {})), "ok");
  }
  Result<ExportReport> write(const std::vector<std::string>& names, const ExportOptions& options = {},
                             const std::string& target = "a.tar", const Control& control = {}) {
    return export_images(from.store(), kNs, names, out / target, options, control);
  }
  Result<ImportReport> read_back(const std::string& target = "a.tar") {
    return import(to.store(), kNs, out / target, {.unpack = false}, {});
  }
  void expect_nothing_written() { EXPECT_TRUE(fs::is_empty(out)); }
  void forget(const Digest& blob) {
    ASSERT_TRUE(from.update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, blob); }));
  }
  /// What index.json of an exported layout directory says.
  json::Document index_of(const std::string& target) {
    return json::Document::parse(read(out / target / "index.json"), "index.json").value();
  }
  std::string& file_of(const Descriptor& blob) {
    return layout.files().at(LayoutBuilder::blob_name(blob.digest));
  }
  Manifest parsed(const Descriptor& manifest) {
    return parse_manifest(file_of(manifest), manifest.media_type, "test").value();
  }

  ImageStore from{"native"};
  ImageStore to{"native"};
  const fs::path out = from.path() / "out";
  LayoutBuilder layout;
  const std::string base = test::TarBuilder().dir("d").file("d/a", "1").end();
  const std::string top = test::TarBuilder().file("d/b", "2").end();
};

TEST_F(ExportTest, AnArchiveComesBackAsTheSameImage) {
  const Descriptor target = layout.image({base, top});
  layout.tag(target, {{kName, "example.org/a:1"}, {"org.example.note", "kept"}});
  import_all();
  const auto report = write({"example.org/a:1"});
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->blobs, 4u);
  ASSERT_THAT(report->images, SizeIs(1));
  EXPECT_EQ(report->images[0].target, target.digest);
  const auto back = read_back();
  ASSERT_EQ(outcome(back), "ok");
  ASSERT_THAT(back->images, SizeIs(1));
  EXPECT_EQ(back->images[0].name, "example.org/a:1");
  EXPECT_EQ(back->images[0].target, target.digest);
  EXPECT_EQ(back->blobs, 4u);
  const auto image = to.view([](const metadata::ReadTx& tx) { return get(tx, kNs, "example.org/a:1"); });
  EXPECT_EQ(image->target.annotations.at("org.example.note"), "kept");
}

TEST_F(ExportTest, TheSameImageGivesTheSameBytes) {
  layout.tag(layout.image({base, top}), {{kName, "example.org/a:1"}});
  layout.tag(layout.image({top}), {{kName, "example.org/b:1"}});
  import_all();
  for (const ExportFormat format : {ExportFormat::oci_archive, ExportFormat::docker_archive}) {
    ASSERT_EQ(outcome(write({"example.org/a:1", "example.org/b:1"}, {.format = format}, "one")), "ok");
    ASSERT_EQ(outcome(write({"example.org/b:1", "example.org/a:1"}, {.format = format}, "two")), "ok");
    EXPECT_EQ(read(out / "one"), read(out / "two"));
    StringSink sink;
    ASSERT_EQ(outcome(export_images(from.store(), kNs, {"example.org/b:1", "example.org/a:1"}, sink,
                                    {.format = format}, {})),
              "ok");
    EXPECT_EQ(sink.text, read(out / "one"));
    fs::remove(out / "one");
    fs::remove(out / "two");
  }
  ASSERT_EQ(outcome(write({"example.org/a:1"})), "ok");
  ASSERT_EQ(outcome(read_back()), "ok");
  ASSERT_EQ(outcome(export_images(to.store(), kNs, {"example.org/a:1"}, out / "again", {}, {})), "ok");
  EXPECT_EQ(read(out / "again"), read(out / "a.tar")) << "another store's archive of it";
}

TEST_F(ExportTest, ADirectoryIsALayout) {
  const Descriptor target = layout.image({base});
  layout.tag(target, {{kName, "example.org/a:1"}});
  import_all();
  ASSERT_EQ(outcome(write({"example.org/a:1"}, {.format = ExportFormat::oci_directory}, "dir")), "ok");
  EXPECT_EQ(read(out / "dir/oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(read(out / "dir" / LayoutBuilder::blob_name(target.digest)), file_of(target));
  EXPECT_EQ(fs::status(out / "dir/oci-layout").permissions() & fs::perms::owner_write, fs::perms::none);
  const auto index = index_of("dir");
  const auto entry = index.root().array("manifests")->front();
  EXPECT_EQ(entry.string("digest").value(), target.digest.to_string());
  const auto annotations = entry.object("annotations").value();
  EXPECT_EQ(annotations.string(kName).value(), "example.org/a:1");
  EXPECT_EQ(annotations.string(kRef).value(), "1");
  const auto back = read_back("dir");
  ASSERT_EQ(outcome(back), "ok");
  EXPECT_EQ(back->images[0].target, target.digest);
}

TEST_F(ExportTest, ATagOfSeveralImagesBecomesTheirWholeNames) {
  layout.tag(layout.image({base}), {{kName, "example.org/a:1"}});
  layout.tag(layout.image({top}), {{kName, "example.org/b:1"}});
  import_all();
  const std::vector<std::string> names{"example.org/a:1", "example.org/b:1"};
  ASSERT_EQ(outcome(write(names, {.format = ExportFormat::oci_directory}, "dir")), "ok");
  const auto index = index_of("dir");
  std::vector<std::string> refs;
  const auto entries = index.root().array("manifests").value();
  for (const json::Value& entry : entries) {
    const auto annotations = entry.object("annotations").value();
    refs.emplace_back(annotations.string(kRef).value());
  }
  EXPECT_EQ(refs, names);
}

TEST_F(ExportTest, ADockerArchiveKeepsImageIdNamesAndLayers) {
  const Descriptor target = layout.image({base, top});
  layout.tag(target, {{kName, "example.org/a:1"}});
  layout.tag(target, {{kName, "example.org/second:2"}});
  import_all();
  ASSERT_EQ(
      outcome(write({"example.org/a:1", "example.org/second:2"}, {.format = ExportFormat::docker_archive})),
      "ok");
  const auto back = read_back();
  ASSERT_EQ(outcome(back), "ok");
  std::vector<std::string> names;
  for (const auto& image : back->images) names.push_back(image.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("example.org/a:1", "example.org/second:2"));
  const auto resolved =
      to.view([&](const metadata::ReadTx& tx) { return resolve(to.store(), tx, kNs, "example.org/a:1"); });
  ASSERT_EQ(outcome(resolved), "ok");
  const Manifest manifest = parsed(target);
  EXPECT_EQ(resolved->id(), manifest.config.digest);
  ASSERT_THAT(resolved->document.layers, SizeIs(2));
  EXPECT_EQ(resolved->document.layers[0].digest, manifest.layers[0].digest);
  EXPECT_EQ(resolved->document.layers[1].digest, manifest.layers[1].digest);
}

TEST_F(ExportTest, AMissingBlobIsNamedBeforeAnythingIsWritten) {
  const Descriptor target = layout.image({base});
  layout.tag(target, {{kName, "example.org/a:1"}});
  import_all();
  const Digest layer = parsed(target).layers[0].digest;
  forget(layer);
  for (const ExportFormat format :
       {ExportFormat::oci_archive, ExportFormat::oci_directory, ExportFormat::docker_archive}) {
    const auto report = write({"example.org/a:1"}, {.format = format});
    ASSERT_EQ(outcome(report), "not_found");
    EXPECT_THAT(report.error().to_string(), HasSubstr(layer.to_string()));
    EXPECT_THAT(report.error().to_string(), HasSubstr("example.org/a:1"));
    StringSink sink;
    EXPECT_FALSE(export_images(from.store(), kNs, {"example.org/a:1"}, sink, {.format = format}, {}));
    EXPECT_EQ(sink.text, "");
  }
  expect_nothing_written();
}

TEST_F(ExportTest, DamageLeavesNothing) {
  const Descriptor target = layout.image({base});
  layout.tag(target, {{kName, "example.org/a:1"}});
  import_all();
  const Digest layer = parsed(target).layers[0].digest;
  const fs::path file = from.path() / "store/content" / LayoutBuilder::blob_name(layer);
  fs::permissions(file, fs::perms::owner_all);
  std::string bytes = read(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  test::write_file(file, bytes);
  for (const ExportFormat format :
       {ExportFormat::oci_archive, ExportFormat::oci_directory, ExportFormat::docker_archive}) {
    EXPECT_EQ(outcome(write({"example.org/a:1"}, {.format = format})), "digest_mismatch");
  }
  expect_nothing_written();
}

TEST_F(ExportTest, CancelLeavesNothing) {
  layout.tag(layout.image({base}), {{kName, "example.org/a:1"}});
  import_all();
  Control control;
  control.progress = [&](const Progress&) { control.cancel.cancel(); };
  EXPECT_EQ(outcome(write({"example.org/a:1"}, {}, "a.tar", control)), "cancelled");
  EXPECT_EQ(outcome(write({"example.org/a:1"}, {.format = ExportFormat::oci_directory}, "d", control)),
            "cancelled");
  expect_nothing_written();
}

TEST_F(ExportTest, WhatIsThereStays) {
  layout.tag(layout.image({base}), {{kName, "example.org/a:1"}});
  import_all();
  test::write_file(out / "a.tar", "mine");
  EXPECT_EQ(outcome(write({"example.org/a:1"})), "already_exists");
  EXPECT_EQ(read(out / "a.tar"), "mine");
  EXPECT_EQ(outcome(write({"example.org/a:1"}, {}, "no/such/directory")), "not_found");
}

TEST_F(ExportTest, ImagesThatAreNotAreNamed) {
  EXPECT_EQ(outcome(write({"absent"})), "not_found");
  EXPECT_EQ(outcome(write({})), "invalid_argument");
  expect_nothing_written();
}

class ExportPlatforms : public ExportTest {
 protected:
  ExportPlatforms() {
    amd = layout.image({base});
    arm = layout.image({top}, {.platform = {"linux", "arm64"}});
    index = layout.index({{*amd, test::ImagePlatform{}}, {*arm, test::ImagePlatform{"linux", "arm64"}}});
    layout.tag(*index, {{kName, "example.org/a:1"}});
  }
  bool holds(const Descriptor& blob) {
    return fs::exists(out / "dir" / LayoutBuilder::blob_name(blob.digest));
  }
  std::string exported(const std::vector<Platform>& platforms, bool all = false) {
    fs::remove_all(out / "dir");
    return outcome(
        write({"example.org/a:1"},
              {.format = ExportFormat::oci_directory, .platforms = platforms, .all_platforms = all}, "dir"));
  }

  std::optional<Descriptor> amd;
  std::optional<Descriptor> arm;
  std::optional<Descriptor> index;
};

TEST_F(ExportPlatforms, OneIsChosenAndTheIndexGoesAlong) {
  import_all();
  ASSERT_EQ(exported({kArm64}), "ok");
  EXPECT_TRUE(holds(*index));
  EXPECT_TRUE(holds(*arm));
  EXPECT_FALSE(holds(*amd));
  const auto back = read_back("dir");
  ASSERT_EQ(outcome(back), "ok");
  EXPECT_EQ(back->images[0].target, index->digest);
}

TEST_F(ExportPlatforms, SeveralAndAll) {
  import_all();
  ASSERT_EQ(exported({kArm64, kAmd64}), "ok");
  EXPECT_TRUE(holds(*arm) && holds(*amd));
  ASSERT_EQ(exported({}, true), "ok");
  EXPECT_TRUE(holds(*arm) && holds(*amd));
  EXPECT_EQ(exported({{"linux", "s390x"}}), "not_found");
}

TEST_F(ExportPlatforms, OthersNeedNotBeThere) {
  import_all();
  forget(arm->digest);
  EXPECT_EQ(exported({kAmd64}), "ok");
  EXPECT_EQ(exported({}, true), "not_found");
  EXPECT_EQ(exported({kArm64}), "not_found");
}

TEST_F(ExportPlatforms, ADockerArchiveHoldsOne) {
  import_all();
  ExportOptions options{.format = ExportFormat::docker_archive, .platforms = {kArm64}};
  ASSERT_EQ(outcome(write({"example.org/a:1"}, options)), "ok");
  const auto back = read_back();
  ASSERT_EQ(outcome(back), "ok");
  EXPECT_EQ(back->blobs, 3u) << "one layer, config, and the manifest that the import makes";
  options.platforms.push_back(kAmd64);
  EXPECT_EQ(outcome(write({"example.org/a:1"}, options, "b.tar")), "invalid_argument");
  EXPECT_EQ(outcome(write({"example.org/a:1"},
                          {.format = ExportFormat::docker_archive, .all_platforms = true}, "b.tar")),
            "invalid_argument");
}

TEST_F(ExportTest, ArtifactsGoIntoLayoutsOnly) {
  const Descriptor config = layout.blob("{}", "application/vnd.example.config+json");
  const Descriptor blob = layout.blob("chart", "application/vnd.example.chart");
  const Descriptor target = layout.blob(test::manifest_json(config, {blob}, kManifest), kManifest);
  layout.tag(target, {{kName, "example.org/chart:1"}});
  import_all();
  ASSERT_EQ(outcome(write({"example.org/chart:1"})), "ok");
  const auto back = read_back();
  ASSERT_EQ(outcome(back), "ok");
  EXPECT_EQ(back->images[0].target, target.digest);
  EXPECT_EQ(outcome(write({"example.org/chart:1"}, {.format = ExportFormat::docker_archive}, "b.tar")),
            "unsupported");
}

}  // namespace
}  // namespace bayplan::images
