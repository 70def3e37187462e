// Bolt files read with our own reader: what it finds in good ones of every page size, and how each kind of
// damage is told.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/file_source.h"
#include "bucket_comparison.h"
#include "byte_order.h"
#include "file_look.h"
#include "support/bolt_builder.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint32_t kSmallPage = 1024;

class BoltFile : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    update([](WriteTx& tx) {
      auto images = tx.root().create_path({"v1", "default", "images"}).value();
      for (int i = 0; i < 120; ++i) {
        auto image = images.create_bucket("docker.io/library/image:" + std::to_string(i)).value();
        image.put("createdat", std::string(15, '\1')).value();
        image.create_path({"target"}).value().put("digest", "sha256:" + std::string(64, 'a')).value();
        if (i % 9 == 0) image.create_path({"labels"}).value().put("big", std::string(700, 'b')).value();
      }
      tx.root().create_path({"v1", "empty"}).value();
      auto odd = tx.create_bucket("odd").value();
      odd.put(std::string(5000, 'k'), "a long key").value();
      odd.put("large", std::string(9000, 'v')).value();
      odd.put("nothing", "").value();
      odd.set_sequence(77).value();
    });
  }

  std::string made(const test::BoltLayout& layout = {.page_bytes = kSmallPage}) {
    return test::bolt_file(root_bucket(*db().begin_read().value()), layout);
  }
  std::string digest_of_store() {
    return logical_digest(root_bucket(*db().begin_read().value())).value().to_string();
  }
  std::filesystem::path file() const { return files_.path() / "meta.db"; }
  std::unique_ptr<FileSource> open(const std::string& bytes) {
    write_file(file(), bytes);
    return open_bolt_file(file()).value();
  }
  std::optional<Errc> refused(const std::string& bytes) {
    write_file(file(), bytes);
    return code(open_bolt_file(file()));
  }

  // Whether a branch or leaf begins there: what such a page continues on is keys and values to its end.
  static bool begins_at(const std::string& bytes, std::size_t page) {
    const char* const at = bytes.data() + page * kSmallPage;
    const auto flags = load_le<std::uint16_t>(at + 8);
    return load_le<std::uint64_t>(at) == page && (flags == 1 || flags == 2);
  }
  static bool in_last_element(const std::string& bytes, std::size_t at) {
    const std::size_t page = at / kSmallPage;
    const std::size_t count = load_le<std::uint16_t>(bytes.data() + page * kSmallPage + 10);
    return begins_at(bytes, page) && at % kSmallPage / 16 == count;
  }

  test::TempDir files_;
};

TEST_F(BoltFile, holds_the_same_at_every_page_size) {
  for (std::uint32_t page_bytes = 1024; page_bytes <= 65536; page_bytes *= 2) {
    for (const bool free_list : {true, false}) {
      SCOPED_TRACE(page_bytes);
      const auto source = open(made({.page_bytes = page_bytes, .transaction = 41, .free_list = free_list}));
      EXPECT_EQ(source->facts().page_bytes, page_bytes);
      EXPECT_EQ(source->facts().transaction, 41u);
      EXPECT_EQ(source->facts().metas[0].transaction, 40u);
      EXPECT_EQ(logical_digest(root_bucket(*source)).value().to_string(), digest_of_store());
      EXPECT_EQ(problems_of(*source), std::vector<std::string>{});
      EXPECT_TRUE(source->unchanged());
    }
  }
}

TEST_F(BoltFile, finds_every_key_from_both_sides) {
  const auto source = open(made());
  const auto tx = db().begin_read().value();
  expect_same_buckets(root_bucket(*source), root_bucket(*tx), [](const Entry&, const Entry&) {});
}

TEST_F(BoltFile, buckets_outlive_forgetting_and_not_their_source) {
  auto source = open(made());
  const Bucket odd = *root_bucket(*source).bucket("odd").value();
  auto cursor = odd.cursor().value();
  EXPECT_EQ(key_of(cursor->first()), std::string(5000, 'k'));
  source->forget();
  EXPECT_EQ(key_of(cursor->next()), "large");
  EXPECT_EQ(odd.get("nothing").value(), "");
  source.reset();
  EXPECT_EQ(code(cursor->next()), Errc::closed);
  EXPECT_EQ(code(odd.get("nothing")), Errc::closed);
}

TEST_F(BoltFile, a_damaged_meta_page_leaves_the_other_ones_transaction) {
  const std::string good = made({.page_bytes = kSmallPage, .transaction = 8});
  for (const std::size_t page : {0U, 1U}) {
    std::string bytes = good;
    bytes[page * kSmallPage + 40] ^= 1;
    const auto source = open(bytes);
    EXPECT_EQ(source->facts().transaction, page == 0 ? 7u : 8u);
    EXPECT_FALSE(source->facts().metas[page].transaction);
    ASSERT_EQ(problems_of(*source).size(), 1u);
    EXPECT_NE(problems_of(*source)[0].find("checksum"), std::string::npos);
  }
  std::string bytes = good;
  for (const std::size_t at : {std::size_t{40}, kSmallPage + std::size_t{40}}) bytes[at] ^= 1;
  EXPECT_EQ(refused(bytes), Errc::corrupt);
}

TEST_F(BoltFile, names_other_formats) {
  std::string swapped = made();
  std::string newer = swapped;
  for (const std::size_t page : {0U, 1U}) {
    std::reverse(swapped.data() + page * kSmallPage + 16, swapped.data() + page * kSmallPage + 20);
    newer[page * kSmallPage + 20] = 3;
    test::seal_bolt_meta(newer.data() + page * kSmallPage);
  }
  EXPECT_EQ(refused(swapped), Errc::version_mismatch);
  EXPECT_NE(open_bolt_file(file()).error().to_string().find("big-endian"), std::string::npos);
  EXPECT_EQ(refused(newer), Errc::version_mismatch);
  EXPECT_NE(open_bolt_file(file()).error().to_string().find("bolt format 3"), std::string::npos);
  EXPECT_EQ(refused(""), Errc::corrupt);
  EXPECT_EQ(refused(std::string(100'000, 'g')), Errc::corrupt);
}

TEST_F(BoltFile, opens_regular_files_only) {
  const auto refuses = [&](const std::filesystem::path& path) { return code(open_bolt_file(path)); };
  EXPECT_EQ(refuses(files_.path() / "absent"), Errc::not_found);
  EXPECT_EQ(refuses(files_.path()), Errc::invalid_argument);
  EXPECT_EQ(refuses("/dev/null"), Errc::invalid_argument);
  ASSERT_EQ(::mkfifo((files_.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(refuses(files_.path() / "fifo"), Errc::invalid_argument);
  std::filesystem::create_symlink("loop", files_.path() / "loop");
  EXPECT_EQ(refuses(files_.path() / "loop"), Errc::invalid_argument);
  write_file(file(), made());
  std::filesystem::create_symlink("meta.db", files_.path() / "link");
  EXPECT_TRUE(open_bolt_file(files_.path() / "link")) << "an operator's own link";
}

TEST_F(BoltFile, tells_that_it_was_written_to_meanwhile) {
  const auto source = open(made({.page_bytes = kSmallPage, .transaction = 8}));
  write_file(file(), made({.page_bytes = kSmallPage, .transaction = 9}));
  EXPECT_EQ(code(source->unchanged()), Errc::busy);
}

// As bolt does it; whoever looks takes no lock, and has a copy of one moment.
TEST_F(BoltFile, copies_what_somebody_has_open) {
  write_file(file(), made({.page_bytes = kSmallPage, .transaction = 8}));
  const UniqueFd daemon(::open(file().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(daemon.get(), LOCK_EX), 0);
  const auto source = open_bolt_file(file());
  ASSERT_TRUE(source) << source.error().to_string();
  if ((*source)->facts().holders.empty())
    GTEST_SKIP() << "/proc/locks does not name this file system's files";
  EXPECT_EQ((*source)->facts().holders, std::vector{static_cast<std::uint64_t>(::getpid())});
  write_file(file(), std::string(5000, 'x'));
  EXPECT_EQ(logical_digest(root_bucket(**source)).value().to_string(), digest_of_store());
  EXPECT_EQ(problems_of(**source), std::vector<std::string>{});
  EXPECT_TRUE((*source)->unchanged());
}

TEST_F(BoltFile, takes_no_memory_for_length) {
  write_file(file(), made());
  std::error_code failed;
  std::filesystem::resize_file(file(), std::uintmax_t{1} << 40, failed);
  if (failed) GTEST_SKIP() << "this file system has no files as long";
  EXPECT_EQ(problems_of(*open_bolt_file(file()).value()), std::vector<std::string>{});
  // Pages that claim to be as long as that, and hold nothing.
  std::string bytes = made();
  const std::uint64_t end = (std::uint64_t{1} << 40) / kSmallPage;
  for (const std::size_t page : {0U, 1U}) {
    store_le(bytes.data() + page * kSmallPage + 56, end);
    test::seal_bolt_meta(bytes.data() + page * kSmallPage);
  }
  const std::uint32_t overflow = (1u << 30) - 200;
  store_le(bytes.data() + load_le<std::uint64_t>(bytes.data() + 32) * kSmallPage + 12, overflow);
  write_file(file(), bytes);
  std::filesystem::resize_file(file(), std::uintmax_t{1} << 40);
  EXPECT_NE(problems_of(*open_bolt_file(file()).value()), std::vector<std::string>{});
}

TEST_F(BoltFile, reads_on_behind_a_page_that_is_gone) {
  const std::string good = made();
  const Look all = look(*open(good));
  ASSERT_EQ(all.damage, std::vector<std::string>{});
  int told = 0;
  for (std::size_t page = 2; page < good.size() / kSmallPage; ++page) {
    if (!begins_at(good, page)) continue;
    std::string bytes = good;
    bytes.replace(page * kSmallPage, kSmallPage, kSmallPage, '\0');
    const Look seen = look(*open(bytes));
    EXPECT_TRUE(std::includes(all.lines.begin(), all.lines.end(), seen.lines.begin(), seen.lines.end()));
    EXPECT_EQ(seen.damage.size(), 1u) << "page " << page;
    ++told;
  }
  EXPECT_GT(told, 20);
}

TEST_F(BoltFile, tells_every_truncation) {
  const std::string good = made();
  const Look all = look(*open(good));
  for (std::size_t size = 0; size < good.size(); size += kSmallPage / 2) {
    write_file(file(), good.substr(0, size));
    const auto source = open_bolt_file(file());
    if (!source) {
      EXPECT_EQ(source.error().code(), Errc::corrupt) << source.error().to_string();
      EXPECT_LT(size, kSmallPage);
      continue;
    }
    EXPECT_NE(problems_of(**source), std::vector<std::string>{}) << size;
    const Look seen = look(**source);
    EXPECT_TRUE(std::includes(all.lines.begin(), all.lines.end(), seen.lines.begin(), seen.lines.end()));
  }
}

TEST_F(BoltFile, tells_swapped_pages) {
  const std::string good = made();
  for (std::size_t page = 5; page + 1 < good.size() / kSmallPage; ++page) {
    std::string bytes = good;
    if (!begins_at(good, page)) continue;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(page * kSmallPage);
    std::swap_ranges(at, at + kSmallPage, at + kSmallPage);
    EXPECT_NE(problems_of(*open(bytes)), std::vector<std::string>{}) << page;
  }
}

// No checksum tells a changed value from a good one, but a changed structure shows: but for the length of a
// page's last element, which could end in zeros.
TEST_F(BoltFile, no_flipped_byte_changes_the_structure_unnoticed) {
  update([](WriteTx& tx) {
    auto small = tx.create_bucket("small").value();
    for (int i = 0; i < 40; ++i) small.put("key" + std::to_string(i), std::string(30, 'v')).value();
    small.create_path({"image", "target"}).value().put("size", "12").value();
    small.create_bucket("labels").value().put("large", std::string(1500, 'l')).value();
  });
  const auto tx = db().begin_read().value();
  const std::string good = test::bolt_file(*tx->bucket("small").value(), {.page_bytes = kSmallPage});
  const std::vector<std::string> shape = look(*open(good)).shape;
  std::fstream changing(file(), std::ios::in | std::ios::out | std::ios::binary);
  const auto write_byte = [&](std::size_t at, char byte) {
    changing.seekp(static_cast<std::streamoff>(at));
    changing.put(byte).flush();
  };
  int told = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    if (at > 0) write_byte(at - 1, good[at - 1]);
    write_byte(at, static_cast<char>(good[at] ^ (1 << at % 8)));
    const auto source = open_bolt_file(file());
    if (!source || !problems_of(**source).empty()) {
      ++told;
    } else if (!in_last_element(good, at)) {
      EXPECT_EQ(look(**source).shape, shape) << "offset " << at;
    }
  }
  EXPECT_GT(told, 1000);
}

// Buckets and branches that lead back, or to the same place, end; what is sound beside them is read.
class BoltCircles : public BoltFile {
 protected:
  // Pages from 2 on, the first one the root; none is free.
  std::unique_ptr<FileSource> open_pages(const std::vector<std::string>& pages) {
    std::string bytes = made({.page_bytes = kSmallPage, .free_list = false, .free_pages = 0});
    bytes.resize(2 * kSmallPage);
    for (const std::string& page : pages) bytes += page;
    const std::uint64_t root = 2;
    const std::uint64_t end = bytes.size() / kSmallPage;
    for (const std::size_t page : {0U, 1U}) {
      store_le(bytes.data() + page * kSmallPage + 32, root);
      store_le(bytes.data() + page * kSmallPage + 56, end);
      test::seal_bolt_meta(bytes.data() + page * kSmallPage);
    }
    return open(bytes);
  }
  static std::string bucket_at(std::uint64_t page) {
    std::string value(16, '\0');
    store_le(value.data(), page);
    return value;
  }
};

TEST_F(BoltCircles, a_branch_that_leads_to_itself) {
  const auto source = open_pages({test::bolt_page(2, false, {{"a", {}, 0, 3}, {"b", {}, 0, 2}}, kSmallPage),
                                  test::bolt_page(3, true, {{"a", "1"}}, kSmallPage)});
  const Look seen = look(*source);
  EXPECT_EQ(seen.lines, std::vector<std::string>{"a = \"1\""});
  EXPECT_EQ(seen.damage.size(), 1u);
  EXPECT_EQ(code(root_bucket(*source).get("b")), Errc::corrupt);
}

TEST_F(BoltCircles, a_bucket_inside_itself) {
  const auto source =
      open_pages({test::bolt_page(2, true, {{"in", bucket_at(2), 1}, {"x", "1"}}, kSmallPage)});
  const Look seen = look(*source);
  EXPECT_EQ(seen.lines, (std::vector<std::string>{"in/", "x = \"1\""}));
  EXPECT_EQ(seen.damage.size(), 1u);
}

TEST_F(BoltCircles, buckets_that_double_at_each_level) {
  std::vector<std::string> pages;
  for (std::uint64_t page = 2; page < 42; ++page)
    pages.push_back(test::bolt_page(
        page, true, {{"a", bucket_at(page + 1), 1}, {"b", bucket_at(page + 1), 1}}, kSmallPage));
  pages.push_back(test::bolt_page(42, true, {}, kSmallPage));
  EXPECT_EQ(look(*open_pages(pages)).damage.size(), 40u);
}

TEST_F(BoltCircles, a_bucket_inside_an_inline_bucket) {
  const std::string inner = bucket_at(0) + test::bolt_page(0, true, {{"k", "v"}}, 0);
  const std::string outer = bucket_at(0) + test::bolt_page(0, true, {{"in", inner, 1}, {"x", "1"}}, 0);
  const Look seen = look(*open_pages({test::bolt_page(2, true, {{"b", outer, 1}}, kSmallPage)}));
  EXPECT_EQ(seen.lines, (std::vector<std::string>{"b/", "b/x = \"1\""}));
  EXPECT_EQ(seen.damage.size(), 1u);
}

TEST_F(BoltCircles, a_chain_of_branches_without_end) {
  std::vector<std::string> pages;
  for (std::uint64_t page = 2; page < 100; ++page)
    pages.push_back(test::bolt_page(page, false, {{"a", {}, 0, page + 1}}, kSmallPage));
  pages.push_back(test::bolt_page(100, true, {{"a", "1"}}, kSmallPage));
  EXPECT_EQ(look(*open_pages(pages)).damage.size(), 1u);
}

// Between the last key of a page and the first of the next, where one of both is not what its parent says.
TEST_F(BoltCircles, does_not_call_absent_what_it_cannot_tell) {
  const auto with_separator = [&](const std::string& key) {
    return open_pages({test::bolt_page(2, false, {{"a", {}, 0, 3}, {key, {}, 0, 4}}, kSmallPage),
                       test::bolt_page(3, true, {{"a", "1"}, {"c", "2"}}, kSmallPage),
                       test::bolt_page(4, true, {{"f", "3"}, {"h", "4"}}, kSmallPage)});
  };
  for (const std::string wrong : {"e", "g"}) {
    const auto source = with_separator(wrong);
    const Bucket root = root_bucket(*source);
    EXPECT_EQ(code(root.get("f")), Errc::corrupt) << wrong;
    EXPECT_EQ(root.get("a").value(), "1");
    EXPECT_EQ(root.get("h").value(), "4");
  }
  const auto good = with_separator("f");
  EXPECT_FALSE(root_bucket(*good).get("e").value());
  EXPECT_FALSE(root_bucket(*good).get("z").value());
  EXPECT_EQ(problems_of(*good), std::vector<std::string>{});
}

}  // namespace
}  // namespace bayplan::metadata
