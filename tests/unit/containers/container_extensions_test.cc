// The cases of containerd's TestContainersCreateUpdateDelete about extensions, and what containerd itself
// gets wrong: there, extensions never go away.
#include <gmock/gmock.h>

#include "container_update.h"

namespace bayplan::containers {
namespace {

using metadata::Any;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

TEST_F(TestContainersCreateUpdateDelete, UpdateExtensionsFull) {
  Container wanted = original_;
  wanted.extensions = {{"kept", {"type", "changed"}}, {"new", {"type", "third"}}};
  becomes(wanted, {}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateExtensionsNotInFieldpath) {
  Container wanted = original_;
  wanted.labels = other().labels;
  becomes(other(), {"labels"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateExtensionsFieldPath) {
  Container wanted = original_;
  wanted.extensions = other().extensions;
  becomes(other(), {"extensions"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateExtensionsFieldPathIsolated) {
  Container wanted = original_;
  wanted.extensions["new"] = {};
  becomes(other(), {"extensions.new"}, wanted);
  wanted.extensions["kept"] = {"type", "changed"};
  becomes(other(), {"extensions.kept"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, KeysOfExtensionsHoldDots) {
  Container wanted = original_;
  wanted.extensions["io.cri/metadata.v1"] = {"t", "v"};
  becomes(wanted, {"extensions.io.cri/metadata.v1"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, AMaskedExtensionThatIsAbsentGoes) {
  Container given = original_;
  given.extensions.erase("other");
  becomes(given, {"extensions.other"}, given);
  EXPECT_FALSE(dump("containers", "c").contains("extensions/other"));
  EXPECT_EQ(dump("containers", "c").count("extensions/kept"), 1u);
}

TEST_F(TestContainersCreateUpdateDelete, ClearedExtensionsAreGone) {
  Container given = original_;
  given.extensions.clear();
  for (const FieldMask& mask :
       {FieldMask{}, FieldMask{"extensions"}, FieldMask{"extensions.kept", "extensions.other"}}) {
    ASSERT_TRUE(update(original_));
    becomes(given, mask, given);
    EXPECT_FALSE(dump("containers", "c").contains("extensions/"));
  }
}

TEST_F(TestContainersCreateUpdateDelete, AnEmptyAnyIsAnExtensionToo) {
  Container given = original_;
  given.extensions = {{"empty", {}}};
  becomes(given, {}, given);
  EXPECT_EQ(dump("containers", "c").at("extensions/empty"), "");
}

TEST_F(TestContainersCreateUpdateDelete, ExtensionsWithoutAUsableNameAreRefused) {
  for (const std::string& name : {std::string(), std::string(metadata::kMaxKeyBytes + 1, 'n')}) {
    Container given = original_;
    given.extensions[name] = {"t", "v"};
    refused(given, {}, Errc::invalid_argument);
    refused(given, {"extensions"}, Errc::invalid_argument);
    given.id = "new";
    EXPECT_EQ(code(create(given)), Errc::invalid_argument);
  }
}

TEST_F(TestContainersCreateUpdateDelete, AnExtensionThatDoesNotDecodeIsNamed) {
  change("containers", "c", [](metadata::MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(auto extensions, record.bucket(metadata::schema::kExtensions));
    return extensions->put("kept", "\xff");
  });
  const auto updated = update(original_, {"labels"});
  ASSERT_EQ(code(updated), Errc::corrupt);
  EXPECT_THAT(updated.error().to_string(), testing::HasSubstr("extension \"kept\""));
  EXPECT_THAT(updated.error().to_string(), testing::HasSubstr("container \"c\""));
}

}  // namespace
}  // namespace bayplan::containers
