#include "bayplan/base/new_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "bayplan/base/fault.h"
#include "support/temp_dir.h"

namespace bayplan::file {
namespace {

namespace fs = std::filesystem;

class NewFile : public testing::Test {
 protected:
  ~NewFile() override { fault::arm({}); }

  static Result<void> write(const NewPath& path, std::string_view text) {
    BAYPLAN_ASSIGN(const UniqueFd fd, path.create_file());
    FdSink sink(fd.get(), path.name());
    BAYPLAN_TRY(sink.write(as_bytes(text)));
    return sink.flush();
  }
  std::string text(const std::string& name) const {
    std::ifstream in(directory.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::TempDir directory;
};

TEST_F(NewFile, HasItsNameWhenItIsComplete) {
  const auto path = NewPath::open(directory.path() / "f");
  ASSERT_TRUE(path);
  const auto written = write(*path, "content");
  EXPECT_FALSE(fs::exists(directory.path() / "f"));
  ASSERT_TRUE(path->settle(written));
  EXPECT_EQ(text("f"), "content");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()), 1);
}

TEST_F(NewFile, AnErrorLeavesNothing) {
  const auto path = NewPath::open(directory.path() / "f");
  ASSERT_TRUE(path);
  ASSERT_TRUE(write(*path, "part"));
  const auto settled = path->settle(Error(Errc::cancelled, "test", "it"));
  EXPECT_EQ(settled.error().code(), Errc::cancelled);
  EXPECT_TRUE(fs::is_empty(directory.path()));

  fault::arm([](fault::Point) { return std::optional(Error(Errc::io, "test", "fault")); });
  EXPECT_EQ(path->settle(write(*path, "whole")).error().code(), Errc::io);
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST_F(NewFile, WhatIsThereIsNeverReplaced) {
  const auto path = NewPath::open(directory.path() / "f");
  ASSERT_TRUE(path);
  std::ofstream(directory.path() / "f") << "mine";
  EXPECT_EQ(NewPath::open(directory.path() / "f").error().code(), Errc::already_exists);
  EXPECT_EQ(path->settle(write(*path, "theirs")).error().code(), Errc::already_exists);
  EXPECT_EQ(text("f"), "mine");
}

TEST_F(NewFile, DirectoriesToo) {
  const auto path = NewPath::open((directory.path() / "d/").native());
  ASSERT_TRUE(path) << path.error().to_string();
  EXPECT_EQ(path->name(), "d");
  const auto fd = path->create_directory();
  ASSERT_TRUE(fd);
  ASSERT_EQ(::mkdirat(fd->get(), "in", 0700), 0);
  ASSERT_TRUE(path->settle({}));
  EXPECT_TRUE(fs::is_directory(directory.path() / "d/in"));
}

TEST_F(NewFile, TheSinkGathersAndKeepsOrder) {
  const auto path = NewPath::open(directory.path() / "f");
  ASSERT_TRUE(path);
  const auto fd = path->create_file();
  ASSERT_TRUE(fd);
  FdSink sink(fd->get(), "f");
  std::string whole;
  for (const std::size_t size : {1u, 70'000u, 3u, 131'072u, 65'536u, 65'537u, 200'000u, 5u}) {
    const std::string piece(size, static_cast<char>('a' + whole.size() % 26));
    whole += piece;
    ASSERT_TRUE(sink.write(as_bytes(piece)));
  }
  ASSERT_TRUE(sink.flush());
  ASSERT_TRUE(path->settle({}));
  EXPECT_TRUE(text("f") == whole);
}

}  // namespace
}  // namespace bayplan::file
