// A store's data.mdb read without LMDB: what it finds in a good one, and that no damage passes unnoticed.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/file_source.h"
#include "bucket_comparison.h"
#include "byte_order.h"
#include "damaged_file.h"
#include "file_look.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kPage = 4096;

class StoreFile : public StoreTest {
 protected:
  // Two commits, with buckets inline and not, long keys, and values on pages of their own.
  void SetUp() override {
    StoreTest::SetUp();
    for (const std::string version : {"1", "2"}) {
      update([&](WriteTx& tx) {
        auto images = tx.root().create_path({"v1", "default", "images"}).value();
        for (int i = 0; i < 40; ++i) {
          auto image = images.create_bucket_if_not_exists("image:" + std::to_string(i)).value();
          image.put("updatedat", version).value();
          image.create_path({"target"}).value().put("digest", "sha256:" + std::string(64, 'a')).value();
          image.create_path({"target", "deep"}).value().set_sequence(5).value();
        }
        auto odd = tx.create_bucket_if_not_exists("odd").value();
        for (const char last : {'a', 'b'})
          odd.put(std::string(1200, 'k') + last, "a long key of " + version).value();
        odd.put("large", std::string(9000, version[0])).value();
        odd.put("nothing", "").value();
        odd.set_sequence(77).value();
      });
      commits_.push_back(lines());
    }
    view([&](const ReadTx& tx) { digest_ = logical_digest(tx.root()).value().to_string(); });
    good_ = read_data(path());
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all = test::dump(root_bucket(*db().begin_read().value()));
    std::sort(all.begin(), all.end());
    return all;
  }
  std::filesystem::path file() const { return files_.path() / "data.mdb"; }
  Result<std::unique_ptr<FileSource>> open(const std::string& bytes) {
    write_data(files_.path(), bytes);
    return open_store_file(file());
  }

  std::uint64_t last_transaction() const {
    return std::max(load_le<std::uint64_t>(good_.data() + 16 + 128),
                    load_le<std::uint64_t>(good_.data() + kPage + 16 + 128));
  }

  // What is shown without a word of damage is what one of the commits held, whole; what is shown with one is
  // part of that.
  void survive(const std::string& bytes) {
    const auto source = open(bytes);
    if (!source) {
      EXPECT_TRUE(code(source) == Errc::corrupt || code(source) == Errc::version_mismatch)
          << source.error().to_string();
      ++refused_;
      return;
    }
    const Look seen = look(**source);
    const bool told =
        !seen.damage.empty() || !(*source)->facts().problems.empty() || !problems_of(**source).empty();
    told ? ++told_ : ++unharmed_;
    const auto holds = [&](const std::vector<std::string>& commit) {
      return told ? std::includes(commit.begin(), commit.end(), seen.lines.begin(), seen.lines.end())
                  : commit == seen.lines;
    };
    EXPECT_TRUE(holds(commits_[0]) || holds(commits_[1])) << "damage went unnoticed";
  }

  test::TempDir files_;
  std::vector<std::vector<std::string>> commits_;
  std::string digest_;
  std::string good_;
  int refused_ = 0;
  int told_ = 0;
  int unharmed_ = 0;
};

TEST_F(StoreFile, holds_what_the_store_holds) {
  for (const auto& place : {path(), path() / "data.mdb", path().parent_path()}) {
    const auto source = open_file_source(place);
    ASSERT_TRUE(source) << source.error().to_string();
    EXPECT_EQ((*source)->facts().format, "LMDB 0.9");
    EXPECT_EQ((*source)->facts().page_bytes, kPage);
    EXPECT_EQ(logical_digest(root_bucket(**source)).value().to_string(), digest_);
    EXPECT_EQ(problems_of(**source), std::vector<std::string>{});
    EXPECT_TRUE((*source)->unchanged());
  }
}

TEST_F(StoreFile, finds_every_key_from_both_sides) {
  const auto source = open_store_file(path() / "data.mdb").value();
  const auto tx = db().begin_read().value();
  expect_same_buckets(root_bucket(*source), root_bucket(*tx), [&](const Entry& ours, const Entry& theirs) {
    EXPECT_EQ(ours.revision, theirs.revision);
    source->forget();
  });
}

TEST_F(StoreFile, reads_without_a_slot_for_as_long_as_its_pages_last) {
  // By this name it has no lock file beside it, and so no slot for a reader.
  const auto linked = path().parent_path() / "linked.mdb";
  std::filesystem::create_hard_link(path() / "data.mdb", linked);
  const auto source = open_store_file(linked).value();
  const auto put = [&](const std::string& key) {
    update([&](WriteTx& tx) { tx.create_bucket_if_not_exists("more").value().put(key, "").value(); });
  };
  put("a");
  EXPECT_EQ(logical_digest(root_bucket(*source)).value().to_string(), digest_);
  EXPECT_TRUE(source->unchanged());
  put("b");
  EXPECT_EQ(code(source->unchanged()), Errc::busy);
}

TEST_F(StoreFile, a_damaged_meta_page_leaves_the_other_ones_commit) {
  for (const std::size_t page : {0U, 1U}) {
    std::string bytes = good_;
    bytes[page * kPage + 16] ^= 1;
    const auto source = open(bytes).value();
    EXPECT_FALSE(source->facts().metas[page].transaction);
    EXPECT_FALSE(source->facts().problems.empty());
    const Look seen = look(*source);
    EXPECT_EQ(seen.damage, std::vector<std::string>{});
    const bool newest = source->facts().transaction == last_transaction();
    EXPECT_EQ(seen.lines, commits_[newest ? 1 : 0]);
  }
}

TEST_F(StoreFile, names_other_machines_and_versions) {
  const auto told = [&](std::size_t at, std::uint32_t magic, std::uint32_t version) {
    std::string bytes = good_;
    for (const std::size_t page : {std::size_t{0}, kPage}) {
      bytes.replace(page + 12, 20, 20, '\0');
      store_le(bytes.data() + page + at, magic);
      store_le(bytes.data() + page + at + 4, version);
    }
    const auto source = open(bytes);
    EXPECT_EQ(code(source), Errc::version_mismatch);
    return source ? std::string() : source.error().to_string();
  };
  EXPECT_NE(told(16, 0xDEC0EFBE, 0x01000000).find("big-endian"), std::string::npos);
  EXPECT_NE(told(12, 0xBEEFC0DE, 1).find("32-bit"), std::string::npos);
  EXPECT_NE(told(12, 0xDEC0EFBE, 0x01000000).find("big-endian machine of 32 bits"), std::string::npos);
  EXPECT_NE(told(24, 0xBEEFC0DE, 2).find("LMDB 1.0"), std::string::npos);
}

TEST_F(StoreFile, tells_every_truncation) {
  for (std::size_t size = 0; size < good_.size(); size += kPage) survive(good_.substr(0, size));
  EXPECT_GT(told_, 0);
  EXPECT_EQ(unharmed_, 0);
}

TEST_F(StoreFile, tells_zeroed_swapped_and_repeated_pages) {
  const std::size_t pages = good_.size() / kPage;
  for (std::size_t page = 0; page < pages; ++page) {
    SCOPED_TRACE(page);
    std::string zeroed = good_;
    zeroed.replace(page * kPage, kPage, kPage, '\0');
    survive(zeroed);
    std::string repeated = good_;
    repeated.replace(page * kPage, kPage, good_, (page * 7 + 3) % pages * kPage, kPage);
    survive(repeated);
    if (page == 0) continue;
    std::string swapped = good_;
    const auto at = swapped.begin() + static_cast<std::ptrdiff_t>(page * kPage);
    std::swap_ranges(at - kPage, at, at);
    survive(swapped);
  }
  EXPECT_GT(told_, 0);
}

// BAYPLAN_MUTATIONS is another number of them, BAYPLAN_TEST_SEED another beginning.
TEST_F(StoreFile, no_mutation_crashes_or_goes_unnoticed) {
  const auto from_environment = [](const char* name, std::size_t otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::strtoul(given, nullptr, 10) : otherwise;
  };
  const std::size_t seed = from_environment("BAYPLAN_TEST_SEED", std::random_device{}());
  SCOPED_TRACE("BAYPLAN_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (std::size_t left = from_environment("BAYPLAN_MUTATIONS", 400); left > 0; --left) {
    std::string bytes = good_;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      // Half of them where structure is, a quarter in the meta pages.
      const std::size_t page = random() % (random() % 4 == 0 ? 2 : bytes.size() / kPage);
      const std::size_t at = page * kPage + (random() % 2 == 0 ? random() % 160 : random() % kPage);
      const std::size_t length = 1 + random() % 16;
      switch (random() % 4) {
        case 0:
          bytes.replace(at, std::min(length, bytes.size() - at), std::min(length, bytes.size() - at), '\0');
          break;
        case 1:
          bytes.replace(at, std::min(length, bytes.size() - at), good_, random() % (good_.size() - length),
                        std::min(length, bytes.size() - at));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      }
    }
    survive(bytes);
    ASSERT_FALSE(HasFailure()) << left;
  }
  EXPECT_GT(refused_ + told_, 0);  // few files are refused as a whole, none of 400 now and then
  EXPECT_GT(unharmed_, 0);
}

}  // namespace
}  // namespace bayplan::metadata
