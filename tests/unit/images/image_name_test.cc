#include <gtest/gtest.h>

#include "bayplan/images/images.h"
#include "bayplan/metadata/bucket_source.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

TEST(ImageName, AllowsWhatIsNoReference) {
  for (const char* name : {"alpine", "A B", "../../etc", "-rf", "sha256:x", "caf\xc3\xa9", "a@b@c"}) {
    EXPECT_EQ(outcome(validate_image_name(name)), "ok") << name;
  }
  EXPECT_EQ(outcome(validate_image_name(std::string(metadata::kMaxKeyBytes, 'a'))), "ok");
  const std::string longest =
      std::string(253, 'd') + "/" + std::string(255, 'p') + ":" + std::string(128, 't');
  EXPECT_EQ(outcome(validate_image_name(longest)), "ok");
}

TEST(ImageName, RefusesControlCharactersBadUtf8AndBadLengths) {
  for (const std::string& name :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("\x1b[31m"),
        std::string("a\x7f"), std::string("a\xc2\x9b"), std::string("\xff"), std::string("\xc0\xaf"),
        std::string(metadata::kMaxKeyBytes + 1, 'a')}) {
    EXPECT_EQ(outcome(validate_image_name(name)), "invalid_argument") << quoted(name);
  }
}

}  // namespace
}  // namespace bayplan::images
