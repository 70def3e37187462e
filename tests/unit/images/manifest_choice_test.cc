#include "manifest_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "media_type.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

// Documents that need no bytes: a name stands for its digest.
class Documents final : public DocumentHolder {
 public:
  static Descriptor named(std::string_view name, std::string_view media_type) {
    return {std::string(media_type), Digest::of(name), name.size()};
  }
  static ChildDescriptor entry(std::string_view name, std::optional<Platform> platform = {}) {
    return {named(name, kOciManifest), std::move(platform)};
  }
  static ChildDescriptor nested(std::string_view name) { return {named(name, kOciIndex)}; }

  void add_index(std::string_view name, std::vector<ChildDescriptor> entries) {
    indexes_.insert_or_assign(Digest::of(name), Index{std::move(entries)});
  }
  /// A manifest and its config, which says `platform`.
  void add_image(std::string_view name, Platform platform, std::string_view config_type = kOciConfig) {
    const std::string config = std::string(name) + "'s config";
    manifests_.insert_or_assign(Digest::of(name), Manifest{named(config, config_type), {}});
    ImageConfig parsed;
    parsed.platform = std::move(platform);
    configs_.insert_or_assign(Digest::of(config), std::move(parsed));
  }
  void forget_config(std::string_view name) { configs_.erase(Digest::of(std::string(name) + "'s config")); }

  Result<std::optional<Index>> index(const Descriptor& descriptor) override {
    return get(indexes_, descriptor);
  }
  Result<std::optional<Manifest>> manifest(const Descriptor& descriptor) override {
    return get(manifests_, descriptor);
  }
  Result<std::optional<ImageConfig>> config(const Descriptor& descriptor) override {
    return get(configs_, descriptor);
  }

  std::size_t reads = 0;

 private:
  template <class T>
  Result<std::optional<T>> get(const std::map<Digest, T>& documents, const Descriptor& descriptor) {
    ++reads;
    const auto found = documents.find(descriptor.digest);
    return found == documents.end() ? std::optional<T>() : std::optional<T>(found->second);
  }

  std::map<Digest, Index> indexes_;
  std::map<Digest, Manifest> manifests_;
  std::map<Digest, ImageConfig> configs_;
};

const Platform kAmd64{"linux", "amd64"};
const Platform kArm64{"linux", "arm64"};
const Platform kArm7{"linux", "arm", "v7"};

class ManifestChooserTest : public testing::Test {
 protected:
  /// Among "m1".."m9": the one chosen below index "top", "" for none, or the error.
  std::string chosen(const Platform& wanted) {
    ManifestChooser chooser(documents_, wanted);
    const auto choice = chooser.choose(Documents::nested("top"));
    if (!choice) return outcome(choice);
    others_ = chooser.others();
    if (!*choice) return "";
    for (int i = 1; i <= 9; ++i) {
      const std::string name = "m" + std::to_string(i);
      if ((*choice)->descriptor.digest == Digest::of(name)) return name;
    }
    return "?";
  }

  Documents documents_;
  std::vector<std::string> others_;
};

TEST_F(ManifestChooserTest, TakesTheEntryOfThePlatform) {
  documents_.add_index("top", {Documents::entry("m1", kArm64), Documents::entry("m2", kAmd64)});
  documents_.add_image("m1", kArm64);
  documents_.add_image("m2", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m2");
  EXPECT_EQ(chosen(kArm64), "m1");
  EXPECT_EQ(chosen({"windows", "amd64"}), "");
  EXPECT_THAT(others_, ElementsAre("linux/arm64", "linux/amd64"));
}

TEST_F(ManifestChooserTest, TakesTheBestAndOfEqualsTheFirst) {
  const Platform v6{"linux", "arm", "v6"};
  documents_.add_index("top", {Documents::entry("m1", v6), Documents::entry("m2", kArm7),
                               Documents::entry("m3", kArm7), Documents::entry("m4", kArm64)});
  for (const char* name : {"m1", "m2", "m3", "m4"}) documents_.add_image(name, kArm7);
  EXPECT_EQ(chosen(kArm7), "m2");
  EXPECT_EQ(chosen(v6), "m1");
  EXPECT_EQ(chosen({"linux", "arm", "v8"}), "m2");
}

TEST_F(ManifestChooserTest, ReadsTheConfigOfEntriesWithoutPlatform) {
  documents_.add_index("top", {Documents::entry("m1"), Documents::entry("m2")});
  documents_.add_image("m1", kArm64);
  documents_.add_image("m2", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m2");
}

TEST_F(ManifestChooserTest, PassesOverEntriesItCannotKnow) {
  documents_.add_index("top", {Documents::entry("m1"), Documents::entry("m2"), Documents::entry("m3")});
  documents_.add_image("m2", kAmd64);
  documents_.forget_config("m2");
  EXPECT_EQ(chosen(kAmd64), "");
  documents_.add_image("m3", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m3");
}

TEST_F(ManifestChooserTest, TakesAnEntryWhoseDocumentIsElsewhere) {
  documents_.add_index("top", {Documents::entry("m1", kAmd64)});
  EXPECT_EQ(chosen(kAmd64), "m1");
}

TEST_F(ManifestChooserTest, NeverAnAttestation) {
  const Platform unknown{"unknown", "unknown"};
  documents_.add_index("top", {Documents::entry("m1", unknown), Documents::entry("m2")});
  documents_.add_image("m1", unknown);
  documents_.add_image("m2", unknown);
  EXPECT_EQ(chosen(kAmd64), "");
  EXPECT_EQ(chosen(unknown), "") << "not even if asked";
  EXPECT_THAT(others_, IsEmpty());
}

TEST_F(ManifestChooserTest, NeverAnArtifact) {
  documents_.add_index("top", {Documents::entry("m1", kAmd64),
                               Documents::entry("m2"),
                               Documents::entry("m3", kAmd64),
                               {Documents::named("m4", "text/plain"), kAmd64}});
  documents_.add_image("m1", kAmd64, "application/vnd.cncf.helm.config.v1+json");
  documents_.add_image("m2", kAmd64, kOciEmpty);
  documents_.add_image("m3", kAmd64, kDockerConfig);
  documents_.add_image("m4", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m3");
}

TEST_F(ManifestChooserTest, LooksIntoNestedIndexesInOrder) {
  documents_.add_index(
      "top", {Documents::nested("absent"), Documents::nested("inner"), Documents::entry("m2", kAmd64)});
  documents_.add_index("inner", {Documents::entry("m1", kAmd64)});
  documents_.add_image("m1", kAmd64);
  documents_.add_image("m2", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m1");
}

TEST_F(ManifestChooserTest, SurvivesIndexesThatNameThemselves) {
  documents_.add_index(
      "top", {Documents::nested("inner"), Documents::nested("top"), Documents::entry("m1", kAmd64)});
  documents_.add_index("inner", {Documents::nested("top"), Documents::nested("inner")});
  documents_.add_image("m1", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m1");
}

TEST_F(ManifestChooserTest, BoundsTheDepth) {
  const auto chain = [&](std::size_t depth) {
    std::string name = "top";
    for (std::size_t i = 1; i < depth; ++i) {
      const std::string next = "i" + std::to_string(i);
      documents_.add_index(name, {Documents::nested(next)});
      name = next;
    }
    documents_.add_index(name, {Documents::entry("m1", kAmd64)});
    return chosen(kAmd64);
  };
  documents_.add_image("m1", kAmd64);
  EXPECT_EQ(chain(kMaxIndexDepth), "m1");
  EXPECT_EQ(chain(kMaxIndexDepth + 1), "too_large");
}

TEST_F(ManifestChooserTest, ReadsNoMoreThanItNeeds) {
  std::vector<ChildDescriptor> entries{Documents::entry("m1", kArm64), Documents::entry("m2", kAmd64)};
  for (int i = 0; i < 100; ++i) entries.push_back(Documents::entry("unnamed" + std::to_string(i)));
  documents_.add_index("top", std::move(entries));
  documents_.add_image("m2", kAmd64);
  EXPECT_EQ(chosen(kAmd64), "m2");
  EXPECT_EQ(documents_.reads, 2u) << "the index and the manifest that is exactly right";
}

TEST_F(ManifestChooserTest, NamesAtMostSixteenOthers) {
  std::vector<ChildDescriptor> entries;
  for (int i = 0; i < 40; ++i)
    entries.push_back(Documents::entry("m1", Platform{"os" + std::to_string(i), "x"}));
  documents_.add_index("top", std::move(entries));
  EXPECT_EQ(chosen(kAmd64), "");
  EXPECT_EQ(others_.size(), 16u);
}

}  // namespace
}  // namespace bayplan::images
