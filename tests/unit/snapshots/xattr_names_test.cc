#include "xattr_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// What the kernel does of these bytes.
ListXattr listing(std::string text) {
  return [text = std::move(text)](char* into, std::size_t size) -> ssize_t {
    if (size < text.size()) {
      errno = ERANGE;
      return -1;
    }
    std::memcpy(into, text.data(), text.size());
    return static_cast<ssize_t>(text.size());
  };
}
ListXattr failing(int code) {
  return [code](char*, std::size_t) -> ssize_t {
    errno = code;
    return -1;
  };
}

TEST(XattrNames, AreTakenApart) {
  EXPECT_THAT(xattr_names(listing({}), "f").value(), IsEmpty());
  EXPECT_THAT(xattr_names(listing(std::string("user.a\0security.b\0", 18)), "f").value(),
              ElementsAre("user.a", "security.b"));
}

TEST(XattrNames, AreReadWholeHoweverManyThereAre) {
  std::string text;
  for (int n = 0; n < 1000; ++n) text += "user.name" + std::to_string(n) + '\0';
  EXPECT_THAT(xattr_names(listing(text), "f").value(), SizeIs(1000));
}

TEST(XattrNames, AreNoneWhereTheFileSystemHasNone) {
  EXPECT_THAT(xattr_names(failing(EOPNOTSUPP), "f").value(), IsEmpty());
}

TEST(XattrNames, AnErrorNamesTheFile) {
  const auto failed = xattr_names(failing(EACCES), "the file");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Errc::permission_denied);
  EXPECT_EQ(failed.error().name(), "the file");
}

TEST(XattrNames, TellOverlaysNotes) {
  EXPECT_TRUE(is_overlay_note("trusted.overlay.opaque"));
  EXPECT_TRUE(is_overlay_note("user.overlay.redirect"));
  EXPECT_FALSE(is_overlay_note("user.overlays"));
}

}  // namespace
}  // namespace bayplan::snapshots
