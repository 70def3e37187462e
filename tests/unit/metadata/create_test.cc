#include "create.h"

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "child_process.h"
#include "damaged_file.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

std::vector<std::string> names_in(const std::filesystem::path& path) {
  return file::list(file::open_dir(path).value().get(), "test").value();
}
using Names = std::vector<std::string>;

// What open() does after a process died at `point` of the creation.
void expect_recovery(fault::Point point) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  const int status = run_in_child([&] {
    fault::arm([&](fault::Point reached) -> std::optional<Error> {
      if (reached == point) ::_exit(7);
      return {};
    });
    return Db::open(path) ? 0 : 1;
  });
  EXPECT_EQ(status, 7) << fault::name(point);
  EXPECT_EQ(names_in(dir.path()).size(), 1u);
  const auto db = Db::open(path);
  ASSERT_TRUE(db) << db.error().to_string();
  EXPECT_TRUE(check(*db, {}).value().clean());
  EXPECT_EQ(names_in(dir.path()), Names{"metadata"});
}

TEST(Create, recovers_from_a_crash_at_each_point) {
  expect_recovery(fault::Point::create_store_env_committed);
  expect_recovery(fault::Point::create_store_env_renamed);
}

TEST(Create, a_failure_leaves_nothing_behind) {
  const test::TempDir dir;
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::create_store_env_committed) return {};
    return Error(Errc::io, "test", {});
  });
  const auto db = Db::open(dir.path() / "metadata");
  fault::arm({});
  EXPECT_EQ(code(db), Errc::io);
  EXPECT_EQ(names_in(dir.path()), Names{});
}

TEST(Create, makes_parents_and_private_files) {
  const test::TempDir dir;
  const auto path = dir.path() / "some" / "where";
  const auto db = Db::open(path);
  ASSERT_TRUE(db) << db.error().to_string();
  const auto mode = [](const std::filesystem::path& at) {
    return static_cast<unsigned>(std::filesystem::status(at).permissions());
  };
  EXPECT_EQ(mode(path), 0700u);
  for (const char* name : {"data.mdb", "lock.mdb", "open.lock"}) EXPECT_EQ(mode(path / name), 0600u) << name;
}

TEST(Create, repairs_modes_at_open) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  ASSERT_TRUE(Db::open(path));
  std::filesystem::permissions(path, std::filesystem::perms(0755));
  std::filesystem::permissions(path / "data.mdb", std::filesystem::perms(0644));
  ASSERT_TRUE(Db::open(path));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0700));
  EXPECT_EQ(std::filesystem::status(path / "data.mdb").permissions(), std::filesystem::perms(0600));
}

TEST(Create, an_empty_directory_becomes_a_store) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir.path() / "metadata");
  EXPECT_TRUE(Db::open(dir.path() / "metadata"));
}

TEST(Create, a_directory_with_other_things_is_left_alone) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  std::filesystem::create_directories(path / "precious");
  const auto opened = Db::open(path);
  EXPECT_EQ(code(opened), Errc::failed_precondition);
  EXPECT_FALSE(opened.error().advice().empty());
  EXPECT_EQ(names_in(path), Names{"precious"});
}

TEST(Create, a_store_without_its_data_is_corrupt) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  ASSERT_TRUE(Db::open(path));
  std::filesystem::remove(path / "data.mdb");
  EXPECT_EQ(code(Db::open(path)), Errc::corrupt);
}

TEST(Create, files_beside_the_data_that_are_links_to_it_are_left_alone) {
  for (const char* name : {"open.lock", "reserve"}) {
    const test::TempDir dir;
    const auto path = dir.path() / "metadata";
    ASSERT_TRUE(Db::open(path));
    std::filesystem::remove(path / name);
    std::filesystem::create_hard_link(path / "data.mdb", path / name);
    const std::string before = read_data(path);
    const auto opened = Db::open(path);
    EXPECT_EQ(code(opened), name == std::string("open.lock") ? std::optional(Errc::corrupt) : std::nullopt);
    EXPECT_EQ(read_data(path), before);
  }
}

TEST(Create, an_empty_path_is_refused) { EXPECT_EQ(code(Db::open("")), Errc::invalid_argument); }

TEST(Create, only_when_asked) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  EXPECT_EQ(code(Db::open(path, {.create = false})), Errc::not_found);
  EXPECT_EQ(code(Db::open(path, {.read_only = true})), Errc::not_found);
  EXPECT_EQ(names_in(dir.path()), Names{});
}

TEST(Create, a_file_is_no_store) {
  const test::TempDir dir;
  const UniqueFd parent = file::open_dir(dir.path()).value();
  file::replace_durably(parent.get(), "metadata", "text").value();
  EXPECT_EQ(code(Db::open(dir.path() / "metadata")), Errc::invalid_argument);
}

}  // namespace
}  // namespace bayplan::metadata
