#include "ref_dir.h"

#include <unistd.h>

#include <atomic>
#include <thread>

#include "bayplan/base/file.h"
#include "fixture.h"

namespace bayplan::content::test {
namespace {

class RefDirTest : public ContentTest {
 protected:
  Result<RefDir> lock() const { return RefDir::lock(dirs_, "ref", "name"); }
  std::filesystem::path directory() const { return root() / "ingest/name"; }

  std::shared_ptr<const BlobDirs> dirs_ = must(open_blob_dirs(root()));
};

TEST_F(RefDirTest, OneHasItAndIsNamed) {
  std::optional<RefDir> dir(must(lock()));
  EXPECT_EQ(mode_of(directory()), 0700u);
  EXPECT_TRUE(is_locked(*dirs_, "name"));
  EXPECT_EQ(holder_of(dir->fd()), ::getpid());
  EXPECT_EQ(code_of(lock()), Errc::busy);
  dir.reset();
  EXPECT_FALSE(is_locked(*dirs_, "name"));
  EXPECT_TRUE(std::filesystem::exists(directory()));
  must(lock()).remove();
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(RefDirTest, AHolderWhoseNumberCannotBeReadHasNone) {
  const RefDir dir = must(lock());
  for (const char* text : {"", "x", "-1", "0", "12 ", "99999999999999999999"}) {
    plant(directory() / "writer", text);
    EXPECT_EQ(holder_of(dir.fd()), std::nullopt) << text;
  }
  std::filesystem::remove(directory() / "writer");
  EXPECT_NE(lock().error().to_string().find("somebody writes to it"), std::string::npos);
}

TEST_F(RefDirTest, WhoOnlyLooksIsNoHolder) {
  must(lock());
  std::atomic<bool> over{false};
  std::thread looker([&] {
    while (!over) static_cast<void>(is_locked(*dirs_, "name"));
  });
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(lock());
  over = true;
  looker.join();
}

TEST_F(RefDirTest, WhatAnotherRemovesMeanwhileIsMadeAnew) {
  std::atomic<bool> over{false};
  std::thread remover([&] {
    while (!over) {
      const auto dir = file::open_dir_at(dirs_->ingest.get(), "name");
      if (dir && file::try_lock_exclusive(dir->get(), "name"))
        ignore_error(file::remove_tree(dirs_->ingest.get(), "name"), "the next time");
    }
  });
  for (int i = 0; i < 500; ++i) {
    auto dir = lock();
    while (!dir && dir.error().code() == Errc::busy) dir = lock();
    ASSERT_TRUE(dir) << dir.error().to_string();
    EXPECT_TRUE(must(file::is_still_at(dir->fd(), dirs_->ingest.get(), "name")));
  }
  over = true;
  remover.join();
}

TEST_F(RefDirTest, OnlyADirectoryWillDo) {
  plant(directory(), "file");
  EXPECT_FALSE(lock());
  std::filesystem::remove(directory());
  std::filesystem::create_directory_symlink(dir_.path(), directory());
  EXPECT_FALSE(lock());
}

}  // namespace
}  // namespace bayplan::content::test
