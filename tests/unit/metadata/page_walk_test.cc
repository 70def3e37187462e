// Our own page reader against good, cut, flipped and shuffled files, with LMDB behind it where it lets one
// pass.
#include "page_walk.h"

#include <cstdlib>
#include <random>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "damaged_file.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kPage = 4096;

class PageWalk : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    for (int round = 0; round < 4; ++round) {
      update([&](WriteTx& tx) {
        for (const char* name : {"a", "b", "c"}) {
          auto bucket = tx.create_bucket_if_not_exists(name).value();
          for (int i = round; i < 120; i += 2) {
            bucket.put("key" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'v')).value();
          }
          bucket.put("big" + std::to_string(round), std::string(10000, 'b')).value();
          bucket.put(std::string(700, 'l'), "long").value();
          for (int i = round; i < 60; i += 7) bucket.erase("key" + std::to_string(i)).value();
        }
      });
      digests_.push_back(digest(db()));
    }
    close();
    good_ = read_data(path());
  }

  static void append(const Bucket& bucket, std::string& to) {
    bucket
        .for_each([&](const Entry& entry) -> Result<void> {
          to.append(entry.key).append("=").append(entry.value).append(";");
          if (entry.is_bucket) append(*bucket.bucket(entry.key).value(), to);
          return {};
        })
        .value();
  }
  static std::string digest(const Db& db) {
    std::string all;
    append(root_bucket(*db.begin_read().value()), all);
    return all;
  }

  Result<void> walk(const std::string& bytes) {
    write_data(scratch_.path(), bytes);
    const UniqueFd directory = file::open_dir(scratch_.path()).value();
    const UniqueFd fd = file::open_regular(directory.get(), "data.mdb").value();
    BAYPLAN_ASSIGN(const PageFile pages, PageFile::open(fd.get()));
    return check_all_pages(pages);
  }

  // Opens and checks a damaged file. What no check objects to must hold what one of the last commits held.
  void survive(const std::string& bytes) {
    const test::TempDir dir;
    write_data(dir.path(), bytes);
    const auto damaged = Db::open(dir.path());
    if (!damaged) {
      EXPECT_TRUE(code(damaged) == Errc::corrupt || code(damaged) == Errc::version_mismatch)
          << damaged.error().to_string();
      ++refused_;
      return;
    }
    const auto report = check(*damaged, {});
    ASSERT_TRUE(report) << report.error().to_string();
    if (!report->clean()) {
      ++reported_;
      return;
    }
    ++unharmed_;
    const std::string all = digest(*damaged);
    EXPECT_TRUE(std::find(digests_.begin(), digests_.end(), all) != digests_.end())
        << "damage went unnoticed";
  }

  // Makes `change(page)` to one page after the other, where it answers that there was something to change.
  // One of these files at least has to be refused for `what`.
  template <class F>
  void expect_noticed(std::string_view what, F change) {
    bool noticed = false;
    for (std::size_t page = 2; page < good_.size() / kPage; ++page) {
      std::string bytes = good_;
      if (!change(bytes.data() + page * kPage)) continue;
      const auto walked = walk(bytes);
      noticed |= !walked && walked.error().to_string().find(what) != std::string::npos;
      ASSERT_NO_FATAL_FAILURE(survive(bytes));
    }
    EXPECT_TRUE(noticed) << what;
  }
  static std::size_t u16(const char* at) { return load_le<std::uint16_t>(at); }
  static bool is(const char* page, std::size_t flag) { return u16(page + 10) == flag && u16(page + 12) > 18; }

  std::string good_;
  std::vector<std::string> digests_;
  test::TempDir scratch_;
  int refused_ = 0;
  int reported_ = 0;
  int unharmed_ = 0;
};

TEST_F(PageWalk, accepts_a_good_file) {
  const auto walked = walk(good_);
  EXPECT_TRUE(walked) << walked.error().to_string();
}

TEST_F(PageWalk, notices_every_truncation) {
  for (std::size_t size = 0; size < good_.size(); size += kPage / 2) {
    const test::TempDir dir;
    write_data(dir.path(), good_.substr(0, size));
    EXPECT_EQ(code(Db::open(dir.path())), Errc::corrupt) << size;
  }
}

TEST_F(PageWalk, refuses_garbage_and_lmdb_1_0) {
  EXPECT_EQ(code(walk(std::string(3 * kPage, 'g'))), Errc::corrupt);
  EXPECT_EQ(code(walk("")), Errc::corrupt);
  for (const char version : {'\2', '\3'}) {
    std::string bytes = good_;
    bytes[20] = version;
    EXPECT_EQ(code(walk(bytes)), version == '\2' ? Errc::version_mismatch : Errc::corrupt);
  }
  std::string development = good_;
  store_le(development.data() + 20, std::uint32_t{999});
  EXPECT_EQ(code(walk(development)), Errc::version_mismatch);
}

TEST_F(PageWalk, refuses_impossible_metas) {
  const auto with = [&](std::size_t offset, auto number) {
    std::string bytes = good_;
    store_le(bytes.data() + offset, number);
    return code(walk(bytes));
  };
  EXPECT_EQ(with(16 + 24, std::uint32_t{4095}), Errc::corrupt) << "page size";
  EXPECT_EQ(with(16 + 24, std::uint32_t{0}), Errc::corrupt) << "page size";
  EXPECT_EQ(with(16 + 28, std::uint16_t{9}), Errc::corrupt) << "fixed mapping address";
  EXPECT_EQ(with(16 + 76, std::uint16_t{4}), Errc::corrupt) << "duplicate keys in the main tree";
  EXPECT_EQ(with(16 + 112, std::uint64_t{1}), Errc::corrupt) << "root on a meta page";
  EXPECT_EQ(with(16 + 112, std::uint64_t{1} << 60), Errc::corrupt) << "root behind the file";
}

// LMDB leaves pages unwritten that one transaction takes and frees, so a sound file can be too short.
TEST_F(PageWalk, a_short_file_is_fine_when_nothing_lies_there) {
  std::string bytes = good_;
  for (const std::size_t meta : {std::size_t{0}, kPage}) {
    const auto last = load_le<std::uint64_t>(bytes.data() + meta + 16 + 120);
    store_le(bytes.data() + meta + 16 + 120, last + 40);
  }
  const test::TempDir dir;
  write_data(dir.path(), bytes);
  {
    const auto db = Db::open(dir.path());
    ASSERT_TRUE(db) << db.error().to_string();
    EXPECT_EQ(digest(*db), digests_.back());
    EXPECT_TRUE(db->update([](WriteTx& tx) -> Result<void> {
      tx.create_bucket("more").value();
      return {};
    }));
  }
  const std::string after = read_data(dir.path());
  const auto last = std::max(load_le<std::uint64_t>(after.data() + 16 + 120),
                             load_le<std::uint64_t>(after.data() + kPage + 16 + 120));
  EXPECT_GE(after.size(), (last + 1) * kPage) << "a commit gives the file its length";
}

// These are sound page by page, and yet LMDB would end the process, or write outside a page.
TEST_F(PageWalk, notices_a_branch_with_a_single_child) {
  expect_noticed("single child", [](char* page) {
    if (!is(page, 1)) return false;
    const std::size_t offset = u16(page + 16);
    const std::size_t size = (8 + u16(page + offset + 6) + 1) / 2 * 2;
    std::copy_backward(page + offset, page + offset + size, page + kPage);
    for (const int at : {14, 16}) store_le(page + at, static_cast<std::uint16_t>(kPage - size));
    store_le(page + 12, std::uint16_t{18});
    return true;
  });
}

TEST_F(PageWalk, notices_entries_that_overlap) {
  expect_noticed("overlap", [](char* page) {
    if (!is(page, 2)) return false;
    char* const lowest = page + u16(page + 14);
    if (u16(lowest + 4) != 0) return false;
    store_le(lowest, static_cast<std::uint16_t>(u16(lowest) + 2));
    return true;
  });
}

TEST_F(PageWalk, notices_an_entry_too_large_for_a_page) {
  expect_noticed("too large", [](char* page) {
    if (!is(page, 2)) return false;
    const std::size_t lowest = u16(page + 14);
    const std::size_t room = kPage - lowest - 8 - u16(page + lowest + 6);
    if (u16(page + lowest + 4) != 0 || room < 2100) return false;
    store_le(page + lowest, static_cast<std::uint16_t>(room));
    return true;
  });
}

// LMDB would take a run of pages out of it that holds some in use.
TEST_F(PageWalk, notices_free_pages_out_of_order) {
  expect_noticed("out of order", [](char* page) {
    if (u16(page + 10) != 2) return false;
    char* const node = page + u16(page + 16);
    char* const list = node + 8 + 8;
    if (u16(node + 6) != 8 || u16(node + 4) != 0 || load_le<std::uint64_t>(list) < 2) return false;
    std::swap_ranges(list + 8, list + 16, list + 16);
    return true;
  });
}

TEST_F(PageWalk, a_length_beyond_all_bounds_takes_no_memory) {
  const test::TempDir dir;
  write_data(dir.path(), good_);
  std::error_code failed;
  std::filesystem::resize_file(dir.path() / "data.mdb", std::uintmax_t{1} << 43, failed);
  if (failed) GTEST_SKIP() << "this file system has no files as long";
  const auto db = Db::open(dir.path());
  ASSERT_TRUE(db) << db.error().to_string();
  EXPECT_TRUE(check(*db, {}).value().clean());
}

TEST_F(PageWalk, notices_swapped_pages) {
  const std::size_t pages = good_.size() / kPage;
  for (std::size_t page = 3; page < pages; ++page) {
    std::string bytes = good_;
    std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>((page - 1) * kPage),
                     bytes.begin() + static_cast<std::ptrdiff_t>(page * kPage),
                     bytes.begin() + static_cast<std::ptrdiff_t>(page * kPage));
    ASSERT_NO_FATAL_FAILURE(survive(bytes));
  }
  EXPECT_GT(refused_ + reported_, 0);
}

TEST_F(PageWalk, no_flipped_bit_crashes_or_goes_unnoticed) {
  const char* given = std::getenv("BAYPLAN_TEST_SEED");
  const std::size_t seed = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("BAYPLAN_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 600; ++round) {
    std::string bytes = good_;
    // Half of them where structure is (page headers and node offsets), a quarter in the meta pages.
    const std::size_t page = random() % (round % 4 == 0 ? 2 : bytes.size() / kPage);
    const std::size_t offset = page * kPage + (round % 2 == 0 ? random() % 160 : random() % kPage);
    bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << random() % 8));
    SCOPED_TRACE("offset " + std::to_string(offset));
    ASSERT_NO_FATAL_FAILURE(survive(bytes));
  }
  EXPECT_GT(refused_, 0);
  EXPECT_GT(reported_, 0);
  EXPECT_GT(unharmed_, 0);
}

TEST_F(PageWalk, no_zeroed_or_repeated_page_crashes_or_goes_unnoticed) {
  const std::size_t pages = good_.size() / kPage;
  for (std::size_t page = 0; page < pages; ++page) {
    std::string zeroed = good_;
    zeroed.replace(page * kPage, kPage, kPage, '\0');
    ASSERT_NO_FATAL_FAILURE(survive(zeroed));
    std::string repeated = good_;
    repeated.replace(page * kPage, kPage, good_, (page * 7 + 3) % pages * kPage, kPage);
    ASSERT_NO_FATAL_FAILURE(survive(repeated));
  }
}

}  // namespace
}  // namespace bayplan::metadata
