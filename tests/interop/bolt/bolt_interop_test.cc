// What bbolt reads in its own files, our reader reads as well.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>

#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/file_source.h"
#include "file_look.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kPage = 4096;

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* const given = std::getenv(name);
  return given != nullptr ? std::strtoul(given, nullptr, 10) : otherwise;
}

std::size_t differences(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.size() != b.size()) return b.size();
  return static_cast<std::size_t>(
      std::inner_product(a.begin(), a.end(), b.begin(), 0, std::plus<>(), std::not_equal_to<>()));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class BoltInterop : public testing::Test {
 protected:
  // Made by bbolt; answers the digest of what bbolt reads.
  std::string make(std::vector<std::string> how) {
    std::filesystem::remove(file());
    how.insert(how.begin(), {BOLT_FIXTURE, file().string()});
    const test::CommandResult made = test::run_command(how);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.out.substr(0, made.out.find('\n'));
  }
  std::filesystem::path file() const { return directory_.path() / "meta.db"; }

  void write_at(std::size_t at, const std::string& bytes) const {
    std::fstream out(file(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(at));
    out << bytes;
  }

  void expect_same(const std::string& digest) {
    const auto source = open_bolt_file(file());
    ASSERT_TRUE(source) << source.error().to_string();
    EXPECT_EQ(problems_of(**source), std::vector<std::string>{});
    EXPECT_EQ(logical_digest(root_bucket(**source)).value().to_string(), digest);
  }

 private:
  test::TempDir directory_;
};

TEST_F(BoltInterop, reads_what_bbolt_wrote_at_every_page_size) {
  int seed = 0;
  for (int page_bytes = 1024; page_bytes <= 65536; page_bytes *= 2) {
    for (const char* const free_list : {"true", "false"}) {
      SCOPED_TRACE(std::to_string(page_bytes) + " " + std::to_string(++seed));
      expect_same(make({"random", std::to_string(page_bytes), free_list, std::to_string(seed)}));
    }
  }
}

TEST_F(BoltInterop, reads_what_containerd_wrote) {
  if (!HAS_CONTAINERD) GTEST_SKIP() << "containerd's packages are not there";
  expect_same(make({"containerd"}));
  const auto source = open_bolt_file(file()).value();
  const auto images = root_bucket(*source).descend({"v1", "moby", "images"}).value();
  ASSERT_TRUE(images);
  EXPECT_FALSE(images->bucket("registry.example/library/image3:latest").value());
  const auto image = images->descend({"registry.example/library/image4:latest", "target"}).value();
  ASSERT_TRUE(image);
  EXPECT_EQ(image->get("size").value(), "\x0a") << "5 as a zig-zag varint";
}

// bolt has no checksums for its data: a changed byte of a value passes, and so does the length of a page's
// last element, but no change of structure beyond that. BAYPLAN_MUTATIONS is another number of mutations,
// BAYPLAN_TEST_SEED another beginning.
TEST_F(BoltInterop, no_mutation_crashes_or_changes_the_structure_unnoticed) {
  if (!HAS_CONTAINERD) GTEST_SKIP() << "containerd's packages are not there";
  make({"containerd"});
  const std::string good = read_file(file());
  const std::vector<std::string> shape = look(*open_bolt_file(file()).value()).shape;
  const std::size_t pages = open_bolt_file(file()).value()->facts().pages;
  const std::size_t seed = from_environment("BAYPLAN_TEST_SEED", std::random_device{}());
  SCOPED_TRACE("BAYPLAN_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::size_t told = 0;
  for (std::size_t left = from_environment("BAYPLAN_MUTATIONS", 200); left > 0; --left) {
    // Half of them where structure is, an eighth in the meta pages.
    const std::size_t page = random() % (random() % 8 == 0 ? 2 : pages);
    const std::size_t at = page * kPage + (random() % 2 == 0 ? random() % 160 : random() % (kPage - 16));
    std::string change(1, static_cast<char>(good[at] ^ (1 << random() % 8)));
    if (random() % 3 == 0) change = std::string(1 + random() % 16, '\0');
    if (random() % 6 == 0) change = good.substr(random() % pages * kPage, 1 + random() % 16);
    write_at(at, change);
    const auto source = open_bolt_file(file());
    if (!source || !problems_of(**source).empty()) {
      ++told;
    } else {
      EXPECT_LE(differences(look(**source).shape, shape), 1u) << "offset " << at;
    }
    write_at(at, good.substr(at, change.size()));
    ASSERT_FALSE(HasFailure()) << left;
  }
  EXPECT_GT(told, 0u);
}

}  // namespace
}  // namespace bayplan::metadata
