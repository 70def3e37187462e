// The tar of a snapshot against its parent: names and order, what each driver makes of the same change, and
// what is refused. That it gives the tree again is for diff_random_test.cc.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "diff_store.h"
#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void set_time(const fs::path& path, time_t seconds, long nanoseconds = 0) {
  const timespec time{seconds, nanoseconds};
  const std::array<timespec, 2> times{time, time};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0) << path;
}

void make_socket(const fs::path& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.native().size(), sizeof(address.sun_path));
  std::strcpy(address.sun_path, path.c_str());
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
}

class LayerDiffTest : public testing::TestWithParam<std::string> {
 protected:
  DiffStore store{GetParam()};

  /// "base": a directory with two files, a link between names, an empty directory.
  void make_base() {
    store.make("base", "", [](const fs::path& root) {
      fs::create_directory(root / "d");
      write_file(root / "d/a", "alpha");
      write_file(root / "d/b", "beta");
      fs::create_hard_link(root / "d/a", root / "twin");
      fs::create_directory(root / "empty");
      set_time(root / "d", 1'000);
      set_time(root, 1'000);
    });
  }
  std::vector<std::string> names_of(const std::string& key) {
    std::vector<std::string> found;
    for (const ReadEntry& entry : read_good(store.diff(key))) found.push_back(entry.entry.name);
    return found;
  }
  std::vector<std::string> changed_names(const std::function<void(const fs::path&)>& change) {
    make_base();
    store.make("top", "base", change);
    return names_of("top");
  }
  Error refusal(const std::function<void(const fs::path&)>& change) {
    store.make("refused", "", change);
    StringSink sink;
    const auto report = store.diff_to("refused", sink);
    EXPECT_FALSE(report);
    return report ? Error(Errc::io, "nothing", "refused") : report.error();
  }
};

INSTANTIATE_TEST_SUITE_P(Drivers, LayerDiffTest, testing::Values("overlay", "native"),
                         [](const auto& each) { return each.param; });

TEST_P(LayerDiffTest, OfABaseIsAllOfItParentsFirstInOrder) {
  make_base();
  ASSERT_THAT(names_of("base"), ElementsAre("./", "d/", "d/a", "d/b", "empty/", "twin"));
  const auto entries = read_good(store.diff("base"));
  EXPECT_EQ(entries[2].content, "alpha");
  EXPECT_EQ(entries[5].entry.type, TarType::hard_link);
  EXPECT_EQ(entries[5].entry.link, "d/a");
}

TEST_P(LayerDiffTest, OfNothingIsEmpty) {
  EXPECT_THAT(changed_names([](const fs::path&) {}), IsEmpty());
  ASSERT_EQ(words(store.view("look", "base")), "");
  EXPECT_THAT(names_of("look"), IsEmpty());
}

TEST_P(LayerDiffTest, OfAnActiveSnapshotIsWhatItHoldsNow) {
  make_base();
  ASSERT_EQ(words(store.prepare("c1", "base")), "");
  {
    const Mounted mounted(store, "c1");
    write_file(mounted / "d/new", "now");
    set_time(mounted / "d", 1'000);
  }
  EXPECT_THAT(names_of("c1"), ElementsAre("d/", "d/new"));
}

TEST_P(LayerDiffTest, ChangedFilesBringTheirDirectories) {
  EXPECT_THAT(changed_names([](const fs::path& root) { write_file(root / "d/b", "changed"); }),
              ElementsAre("d/", "d/b"));
}

TEST_P(LayerDiffTest, ATimePutBackHidesNothing) {
  EXPECT_THAT(changed_names([](const fs::path& root) {
                struct stat before {};
                ASSERT_EQ(::stat((root / "d/b").c_str(), &before), 0);
                write_file(root / "d/b", "BETA");
                set_time(root / "d/b", before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
              }),
              ElementsAre("d/", "d/b"));
}

TEST_P(LayerDiffTest, RemovedNamesAreWhiteoutsOfNobodyAndNoTime) {
  EXPECT_THAT(changed_names([](const fs::path& root) {
                fs::remove(root / "d/b");
                fs::remove(root / "empty");
                set_time(root / "d", 1'000);
                set_time(root, 1'000);
              }),
              ElementsAre("d/", "d/.wh.b", ".wh.empty"));
  const TarEntry marker = read_good(store.diff("top"))[1].entry;
  EXPECT_EQ(marker.type, TarType::file);
  EXPECT_EQ(marker.size, 0u);
  EXPECT_EQ(marker.mode, 0u);
  EXPECT_EQ(marker.mtime, Time());
}

TEST_P(LayerDiffTest, AReplacedDirectoryHidesWhatItHad) {
  const auto found = changed_names([](const fs::path& root) {
    fs::remove_all(root / "d");
    fs::create_directory(root / "d");
    write_file(root / "d/new", "");
    set_time(root, 1'000);
  });
  if (GetParam() == "overlay") {
    EXPECT_THAT(found, ElementsAre("d/", "d/.wh..wh..opq", "d/new"));
  } else {
    EXPECT_THAT(found, ElementsAre("d/", "d/.wh.a", "d/.wh.b", "d/new"));
  }
}

TEST_P(LayerDiffTest, ANewDirectoryHidesNothing) {
  EXPECT_THAT(changed_names([](const fs::path& root) {
                fs::create_directories(root / "new/inner");
                set_time(root, 1'000);
              }),
              ElementsAre("new/", "new/inner/"));
}

TEST_P(LayerDiffTest, TheRootIsThereWhenItChanged) {
  EXPECT_THAT(changed_names([](const fs::path& root) { ASSERT_EQ(::chmod(root.c_str(), 0700), 0); }),
              ElementsAre("./"));
}

TEST_P(LayerDiffTest, AllNamesOfAFileComeTogether) {
  const auto found = changed_names([](const fs::path& root) {
    fs::create_hard_link(root / "d/b", root / "third");
    set_time(root, 1'000);
  });
  ASSERT_THAT(found, ElementsAre("d/", "d/b", "third"));
  EXPECT_EQ(read_good(store.diff("top"))[2].entry.link, "d/b");
}

TEST_P(LayerDiffTest, TheSameTreeGivesTheSameBytes) {
  make_base();
  const std::string once = store.diff("base");
  EXPECT_EQ(store.diff("base"), once);
  store.apply("again", "", once);
  EXPECT_EQ(store.diff("again"), once);
}

TEST_P(LayerDiffTest, AttributesOfTheHostAndTheDriverStayOut) {
  make_base();
  store.make("top", "base", [](const fs::path& root) {
    write_file(root / "d/b", "x");
    ASSERT_EQ(::setxattr((root / "d/b").c_str(), "user.mine", "1", 1, 0), 0);
    ASSERT_EQ(::setxattr((root / "d/b").c_str(), "trusted.host", "1", 1, 0), 0);
    fs::remove_all(root / "d/a");
    fs::create_directory(root / "d/a");  // the overlay driver marks it
  });
  for (const ReadEntry& entry : read_good(store.diff("top"))) {
    for (const auto& xattr : entry.entry.xattrs) EXPECT_EQ(xattr.first, "user.mine") << entry.entry.name;
  }
}

TEST_P(LayerDiffTest, HolesAreZeros) {
  store.make("sparse", "", [](const fs::path& root) {
    write_file(root / "f", "x");
    ASSERT_EQ(::truncate((root / "f").c_str(), 1'000'000), 0);
  });
  const auto entries = read_good(store.diff("sparse"));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].content, "x" + std::string(999'999, '\0'));
  EXPECT_FALSE(entries[1].entry.sparse);
}

TEST_P(LayerDiffTest, SocketsStayOutWithAWord) {
  make_base();
  store.make("top", "base", [](const fs::path& root) {
    fs::remove(root / "d/b");
    make_socket(root / "d/b");
    make_socket(root / "d/other");
  });
  StringSink sink;
  const auto report = store.diff_to("top", sink);
  ASSERT_EQ(words(report), "");
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("\"d/b\""), HasSubstr("\"d/other\"")));
  std::vector<std::string> found;
  for (const ReadEntry& entry : read_good(sink.text)) found.push_back(entry.entry.name);
  EXPECT_THAT(found, ElementsAre("d/", "d/.wh.b")) << "the file that the socket replaced does not come back";
}

TEST_P(LayerDiffTest, DevicesThatMeanWhiteoutsStayOut) {
  store.make("device", "", [](const fs::path& root) {
    ASSERT_EQ(::mknod((root / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
    ASSERT_EQ(::mknod((root / "zero").c_str(), S_IFCHR | 0666, makedev(0, 0)), 0);
  });
  EXPECT_THAT(names_of("device"), ElementsAre("./", "null"));
}

TEST_P(LayerDiffTest, NamesOfWhiteoutsAreRefused) {
  const Error error = refusal([](const fs::path& root) {
    fs::create_directory(root / "d");
    write_file(root / "d/.wh.x", "");
  });
  EXPECT_EQ(error.code(), Errc::invalid_argument);
  EXPECT_THAT(error.to_string(), HasSubstr("d/.wh.x"));
}

TEST_P(LayerDiffTest, PathsThatNoReaderTakesAreRefused) {
  const Error error = refusal([](const fs::path& root) {
    UniqueFd at(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::string name(250, 'n');
    for (int depth = 0; depth < 20; ++depth) {
      ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0755), 0);
      at.reset(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
  });
  EXPECT_EQ(error.code(), Errc::too_large);
}

TEST_P(LayerDiffTest, MissingSnapshotsAreNotFound) {
  StringSink sink;
  EXPECT_EQ(outcome(store.diff_to("absent", sink)), "not_found");
}

TEST_P(LayerDiffTest, CancelStopsIt) {
  make_base();
  Control control;
  control.cancel.cancel();
  StringSink sink;
  EXPECT_EQ(outcome(store.diff_to("base", sink, control)), "cancelled");
}

TEST_P(LayerDiffTest, RemovalWaitsForIt) {
  make_base();
  {
    const auto diff = store.db().view(
        [&](const metadata::ReadTx& tx) { return store.snapshotter().diff(tx, DiffStore::kNs, "base"); });
    ASSERT_EQ(words(diff), "");
    ASSERT_EQ(words(store.remove("base")), "");
    EXPECT_EQ(words(store.sweep()), "");
    StringSink sink;
    const auto report = diff->write(sink, {});
    ASSERT_EQ(words(report), "");
    EXPECT_EQ(report->entries, 6u);
  }
  EXPECT_EQ(words(store.sweep()), "");
}

TEST(OverlayDiff, ForeignOverlaysAreRefused) {
  for (const char* const note : {"redirect", "metacopy", "whiteout"}) {
    DiffStore store("overlay");
    ASSERT_EQ(words(store.commit_empty("base")), "");
    ASSERT_EQ(words(store.prepare("top", "base")), "");
    const fs::path file = store.directory(store.stat("top")->directory) / "fs/f";
    write_file(file, "");
    const std::string name = std::string("trusted.overlay.") + note;
    ASSERT_EQ(::setxattr(file.c_str(), name.c_str(), "y", 1, 0), 0);
    StringSink sink;
    EXPECT_EQ(outcome(store.diff_to("top", sink)), "unsupported") << note;
  }
}

}  // namespace
}  // namespace bayplan::snapshots
