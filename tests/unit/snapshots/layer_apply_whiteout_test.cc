// Whiteouts and opaque markers, and that trees come out the same however they are made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "layer_tree.h"
#include "layer_whiteout.h"

namespace bayplan::snapshots {
namespace {

using test::kTarEpoch;
using test::TarBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LayerWhiteout : public LayerTest {};
INSTANTIATE_TEST_SUITE_P(Trees, LayerWhiteout, ::testing::Values(How::plain, How::overlay), how_name);

constexpr const char* kOpaque = ".wh..wh..opq";

TEST_P(LayerWhiteout, RemovesLowerFilesDirectoriesAndLinks) {
  apply(TarBuilder()
            .dir("d")
            .file("d/f", "x")
            .file("d/g", "x")
            .symlink("d/s", "g")
            .dir("e")
            .file("e/deep/f", "x"));
  apply(TarBuilder().file("d/.wh.f", "").file("d/.wh.s", "").file(".wh.e", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/g"));
  EXPECT_EQ(tree.mtime("d"), kTarEpoch);
}

TEST_P(LayerWhiteout, OfSomethingAbsentLeavesNoTrace) {
  apply(TarBuilder().file("f", "low"));
  apply(TarBuilder()
            .dir("n")
            .file("n/.wh.x", "")
            .file("n/y", "")
            .file(".wh.nothing", "")
            .file("no/such/.wh.f", "")
            .file("f/.wh.x", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("f", "n/", "n/y"));
  apply(TarBuilder().file(std::string("no/such/") + kOpaque, ""));
  EXPECT_THAT(tree.paths(), ElementsAre("f", "n/", "n/y"));
}

TEST_P(LayerWhiteout, NeverRemovesWhatItsOwnLayerAdds) {
  apply(TarBuilder().file("f", "low").file("g", "low"));
  apply(
      TarBuilder().file("f", "new").file(".wh.f", "").file(".wh.g", "").file("g", "new").file("./.wh.g", ""));
  EXPECT_EQ(tree.content("f"), "new");
  EXPECT_EQ(tree.content("g"), "new");
}

TEST_P(LayerWhiteout, DeleteAndRecreateInEitherOrder) {
  for (const char* dir : {"before", "after"}) {
    apply(
        TarBuilder().dir(dir).file(std::string(dir) + "/f", "low").file(std::string(dir) + "/sub/f", "low"));
  }
  apply(TarBuilder()
            .file(".wh.before", "")
            .dir("before", {.mode = 0700})
            .file("before/g", "")
            .dir("after", {.mode = 0700})
            .file("after/g", "")
            .file(".wh.after", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("after/", "after/g", "before/", "before/g"));
  EXPECT_EQ(tree.mode("after"), 0700u);
  EXPECT_EQ(tree.mode("before"), 0700u);
}

TEST_P(LayerWhiteout, DirThenChildImpliesANewDirInEitherOrder) {
  const test::TarMeta odd{.mode = 01777, .uid = 5, .xattrs = {{"user.x", "low"}}};
  apply(TarBuilder().dir("before", odd).file("before/f", "").dir("after", odd).file("after/f", ""));
  apply(TarBuilder().file(".wh.before", "").file("before/g", "").file("after/g", "").file(".wh.after", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("after/", "after/g", "before/", "before/g"));
  for (const char* name : {"before", "after"}) {
    EXPECT_EQ(tree.mode(name), 0755u) << name;
    EXPECT_EQ(tree.stat(name).st_uid, 0u) << name;
    EXPECT_EQ(tree.mtime(name), Time()) << name;
    EXPECT_EQ(tree.xattr(name, "user.x"), std::nullopt) << name;
  }
}

TEST_P(LayerWhiteout, DeletedParentsModeIsNotInherited) {
  apply(TarBuilder().dir("d", {.mode = 0700}).file("d/f", ""));
  apply(TarBuilder().file(".wh.d", ""));
  apply(TarBuilder().file("d/g", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/g"));
  EXPECT_EQ(tree.mode("d"), 0755u);
}

TEST_P(LayerWhiteout, OpaqueHidesLowerChildrenWhereverItStands) {
  for (const char* dir : {"a", "b"}) {
    const std::string d = dir;
    apply(TarBuilder()
              .dir(d, {.mode = 0711})
              .file(d + "/old", "")
              .file(d + "/both", "low")
              .file(d + "/deep/old", "")
              .dir(d + "/kept", {.mode = 0700})
              .file(d + "/kept/old", ""));
  }
  apply(TarBuilder()
            .file(std::string("a/") + kOpaque, "")
            .file("a/new", "")
            .file("a/both", "up")
            .file("a/kept/new", ""));
  apply(TarBuilder()
            .file("b/new", "")
            .file("b/both", "up")
            .file("b/kept/new", "")
            .file(std::string("b/") + kOpaque, ""));
  EXPECT_THAT(tree.paths(), ElementsAre("a/", "a/both", "a/kept/", "a/kept/new", "a/new", "b/", "b/both",
                                        "b/kept/", "b/kept/new", "b/new"));
  for (const std::string dir : {"a", "b"}) {
    EXPECT_EQ(tree.content(dir + "/both"), "up");
    EXPECT_EQ(tree.mode(dir), 0711u);
    EXPECT_EQ(tree.mtime(dir), kTarEpoch);
    EXPECT_EQ(tree.mode(dir + "/kept"), 0755u);
  }
}

TEST_P(LayerWhiteout, WhatWasOpenedBeforeItWasRemovedIsMadeAgain) {
  apply(TarBuilder().dir("d").file("d/sub/old", ""));
  apply(TarBuilder().file("d/sub/.wh.old", "").file(std::string("d/") + kOpaque, "").file("d/sub/new", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/sub/", "d/sub/new"));
}

TEST_P(LayerWhiteout, OpaqueAtTheRoot) {
  apply(TarBuilder().file("low", "").dir("d").file("d/f", ""));
  apply(TarBuilder().file("f", "").file(kOpaque, "").file("g", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("f", "g"));
}

TEST_P(LayerWhiteout, OpaqueAndWhiteoutsMixed) {
  apply(TarBuilder().dir("d").file("d/a", "").file("d/b", ""));
  apply(TarBuilder()
            .dir("d")
            .file("d/.wh.a", "")
            .file(std::string("d/") + kOpaque, "")
            .file("d/.wh.b", "")
            .file("d/c", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/c"));
}

TEST_P(LayerWhiteout, ActsBehindALowerSymlink) {
  apply(TarBuilder()
            .dir("real", {.mode = 0711})
            .file("real/f", "")
            .file("real/g", "")
            .symlink("s", "real")
            .dir("full")
            .file("full/f", "")
            .symlink("t", "full"));
  apply(TarBuilder().file("s/.wh.f", "").file("t/new", "").file(std::string("t/") + kOpaque, ""));
  EXPECT_THAT(tree.paths(), ElementsAre("full/", "full/new", "real/", "real/g", "s@real", "t@full"));
}

TEST_P(LayerWhiteout, WhatIsWrittenThroughALinkIsKnownByItsRealName) {
  apply(TarBuilder().dir("real").file("real/f", "low").symlink("s", "real"));
  apply(TarBuilder().file("s/f", "up").file("real/.wh.f", ""));
  EXPECT_EQ(tree.content("real/f"), "up");
}

TEST_P(LayerWhiteout, BelowALinkOfTheSameLayerIsIgnored) {
  const std::string canary = tree.outside().string();
  apply(TarBuilder().dir("a").file("a/sub/keep", "").dir("x").file("x/keep", ""));
  apply(TarBuilder()
            .symlink("a/sub", "/x")
            .file("a/sub/.wh.keep", "")
            .file(std::string("a/sub/") + kOpaque, ""));
  apply(TarBuilder().symlink("o", canary).file("o/.wh.victim", "").file(std::string("o/") + kOpaque, ""));
  EXPECT_THAT(tree.paths(), ElementsAre("a/", "a/sub@/x", "o@" + canary, "x/", "x/keep"));
}

TEST_P(LayerWhiteout, IsAWhiteoutWhateverItsTypeAndSize) {
  apply(TarBuilder().file("a", "").file("b", "").file("c", ""));
  apply(TarBuilder().file(".wh.a", "not empty").symlink(".wh.b", "x").dir(".wh.c"));
  EXPECT_THAT(tree.paths(), IsEmpty());
}

TEST_P(LayerWhiteout, OfNothingIsRefusedBeforeAnythingIsTouched) {
  apply(TarBuilder().dir("a").dir("a/b").file("a/b/f", ""));
  for (const char* name :
       {".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/b/.wh...", "a/b/.wh.../", "./.wh./."}) {
    EXPECT_EQ(refusal(TarBuilder().file(name, "")), Errc::invalid_argument) << name;
    EXPECT_THAT(tree.paths(), ElementsAre("a/", "a/b/", "a/b/f")) << name;
  }
}

TEST_P(LayerWhiteout, EntryBelowAWhiteoutIsRefused) {
  EXPECT_EQ(refusal(TarBuilder().dir(".wh.x").file(".wh.x/inside", "x")), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().file(std::string(kOpaque) + "/inside", "x")), Errc::invalid_argument);
}

TEST_P(LayerWhiteout, NamesOfAufsAreIgnoredWithAllBelow) {
  apply(TarBuilder()
            .dir(".wh..wh.plnk")
            .file(".wh..wh.plnk/1.2", "x")
            .file(".wh..wh.aufs", "x")
            .dir("d")
            .file("d/.wh..wh.orph/.wh.x", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("d/"));
}

TEST_P(LayerWhiteout, NamesThatBeginWithDotsCanBeRemoved) {
  apply(TarBuilder().file("..dots", "").file("...", "").file(".h", ""));
  apply(TarBuilder().file(".wh...dots", "").file(".wh.....", "").file(".wh..h", ""));
  EXPECT_THAT(tree.paths(), ElementsAre("..."));
}

TEST(Marker, SaysWhatAPathIs) {
  const auto kind = [](const char* path) { return parse_marker(path).value().kind; };
  EXPECT_EQ(kind("a/b"), MarkerKind::none);
  EXPECT_EQ(kind(".whx"), MarkerKind::none);
  EXPECT_EQ(kind(".wh..wh..opq"), MarkerKind::opaque);
  EXPECT_EQ(kind("a/.wh..wh..opqx"), MarkerKind::ignored);
  EXPECT_EQ(kind(".wh..wh.plnk/a/.wh."), MarkerKind::ignored);
  const Marker marker = parse_marker("a/b/.wh.c").value();
  EXPECT_EQ(marker.kind, MarkerKind::whiteout);
  EXPECT_EQ(marker.directory, "a/b");
  EXPECT_EQ(marker.name, "c");
}

// --- the same tree, however it is made
// -------------------------------------------------------------------------

class RandomLayer {
 public:
  RandomLayer(std::mt19937& random, bool with_links) : random_(random) {
    for (int i = 0; i < 12; ++i) add_entry(with_links);
    for (int i = 0; i < 3; ++i) {
      const std::string dir = some_path(2);
      markers_.push_back(pick(3) == 0 ? dir + "/" + kOpaque : dir + "/.wh." + name());
    }
  }

  std::string entries_then_markers() const { return (archive(entries_) + archive(markers_)); }
  std::string markers_then_entries() const { return (archive(markers_) + archive(entries_)); }
  std::string shuffled() {
    std::vector<std::string> all;
    std::vector<std::string> markers = markers_;
    for (const std::string& entry : entries_) {
      if (!markers.empty() && pick(4) == 0) {
        all.push_back(markers.back());
        markers.pop_back();
      }
      all.push_back(entry);
    }
    all.insert(all.end(), markers.begin(), markers.end());
    return archive(all);
  }

 private:
  std::uint32_t pick(std::uint32_t count) { return static_cast<std::uint32_t>(random_() % count); }
  std::string name() { return std::string(1, static_cast<char>('a' + pick(3))); }
  std::string some_path(std::uint32_t depth) {
    std::string path = name();
    for (std::uint32_t i = pick(depth + 1); i != 0; --i) path += "/" + name();
    return path;
  }

  // What one layer says about a path is said once, and nothing is put below what is no directory.
  bool taken(const std::string& path) const {
    for (const auto& [other, is_dir] : types_) {
      if (other == path || other.starts_with(path + "/")) return true;
      if (!is_dir && path.starts_with(other + "/")) return true;
    }
    return false;
  }

  void add_entry(bool with_links) {
    const std::string path = some_path(3);
    if (taken(path)) return;
    TarBuilder tar;
    const test::TarMeta meta{.mode = 0700u + pick(8),
                             .uid = pick(3),
                             .mtime = kTarEpoch + std::chrono::seconds(pick(9)),
                             .xattrs = {{"user.x", name()}}};
    const std::uint32_t type = pick(with_links ? 6 : 4);
    types_[path] = type < 2;
    if (type < 2) tar.dir(path, meta);
    if (type == 2 || type == 3) tar.file(path, name() + name(), meta);
    if (type == 4) tar.symlink(path, pick(2) == 0 ? "/" + some_path(1) : some_path(1), {.mode = 0777});
    if (type == 5) tar.hard_link(path, some_path(2));
    entries_.push_back(tar.end(0));
  }

  static std::string archive(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) {
      all += part.size() % 512 == 0 && !part.empty() ? part : TarBuilder().file(part, "").end(0);
    }
    return all;
  }

  std::mt19937& random_;
  std::map<std::string, bool> types_;
  std::vector<std::string> entries_;
  std::vector<std::string> markers_;
};

constexpr unsigned kSeeds = 60;

TEST(LayerProperty, PlainTreeEqualsOverlayTree) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    LayerTree plain(How::plain);
    LayerTree overlay(How::overlay);
    for (int layer = 0; layer < 4; ++layer) {
      const std::string archive = RandomLayer(random, true).shuffled();
      const auto first = plain.apply(archive);
      const auto second = overlay.apply(archive);
      ASSERT_EQ(first.has_value(), second.has_value()) << (first ? second : first).error().to_string();
      if (!first) {
        ASSERT_EQ(first.error().to_string(), second.error().to_string());
        break;
      }
      ASSERT_EQ(plain.dump(), overlay.dump());
    }
    plain.expect_canary();
  }
}

TEST(LayerProperty, OrderOfMarkersDoesNotMatter) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    LayerTree first(How::plain);
    LayerTree last(How::plain);
    for (int layer = 0; layer < 4; ++layer) {
      const RandomLayer next(random, false);
      const auto late = last.apply(next.entries_then_markers());
      // A lower file that is a parent stops the stream before its whiteout is seen.
      if (!late) break;
      ASSERT_TRUE(first.apply(next.markers_then_entries()));
      ASSERT_EQ(first.dump(), last.dump());
    }
  }
}

}  // namespace
}  // namespace bayplan::snapshots
