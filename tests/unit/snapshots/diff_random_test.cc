// Random changes of random trees: the diff of each snapshot, applied elsewhere, gives its tree again, in both
// drivers, and the drivers' diffs of the same change give the same tree. BAYPLAN_TEST_SEED replays a run,
// BAYPLAN_DIFF_TREES says how many trees are made.
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "contract/buckets/random.h"
#include "diff_store.h"

namespace bayplan::snapshots {
namespace {

namespace fs = std::filesystem;
using metadata::Random;

// Made from a seed alone, so that two stores get the same.
class Mutator {
 public:
  Mutator(std::size_t seed, fs::path root) : random_(seed), root_(std::move(root)) {}

  void run(std::size_t steps) {
    for (std::size_t step = 0; step < steps; ++step) {
      const fs::path directory = pick_directory();
      if (random_.one_in(3)) {
        change(directory);
      } else {
        create(directory / new_name());
      }
      set_time(directory);
    }
  }

 private:
  static fs::file_status status(const fs::path& path) { return fs::symlink_status(path); }
  // Counted, because overlays answer the number of the lower layer's names.
  std::size_t names_of(const fs::path& path) const {
    struct stat sought {};
    EXPECT_EQ(::lstat(path.c_str(), &sought), 0) << path;
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      struct stat info {};
      EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0) << entry.path();
      if (info.st_ino == sought.st_ino && info.st_dev == sought.st_dev) ++count;
    }
    return count;
  }

  std::vector<fs::path> children(const fs::path& directory) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path pick_directory() {
    fs::path at = root_;
    while (!random_.one_in(3)) {
      std::vector<fs::path> below = children(at);
      std::erase_if(below, [](const fs::path& path) { return !fs::is_directory(status(path)); });
      if (below.empty()) break;
      at = below[random_.below(below.size())];
    }
    return at;
  }

  std::string new_name() {
    switch (random_.below(8)) {
      case 0:
        return "line\nbreak" + std::to_string(random_.below(3));
      case 1:
        return "\xc3\xa9" + std::to_string(random_.below(3));
      case 2:
        return std::string(200 + random_.below(56), static_cast<char>('a' + random_.below(3)));
      case 3:
        return "\xff" + std::to_string(random_.below(3));
      default:
        return std::string(1, static_cast<char>('a' + random_.below(6)));
    }
  }

  void set_time(const fs::path& path) {
    timespec time{};
    time.tv_sec = static_cast<time_t>(random_.below(std::size_t{1} << 33)) - 1'000'000;
    time.tv_nsec = random_.one_in(2) ? static_cast<long>(random_.below(1'000'000'000)) : 0;
    const std::array<timespec, 2> times{time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0) << path;
  }

  void describe(const fs::path& path) {
    const bool link = fs::is_symlink(status(path));
    const auto id = [&] { return static_cast<uid_t>(random_.one_in(4) ? 3'000'000'000u : random_.below(3)); };
    const uid_t uid = id();
    EXPECT_EQ(::lchown(path.c_str(), uid, id()), 0);
    const std::string value = random_.bytes(random_.below(20));
    const bool plain = fs::is_regular_file(status(path)) || fs::is_directory(status(path));
    if (plain && random_.one_in(3)) {
      EXPECT_EQ(::lsetxattr(path.c_str(), "user.r", value.data(), value.size(), 0), 0);
    }
    if (!link) {
      EXPECT_EQ(::chmod(path.c_str(), static_cast<mode_t>(random_.below(010000)) | 0700u), 0);
    }
    set_time(path);
  }

  void write_content(const fs::path& path) {
    const std::size_t size = random_.one_in(10) ? 300'000 : random_.below(2'000);
    write_file(path, random_.bytes(size));
    if (random_.one_in(5)) {
      EXPECT_EQ(::truncate(path.c_str(), static_cast<off_t>(size + random_.below(50'000))), 0);
    }
  }

  void create(const fs::path& path) {
    if (fs::exists(status(path))) fs::remove_all(path);
    switch (random_.below(9)) {
      case 0:
      case 1:
        fs::create_directory(path);
        break;
      case 2:
        fs::create_symlink(new_name(), path);
        break;
      case 3:
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        break;
      case 4:
        EXPECT_EQ(::mknod(path.c_str(), S_IFBLK | 0600, makedev(7, static_cast<unsigned>(random_.below(4)))),
                  0);
        break;
      default:
        write_content(path);
    }
    describe(path);
    if (!fs::is_directory(status(path)) && random_.one_in(3)) add_names(path);
  }

  void add_names(const fs::path& path) {
    for (std::size_t count = 1 + random_.below(2); count > 0; --count) {
      const fs::path directory = pick_directory();
      const fs::path name = directory / new_name();
      if (fs::exists(status(name))) continue;
      fs::create_hard_link(path, name);
      set_time(directory);
    }
  }

  // Files of several names are only removed or parted: overlays give the name that is changed a file of its
  // own.
  void change(const fs::path& directory) {
    const std::vector<fs::path> below = children(directory);
    if (below.empty()) return;
    const fs::path path = below[random_.below(below.size())];
    const bool shared = !fs::is_directory(status(path)) && names_of(path) > 1;
    if (shared && random_.one_in(2)) return part(path);
    switch (shared ? 0 : random_.below(6)) {
      case 0:
        fs::remove_all(path);
        break;
      case 5:
        if (!fs::is_directory(status(path))) add_names(path);
        break;
      case 1:
        describe(path);
        break;
      case 2:
        rewrite_unseen(path);
        break;
      case 3:
        move(path);
        break;
      default:
        if (fs::is_regular_file(status(path))) write_content(path);
        set_time(path);
    }
  }

  // Other bytes, but the same size and time.
  void rewrite_unseen(const fs::path& path) {
    struct stat info {};
    if (!fs::is_regular_file(status(path)) || ::lstat(path.c_str(), &info) != 0) return;
    write_file(path, random_.bytes(static_cast<std::size_t>(info.st_size)));
    const std::array<timespec, 2> times{info.st_mtim, info.st_mtim};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  }

  // A copy that only its inode tells from what it was linked to.
  static void part(const fs::path& path) {
    struct stat info {};
    if (!fs::is_regular_file(status(path)) || ::lstat(path.c_str(), &info) != 0) return;
    const std::string content = read_file(path);
    const fs::path copy = path.parent_path() / "copy";
    write_file(copy, content);
    EXPECT_EQ(::lchown(copy.c_str(), info.st_uid, info.st_gid), 0);
    EXPECT_EQ(::chmod(copy.c_str(), info.st_mode & 07777u), 0);
    const std::array<timespec, 2> times{info.st_mtim, info.st_mtim};
    EXPECT_EQ(::utimensat(AT_FDCWD, copy.c_str(), times.data(), 0), 0);
    fs::rename(copy, path);
  }

  void move(const fs::path& path) {
    const fs::path directory = pick_directory();
    const fs::path name = directory / new_name();
    if (fs::is_directory(status(path)) || fs::exists(status(name))) return;
    fs::rename(path, name);
    set_time(directory);
  }

  Random random_;
  fs::path root_;
};

class RandomDiff : public testing::TestWithParam<std::string> {
 protected:
  static constexpr std::size_t kLayers = 3;
  static std::string name(std::size_t layer) { return layer == 0 ? "" : "l" + std::to_string(layer); }

  static void make_layers(DiffStore& store, std::size_t seed) {
    for (std::size_t layer = 1; layer <= kLayers; ++layer) {
      store.make(name(layer), name(layer - 1),
                 [&](const fs::path& root) { Mutator(seed * 10 + layer, root).run(layer == 1 ? 60 : 25); });
    }
  }
  // What another store of `driver` makes of the diffs.
  static void expect_same_trees(DiffStore& store, const std::string& driver) {
    DiffStore other(driver);
    for (std::size_t layer = 1; layer <= kLayers; ++layer) {
      const std::string tar = store.diff(name(layer));
      EXPECT_TRUE(store.diff(name(layer)) == tar) << "the same snapshot gives the same bytes";
      other.apply(name(layer), name(layer - 1), tar);
      if (HasFatalFailure()) return;
      ASSERT_THAT(differences(store.tree(name(layer)), other.tree(name(layer))), testing::IsEmpty())
          << "layer " << layer << " of " << store.snapshotter().name() << " in " << driver;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Drivers, RandomDiff, testing::Values("overlay", "native"),
                         [](const auto& each) { return each.param; });

TEST_P(RandomDiff, AppliedGivesTheTreeAgain) {
  const std::size_t seed = metadata::test_seed();
  SCOPED_TRACE(metadata::replay_with(seed));
  const std::size_t trees = metadata::number_from_environment("BAYPLAN_DIFF_TREES", 8);
  for (std::size_t tree = 0; tree < trees; ++tree) {
    SCOPED_TRACE("tree " + std::to_string(tree));
    DiffStore store(GetParam());
    make_layers(store, seed + tree);
    for (const char* const driver : {"overlay", "native"}) expect_same_trees(store, driver);
    if (HasFailure()) return;
  }
}

TEST(RandomDiffs, OfBothDriversGiveOneTree) {
  const std::size_t seed = metadata::test_seed();
  SCOPED_TRACE(metadata::replay_with(seed));
  DiffStore overlay("overlay");
  DiffStore native("native");
  for (std::size_t layer = 1; layer <= 3; ++layer) {
    const std::string key = "l" + std::to_string(layer);
    const std::string below = layer == 1 ? "" : "l" + std::to_string(layer - 1);
    const auto change = [&](const fs::path& root) { Mutator(seed + layer, root).run(40); };
    overlay.make(key, below, change);
    native.make(key, below, change);
    DiffStore from_overlay("native");
    DiffStore from_native("native");
    const std::string parent = layer == 1 ? "" : "parent";
    if (layer > 1) {
      // Over one and the same parent.
      for (DiffStore* store : {&from_overlay, &from_native}) {
        std::string under;
        for (std::size_t i = 1; i < layer; ++i) {
          const std::string to = i + 1 == layer ? "parent" : "p" + std::to_string(i);
          store->apply(to, under, native.diff("l" + std::to_string(i)));
          under = to;
        }
      }
    }
    from_overlay.apply("top", parent, overlay.diff(key));
    from_native.apply("top", parent, native.diff(key));
    ASSERT_THAT(differences(from_overlay.tree("top"), from_native.tree("top")), testing::IsEmpty())
        << "layer " << layer;
    ASSERT_THAT(differences(native.tree(key), from_native.tree("top")), testing::IsEmpty())
        << "layer " << layer;
  }
}

}  // namespace
}  // namespace bayplan::snapshots
