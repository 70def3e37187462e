#include "blob_dirs.h"

#include "fixture.h"

namespace bayplan::content::test {
namespace {

class BlobDirsTest : public ContentTest {};

TEST_F(BlobDirsTest, CreatesEveryDirectoryForTheOwnerOnly) {
  for (const char* name : {"", "blobs", "blobs/sha256", "blobs/sha512", "ingest"}) {
    EXPECT_EQ(mode_of(root() / name), 0700u) << name;
  }
  EXPECT_EQ(mode_of(root() / "lock"), 0600u);
}

TEST_F(BlobDirsTest, OpensWhatIsThereAndRepairsItsModes) {
  std::filesystem::permissions(root() / "blobs/sha256", std::filesystem::perms(0755));
  must(open_blob_dirs(root()));
  EXPECT_EQ(mode_of(root() / "blobs/sha256"), 0700u);
}

TEST_F(BlobDirsTest, RefusesALinkInPlaceOfADirectory) {
  std::filesystem::remove(root() / "ingest");
  std::filesystem::create_directory(dir_.path() / "elsewhere");
  std::filesystem::create_directory_symlink(dir_.path() / "elsewhere", root() / "ingest");
  EXPECT_FALSE(open_blob_dirs(root()));
}

TEST_F(BlobDirsTest, JudgesTheFileOfABlob) {
  const auto dirs = must(open_blob_dirs(root()));
  const Digest digest = Digest::of("four");
  EXPECT_EQ(code_of(check_blob_file(*dirs, digest, 4)), Errc::not_found);
  plant(digest, "four");
  EXPECT_TRUE(check_blob_file(*dirs, digest, 4));
  EXPECT_EQ(code_of(check_blob_file(*dirs, digest, 5)), Errc::corrupt);
  std::filesystem::rename(path_of(digest), dir_.path() / "four");
  std::filesystem::create_symlink(dir_.path() / "four", path_of(digest));
  EXPECT_EQ(code_of(check_blob_file(*dirs, digest, 4)), Errc::corrupt);
}

}  // namespace
}  // namespace bayplan::content::test
