// Good layers of every kind, damaged: cut off, with bits flipped, with pieces left out or said twice. Never a
// crash; a refusal is an error of the classes that damage has and leaves the store as it was, which stays
// without fault.
//
// BAYPLAN_MUTATIONS is how many are tried with each driver (default 200), BAYPLAN_TEST_SEED the first seed.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "bayplan/images/images.h"
#include "bayplan/images/import.h"
#include "bayplan/metadata/check.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/namespaces.h"
#include "corpus/corpus.h"
#include "support/temp_dir.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamespace = "default";
constexpr const char* kName = "localhost/mutant:1";
/// In one child, so that a crash costs no more.
constexpr std::uint32_t kBatch = 50;

std::uint32_t number_from_environment(const char* name, std::uint32_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// Something of everything that a layer of this dialect can hold.
std::string good_layer(TarDialect dialect) {
  TarBuilder tar(dialect);
  tar.dir("d", {.mode = 0750, .uid = 7}).file("d/f", std::string(3000, 'f')).symlink("s", "d");
  tar.hard_link("h", "d/f").file("d/.wh.lower", "").file("o/.wh..wh..opq", "");
  tar.device("c", '3', 1, 3).fifo("p").file("s/behind", "x");
  if (dialect == TarDialect::gnu) tar.file(std::string(150, 'l'), "long");
  if (dialect != TarDialect::pax) return tar.end();
  tar.file("x", "1", {.uid = 3000000, .xattrs = {{"user.x", "1"}, {"user.y", "2"}}});
  tar.pax({{"GNU.sparse.size", "10"},
           {"GNU.sparse.numblocks", "2"},
           {"GNU.sparse.name", "sparse"},
           {"GNU.sparse.map", "1,2,7,3"}});
  return tar.header({.name = "sparse", .size = 5}).data("abcde").end();
}

std::string damaged(std::string bytes, std::minstd_rand& chance) {
  const std::size_t at = chance() % bytes.size();
  const std::size_t length = 1 + chance() % 600;
  switch (chance() % 5) {
    case 0:
      return bytes.substr(0, at);
    case 1:
      return bytes.erase(at, length);
    case 2:
      return bytes.insert(at, bytes.substr(chance() % bytes.size(), length));
    case 3:
      return bytes.replace(at, length, length, static_cast<char>(chance()));
    default:
      break;
  }
  for (std::size_t flips = 1 + chance() % 8; flips > 0; --flips) {
    char& byte = bytes[chance() % bytes.size()];
    byte = static_cast<char>(byte ^ (1 << chance() % 8));
  }
  return bytes;
}

void write_mutant(const fs::path& source, std::uint32_t seed) {
  std::minstd_rand chance(seed);
  chance.discard(5);  // neighbours among the seeds begin alike
  const std::string good = good_layer(static_cast<TarDialect>(chance() % 4));
  const auto packing = static_cast<Packing>(chance() % 3);
  if (chance() % 2 == 0) {  // the archive, in a stream that is right
    const std::string lower = TarBuilder().dir("d").file("d/lower", "1").dir("o").file("o/lower", "2").end();
    layers({lower, damaged(good, chance)}, packing)(source);
  } else {
    constexpr const char* kSuffixes[] = {"", "+gzip", "+zstd"};
    packed_layer(damaged(pack(good, packing), chance),
                 std::string("application/vnd.oci.image.layer.v1.tar") + kSuffixes[static_cast<int>(packing)],
                 Digest::of(good))(source);
  }
}

/// All records, and the names of all files but those that every command may make.
std::string state_of(images::Store& store) {
  const auto digest = store.db().view([](const metadata::ReadTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(const auto bucket, tx.bucket("v1"));
    if (!bucket) return std::string();  // of a store that never held anything
    BAYPLAN_ASSIGN(const Digest logical, metadata::logical_digest(*bucket));
    return logical.to_string();
  });
  std::string state = digest ? *digest : digest.error().to_string();
  std::set<std::string> paths;
  for (const char* const part : {"content", "snapshots"}) {
    for (const auto& entry : fs::recursive_directory_iterator(store.root().path / part)) {
      if (entry.path().filename() != "next") paths.insert(entry.path());
    }
  }
  for (const std::string& path : paths) state += "\n" + path;
  return state;
}

class Mutations : public testing::TestWithParam<const char*> {
 protected:
  static bool is_of_damage(Errc code) {
    constexpr Errc kDamage[] = {Errc::corrupt, Errc::digest_mismatch, Errc::invalid_argument, Errc::too_large,
                                Errc::unsupported};
    return std::find(std::begin(kDamage), std::end(kDamage), code) != std::end(kDamage);
  }

  static void try_mutant(images::Store& store, const fs::path& source, std::uint32_t seed) {
    write_mutant(source, seed);
    const std::string before = state_of(store);
    const auto imported = images::import(store, kNamespace, source, {.name = kName}, {});
    if (imported) {
      EXPECT_TRUE(
          store.db().update([](metadata::WriteTx& tx) { return images::remove(tx, kNamespace, kName); }));
      EXPECT_TRUE(metadata::collect(store.db(), store.gc_kinds(), {}, {}));
    } else {
      EXPECT_TRUE(is_of_damage(imported.error().code())) << imported.error().to_string();
      EXPECT_EQ(state_of(store), before);
    }
    fs::remove_all(source);
  }

  /// Tries some, the first of `seed`, and leaves in `current` which it is at.
  static void try_batch(const fs::path& root, std::uint32_t seed, std::uint32_t count,
                        std::uint32_t& current) {
    auto store = images::Store::open(root / "store", {.snapshotter = GetParam()});
    ASSERT_TRUE(store) << store.error().to_string();
    for (current = seed; current < seed + count; ++current) {
      SCOPED_TRACE("seed " + std::to_string(current));
      try_mutant(*store, root / "source", current);
    }
    const auto checked = metadata::check(store->db(), store->gc_kinds());
    ASSERT_TRUE(checked) << checked.error().to_string();
    for (const auto& problem : checked->problems) ADD_FAILURE() << problem.object.key << ": " << problem.what;
  }
};

TEST_P(Mutations, OfLayersAreRefusedOrHarmless) {
  const std::uint32_t first = number_from_environment("BAYPLAN_TEST_SEED", 1);
  const std::uint32_t all = number_from_environment("BAYPLAN_MUTATIONS", 200);
  void* const shared =
      ::mmap(nullptr, sizeof(std::uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& current = *static_cast<std::uint32_t*>(shared);
  for (std::uint32_t done = 0; done < all; done += kBatch) {
    const TempDir directory;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      try_batch(directory.path(), first + done, std::min(kBatch, all - done), current);
      std::fflush(nullptr);
      ::_exit(HasFailure() ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "at seed " << current;
  }
  ::munmap(shared, sizeof(std::uint32_t));
}

INSTANTIATE_TEST_SUITE_P(Drivers, Mutations, testing::Values("overlay", "native"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace bayplan::test
