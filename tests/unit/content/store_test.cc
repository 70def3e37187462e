#include "bayplan/content/store.h"

#include <unistd.h>

#include "fixture.h"

namespace bayplan::content::test {
namespace {

class StoreTest : public ContentTest {};

TEST_F(StoreTest, OpensAgainWithWhatItHeld) {
  ready("kept");
  store_ = must(Store::open(root()));
  EXPECT_EQ(content_of("kept"), "kept");
}

TEST_F(StoreTest, AFileInPlaceOfTheRootIsAnErrorThatNamesIt) {
  plant(dir_.path() / "file", "");
  const auto result = Store::open(dir_.path() / "file");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().to_string().find((dir_.path() / "file").string()), std::string::npos);
}

TEST_F(StoreTest, ARootThatMayNotBeMadeIsPermissionDenied) {
  std::filesystem::create_directory(dir_.path() / "closed");
  std::filesystem::permissions(dir_.path() / "closed", std::filesystem::perms(0555));
  std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65534;
  if (user == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);  // root may write anywhere
  }
  const Errc code = code_of(Store::open(dir_.path() / "closed/content"));
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(code, Errc::permission_denied);
}

TEST_F(StoreTest, ReadBlobHasALimit) {
  ready("text");
  EXPECT_EQ(must(store_.read_blob(Digest::of("text"), 4, 4)), "text");
  EXPECT_EQ(code_of(store_.read_blob(Digest::of("text"), 4, 3)), Errc::too_large);
}

TEST_F(StoreTest, ReadBlobVerifies) {
  plant(Digest::of("right"), "wrong");
  EXPECT_EQ(code_of(store_.read_blob(Digest::of("right"), 5, 100)), Errc::digest_mismatch);
}

TEST_F(StoreTest, AdoptAnswersABlobThatIsThere) {
  ready("there");
  const auto adopted = must(store_.adopt(Digest::of("there"), 5));
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->digest(), Digest::of("there"));
  EXPECT_EQ(adopted->size(), 5u);
}

TEST_F(StoreTest, AdoptAnswersNothingForWhatIsAbsentOrOfAnotherSize) {
  EXPECT_FALSE(must(store_.adopt(Digest::of("none"), 4)));
  ready("there");
  EXPECT_FALSE(must(store_.adopt(Digest::of("there"), 4)));
  std::filesystem::create_directory(path_of(Digest::of("dir")));
  EXPECT_FALSE(must(store_.adopt(Digest::of("dir"), 3)));
}

TEST_F(StoreTest, TheCollectorsKindOutlivesAMoveOfTheStore) {
  const metadata::GcKind& kind = store_.gc_kind();
  const Store moved = std::move(store_);
  EXPECT_EQ(&moved.gc_kind(), &kind);
  EXPECT_EQ(kind.kind(), "content");
}

}  // namespace
}  // namespace bayplan::content::test
