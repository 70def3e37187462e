// The steps of making entries, limits, and what a hostile layer may try. Whiteouts:
// layer_apply_whiteout_test.cc.
#include "layer_apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "layer_tree.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using test::kTarEpoch;
using test::TarBuilder;
using test::TarDialect;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LayerApply : public LayerTest {};
INSTANTIATE_TEST_SUITE_P(Trees, LayerApply, ::testing::Values(How::plain, How::overlay), how_name);

// --- names -----------------------------------------------------------------------------------------------

TEST_P(LayerApply, CleansNamesAndContainsThem) {
  apply(TarBuilder()
            .file("/abs", "1")
            .file("./dot", "2")
            .file("a/../up", "3")
            .file("../../../rooted", "4")
            .file("odd//./name", "5")
            .dir("..", {.mode = 0750}));
  EXPECT_THAT(tree.paths(), ElementsAre("abs", "dot", "odd/", "odd/name", "rooted", "up"));
}

TEST_P(LayerApply, AbsoluteAndDotDotNamesStayInside) {
  const std::string canary = tree.outside().string();
  apply(TarBuilder().file(canary + "/f", "x").file("../../../../../../../../.." + canary + "/g", "x"));
  EXPECT_TRUE(tree.exists(canary.substr(1) + "/f"));
  EXPECT_TRUE(tree.exists(canary.substr(1) + "/g"));
}

TEST_P(LayerApply, RootEntryGivesTheRootItsMetadata) {
  apply(TarBuilder().dir(".", {.mode = 0710, .uid = 5, .gid = 6}).file("f", "x"));
  EXPECT_EQ(tree.mode("."), 0710u);
  EXPECT_EQ(tree.stat(".").st_uid, 5u);
  EXPECT_EQ(tree.stat(".").st_gid, 6u);
  EXPECT_EQ(tree.mtime("."), kTarEpoch);
}

TEST_P(LayerApply, RootAsAnythingElseIsRefused) {
  const std::string canary = tree.outside().string();
  EXPECT_EQ(refusal(TarBuilder().symlink(".", canary).file("f", "x")), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().symlink("/.", canary)), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().file("/", "x")), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().hard_link("./", canary)), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().device("a/..", '3', 1, 3)), Errc::invalid_argument);
}

TEST_P(LayerApply, EmptyNameIsSkipped) {
  apply(TarBuilder().header({.size = 1}).data("x").file("f", "x"));
  EXPECT_THAT(tree.paths(), ElementsAre("f"));
  EXPECT_THAT(last_report.warnings, ElementsAre(HasSubstr("without a name")));
}

TEST_P(LayerApply, NamesAreBytes) {
  apply(TarBuilder(TarDialect::gnu)
            .file("caf\xe9", "x")
            .file("new\nline", "x")
            .file(".whx", "")
            .file("x.wh.y", ""));
  EXPECT_THAT(tree.paths(), ElementsAre(".whx", "caf\xe9", "new\nline", "x.wh.y"));
}

TEST_P(LayerApply, ComponentOver255BytesIsRefused) {
  EXPECT_EQ(refusal(TarBuilder().file(std::string(256, 'n'), "x")), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().file(std::string(256, 'n') + "/f", "x")), Errc::invalid_argument);
}

// --- parents ---------------------------------------------------------------------------------------------

TEST_P(LayerApply, MissingParentsAreRootsWhateverTheUmaskAndTheParent) {
  const mode_t before = ::umask(077);
  apply(TarBuilder().dir("d", {.mode = 02777, .uid = 7, .gid = 8}).file("d/a/b/f", "x", {.mode = 0666}));
  ::umask(before);
  EXPECT_EQ(tree.mode("d/a"), 0755u);
  EXPECT_EQ(tree.mode("d/a/b"), 0755u);
  EXPECT_EQ(tree.stat("d/a").st_gid, 0u);
  EXPECT_EQ(tree.mtime("d/a"), Time());
  EXPECT_EQ(tree.mode("d/a/b/f"), 0666u);
}

TEST_P(LayerApply, ImpliedParentKeepsItsMetadata) {
  apply(TarBuilder().dir("tmp", {.mode = 01777, .uid = 3, .xattrs = {{"user.x", "kept"}}}));
  apply(TarBuilder().file("tmp/f", "x"));
  EXPECT_EQ(tree.mode("tmp"), 01777u);
  EXPECT_EQ(tree.stat("tmp").st_uid, 3u);
  EXPECT_EQ(tree.mtime("tmp"), kTarEpoch);
  EXPECT_EQ(tree.xattr("tmp", "user.x"), "kept");
}

TEST_P(LayerApply, LowerSymlinkParentIsFollowed) {
  apply(TarBuilder().dir("real", {.mode = 0711}).symlink("s", "real").symlink("abs", "/real"));
  apply(TarBuilder().file("s/new", "x").file("abs/other", "y"));
  EXPECT_THAT(tree.paths(), ElementsAre("abs@/real", "real/", "real/new", "real/other", "s@real"));
  EXPECT_EQ(tree.mode("real"), 0711u);
}

TEST_P(LayerApply, LowerDirBecomesSymlink) {
  apply(TarBuilder().dir("real").dir("d").file("d/f", "low"));
  apply(TarBuilder().symlink("d", "real"));
  apply(TarBuilder().file("d/new", "x"));
  EXPECT_THAT(tree.paths(), ElementsAre("d@real", "real/", "real/new"));
}

TEST_P(LayerApply, DanglingParentLinkIsCreatedInside) {
  const std::string canary = tree.outside().string() + "-gone";
  apply(
      TarBuilder().symlink("s", canary).file("s/d/f", "x").symlink("up", "../../../later").file("up/g", "y"));
  EXPECT_EQ(tree.content(canary.substr(1) + "/d/f"), "x");
  EXPECT_EQ(tree.content("later/g"), "y");
}

TEST_P(LayerApply, LinkOutIsRootedHowItIsWritten) {
  const std::string canary = tree.outside().string();
  const std::string far = "../../../../../../../../../.." + canary;
  apply(TarBuilder()
            .symlink("abs", canary)
            .file("abs/f", "x")
            .dir("a")
            .symlink("a/rel", far)
            .file("a/rel/g", "x"));
  apply(TarBuilder()
            .symlink("1", "2")
            .symlink("2", "3")
            .symlink("3", canary)
            .file("1/h", "x")
            .dir("abs/d", {.mode = 0777}));
  for (const char* name : {"/f", "/g", "/h", "/d"}) EXPECT_TRUE(tree.exists(canary.substr(1) + name)) << name;
}

TEST_P(LayerApply, DotDotInALinkMeansTheRealParent) {
  apply(TarBuilder()
            .dir("a")
            .dir("a/b")
            .symlink("s", "a/b/../c")
            .file("s/f", "x")
            .symlink("t", "s/..")
            .file("t/g", "x"));
  EXPECT_TRUE(tree.exists("a/c/f"));
  EXPECT_TRUE(tree.exists("a/g"));
}

TEST_P(LayerApply, LinkLoopAndDepthAreRefused) {
  EXPECT_EQ(refusal(TarBuilder().symlink("l", "l").file("l/f", "x")), Errc::invalid_argument);
  TarBuilder deep;
  for (int i = 0; i < 60; ++i) {
    const std::string next = "s" + std::to_string(i + 1);
    deep.symlink("s" + std::to_string(i), next + "/" + next);
  }
  EXPECT_EQ(refusal(deep.file("s0/f", "x")), Errc::invalid_argument);
}

TEST_P(LayerApply, ParentThatIsAFileIsRefused) {
  apply(TarBuilder().file("p", "low"));
  EXPECT_EQ(refusal(TarBuilder().file("p/f", "x")), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().file("q", "").dir("q/d/e")), Errc::invalid_argument);
}

TEST_P(LayerApply, WhatIsMountedInTheTreeIsNeitherEnteredNorRemoved) {
  apply(TarBuilder().dir("d").dir("d/m"));
  ASSERT_EQ(::mount(tree.outside().c_str(), tree.path("d/m").c_str(), nullptr, MS_BIND, nullptr), 0);
  EXPECT_EQ(tree.apply_again(TarBuilder().file("d/m/f", "x").end()), Errc::failed_precondition);
  EXPECT_EQ(tree.apply_again(TarBuilder().file("d", "x").end()), Errc::failed_precondition);
  EXPECT_EQ(tree.apply_again(TarBuilder().file(".wh.d", "").end()), Errc::failed_precondition);
  ASSERT_EQ(::umount2(tree.path("d/m").c_str(), MNT_DETACH), 0);
}

// --- what is there already -------------------------------------------------------------------------------

TEST_P(LayerApply, EntriesReplaceWhateverIsThere) {
  apply(TarBuilder()
            .file("f2d", "f")
            .dir("d2f")
            .file("d2f/in", "i")
            .symlink("l2d", "d2f")
            .dir("d2l")
            .file("d2l/in", "i")
            .file("f2p", ""));
  apply(TarBuilder()
            .dir("f2d")
            .file("f2d/in", "i")
            .file("d2f", "now a file")
            .dir("l2d", {.mode = 0700})
            .symlink("d2l", "f2d")
            .fifo("f2p"));
  EXPECT_THAT(tree.paths(), ElementsAre("d2f", "d2l@f2d", "f2d/", "f2d/in", "f2p", "l2d/"));
  EXPECT_EQ(tree.content("d2f"), "now a file");
  EXPECT_TRUE(S_ISFIFO(tree.stat("f2p").st_mode));
}

TEST_P(LayerApply, FinalLinkIsReplacedNotFollowed) {
  const std::string canary = tree.outside().string();
  apply(TarBuilder()
            .symlink("s", canary + "/victim")
            .file("s", "x")
            .symlink("t", canary)
            .dir("t", {.mode = 0777}));
  EXPECT_EQ(tree.content("s"), "x");
  EXPECT_EQ(tree.mode("t"), 0777u);
  EXPECT_THAT(tree.paths(), ElementsAre("s", "t/"));
}

TEST_P(LayerApply, DirectoryOverDirectoryKeepsChildrenAndTakesAllMetadata) {
  apply(TarBuilder()
            .dir("d", {.mode = 0700, .uid = 1, .xattrs = {{"user.x", "old"}, {"user.y", "old"}}})
            .file("d/f", "low"));
  apply(TarBuilder().dir(
      "d", {.mode = 01711, .uid = 5, .gid = 6, .mtime = Time(), .xattrs = {{"user.x", "new"}}}));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/f"));
  EXPECT_EQ(tree.mode("d"), 01711u);
  EXPECT_EQ(tree.stat("d").st_uid, 5u);
  EXPECT_EQ(tree.mtime("d"), Time());
  EXPECT_EQ(tree.xattr("d", "user.x"), "new");
  EXPECT_EQ(tree.xattr("d", "user.y"), std::nullopt);
}

TEST_P(LayerApply, LastDuplicateWinsAndIsReported) {
  apply(TarBuilder().file("f", "one").file("./f", "two").dir("f").file("f/in", "x").file("f", "three"));
  EXPECT_THAT(tree.paths(), ElementsAre("f"));
  EXPECT_EQ(tree.content("f"), "three");
  EXPECT_THAT(last_report.warnings, ElementsAre(HasSubstr("3 entries")));
}

// --- metadata --------------------------------------------------------------------------------------------

TEST_P(LayerApply, ModesOwnersAndTimesOfEveryType) {
  const test::TarMeta meta{.mode = 0640,
                           .uid = 4'294'967'294,
                           .gid = 3'000'000,
                           .mtime = Time(std::chrono::nanoseconds(-1'500'000'000))};
  apply(TarBuilder()
            .file("f", "x", meta)
            .dir("d", meta)
            .symlink("s", "f", meta)
            .fifo("p", meta)
            .device("c", '3', 511, 262143, meta)
            .device("b", '4', 7, 9, meta));
  for (const char* name : {"f", "d", "s", "p", "c", "b"}) {
    const struct stat info = tree.stat(name);
    EXPECT_EQ(info.st_uid, 4'294'967'294u) << name;
    EXPECT_EQ(info.st_gid, 3'000'000u) << name;
    EXPECT_EQ(tree.mtime(name), meta.mtime) << name;
    EXPECT_EQ(info.st_mode & 07777u, S_ISLNK(info.st_mode) ? 0777u : 0640u) << name;
  }
  EXPECT_EQ(tree.stat("c").st_rdev, makedev(511, 262143));
  EXPECT_TRUE(S_ISBLK(tree.stat("b").st_mode));
}

TEST_P(LayerApply, SetIdBitsSurviveTheirOwner) {
  apply(TarBuilder()
            .file("su", "x", {.mode = 06755, .uid = 7, .gid = 8})
            .dir("sd", {.mode = 03775, .gid = 8})
            .file("none", "x", {.mode = 0}));
  EXPECT_EQ(tree.mode("su"), 06755u);
  EXPECT_EQ(tree.mode("sd"), 03775u);
  EXPECT_EQ(tree.mode("none"), 0u);
}

TEST_P(LayerApply, DirectoryTimesAreRestoredDeepestFirst) {
  apply(TarBuilder().dir(".").dir("touched").dir("touched/deep").dir("listed").dir("gone"));
  const Time later = kTarEpoch + std::chrono::hours(1);
  apply(TarBuilder()
            .dir("listed", {.mode = 0755, .mtime = later})
            .file("listed/f", "x")
            .file("touched/deep/f", "x")
            .file("touched/g", "x")
            .file("gone", "now a file"));
  EXPECT_EQ(tree.mtime("touched"), kTarEpoch);
  EXPECT_EQ(tree.mtime("touched/deep"), kTarEpoch);
  EXPECT_EQ(tree.mtime("listed"), later);
  EXPECT_EQ(tree.mtime("."), kTarEpoch);
}

TEST_P(LayerApply, CharDevice00IsDroppedWithAWarning) {
  apply(TarBuilder().file("f", "low"));
  apply(TarBuilder().device("f", '3', 0, 0).device("missing/g", '3', 0, 0));
  EXPECT_THAT(tree.paths(), ElementsAre("f"));
  EXPECT_EQ(tree.content("f"), "low");
  EXPECT_THAT(last_report.warnings, ElementsAre(HasSubstr("\"f\""), HasSubstr("\"missing/g\"")));
}

// --- hard links ------------------------------------------------------------------------------------------

TEST_P(LayerApply, HardLinkToALowerFile) {
  apply(TarBuilder().file("a", "low", {.mode = 0640, .uid = 7}));
  apply(TarBuilder().hard_link("d/b", "a"));
  EXPECT_EQ(tree.content("d/b"), "low");
  EXPECT_EQ(tree.stat("d/b").st_ino, tree.stat("a").st_ino);
  EXPECT_EQ(tree.stat("d/b").st_uid, 7u);
}

TEST_P(LayerApply, HardLinkEntrysOwnMetadataIsIgnored) {
  apply(TarBuilder()
            .file("a", "x", {.mode = 0600, .uid = 7})
            .hard_link("b", "/a", {.mode = 04755, .uid = 9, .mtime = Time()}));
  EXPECT_EQ(tree.mode("a"), 0600u);
  EXPECT_EQ(tree.stat("b").st_uid, 7u);
  EXPECT_EQ(tree.mtime("b"), kTarEpoch);
}

TEST_P(LayerApply, HardLinkToASymlinkIsOneToTheLink) {
  apply(TarBuilder()
            .symlink("s", tree.outside().string() + "/victim")
            .hard_link("h", "s", {.mode = 04777, .uid = 1}));
  EXPECT_TRUE(S_ISLNK(tree.stat("h").st_mode));
  EXPECT_EQ(tree.stat("h").st_nlink, 2u);
}

TEST_P(LayerApply, HardLinkTargetsAreResolvedInside) {
  const std::string victim = tree.outside().string() + "/victim";
  EXPECT_EQ(refusal(TarBuilder().hard_link("h", victim)), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().hard_link("h", "../../../../../../../../.." + victim)),
            Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().symlink("s", tree.outside().string()).hard_link("h", "s/victim")),
            Errc::invalid_argument);
}

TEST_P(LayerApply, HardLinkToWhatCannotBeLinkedIsRefusedAndRemovesNothing) {
  apply(TarBuilder().dir("d").file("h", "kept").file("e/in", "x"));
  for (const char* target : {"d", "/", "..", "not/there", "h", "./h", "h/x"}) {
    EXPECT_EQ(refusal(TarBuilder().hard_link("h", target)), Errc::invalid_argument) << target;
    EXPECT_EQ(tree.content("h"), "kept");
  }
  EXPECT_EQ(refusal(TarBuilder().hard_link("e", "e/in")), Errc::invalid_argument);
}

TEST_P(LayerApply, ReplacingOneNameLeavesTheOthers) {
  apply(TarBuilder().file("a", "low").hard_link("b", "a"));
  apply(TarBuilder().file("a", "new").hard_link("c", "a"));
  EXPECT_EQ(tree.content("b"), "low");
  EXPECT_EQ(tree.content("c"), "new");
}

// --- content ---------------------------------------------------------------------------------------------

TEST_P(LayerApply, LargeContentIsWrittenWhole) {
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i) big += std::to_string(i) + " ";
  apply(TarBuilder().file("big", big).file("empty", ""));
  EXPECT_EQ(tree.content("big"), big);
  EXPECT_EQ(tree.stat("empty").st_size, 0);
  EXPECT_EQ(last_report.entries, 2u);
  EXPECT_EQ(last_report.bytes, big.size());
}

TEST_P(LayerApply, SparseFilesKeepTheirHoles) {
  TarBuilder tar;
  tar.pax({{"GNU.sparse.size", "5000000"},
           {"GNU.sparse.numblocks", "2"},
           {"GNU.sparse.name", "sparse"},
           {"GNU.sparse.map", "10,4,4000000,3"}});
  apply(tar.header({.name = "x", .size = 7}).data("datatop"));
  const struct stat info = tree.stat("sparse");
  EXPECT_EQ(info.st_size, 5'000'000);
  EXPECT_LT(info.st_blocks * 512, 1'000'000);
  const std::string content = tree.content("sparse");
  EXPECT_EQ(content.substr(0, 20), std::string(10, '\0') + "data" + std::string(6, '\0'));
  EXPECT_EQ(content.substr(3'999'999, 5), "\0top\0"s);
  EXPECT_EQ(last_report.bytes, 7u);
}

TEST_P(LayerApply, WhatFollowsTheEndIsReadButNotApplied) {
  const std::string archive = TarBuilder().file("f", "x").end() + TarBuilder().file("hidden", "y").end();
  MemorySource source(archive);
  ASSERT_TRUE(tree.apply(source));
  EXPECT_THAT(tree.paths(), ElementsAre("f"));
  std::array<std::byte, 1> more{};
  EXPECT_EQ(source.read(more).value(), 0u);
}

TEST_P(LayerApply, ReadersErrorsAreAnswers) {
  EXPECT_EQ(refusal(TarBuilder().header({.type = '7', .name = "contiguous"})), Errc::unsupported);
  EXPECT_EQ(refusal(TarBuilder().file("f", "", {.uid = 4'294'967'295})), Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().symlink("s", "")), Errc::invalid_argument);
  const auto truncated = tree.apply(TarBuilder().file("f", std::string(5000, 'x')).end().substr(0, 2000));
  ASSERT_FALSE(truncated);
  EXPECT_EQ(truncated.error().code(), Errc::corrupt);
}

TEST_P(LayerApply, DeepTreesAreMadeReplacedAndRemoved) {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "d/";
  apply(TarBuilder().file(deep + "f", "x").file("other/" + deep + "f", "x"));
  apply(TarBuilder().file("d/d/g", "x").file(".wh.d", "").file("other", "x"));
  EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/d/", "d/d/g", "other"));
}

TEST_P(LayerApply, PathsBehindLinksMayBeLongerThanAnyName) {
  std::string deep;
  for (int i = 0; i < 19; ++i) deep += std::string(200, 'd') + "/";
  const Time later = kTarEpoch + std::chrono::hours(1);
  apply(TarBuilder()
            .file(deep + "f", "x")
            .symlink("s", deep)
            .dir("s/" + deep + "e", {.mode = 0700, .mtime = later}));
  apply(TarBuilder().symlink("t", "s/" + deep).file("t/e/../e/f", "x").dir("t/e/../h"));
  EXPECT_EQ(tree.mtime("t/e"), later);
  EXPECT_TRUE(tree.exists("t/h"));
  apply(TarBuilder().file(".wh." + std::string(200, 'd'), ""));
  EXPECT_EQ(tree.paths().size(), 2u);
}

// --- limits ----------------------------------------------------------------------------------------------

Errc code_of(const Result<ApplyReport>& result) { return result ? Errc::io : result.error().code(); }

TEST_P(LayerApply, BytesAreLimitedBeforeTheyAreWritten) {
  const ApplyLimits limits{.max_bytes = 10};
  EXPECT_TRUE(tree.apply(TarBuilder().file("a", "12345").file("b", "12345").end(), limits));
  EXPECT_EQ(code_of(tree.apply(TarBuilder().file("c", "12345").file("d", "123456").end(), limits)),
            Errc::too_large);
  EXPECT_FALSE(tree.exists("d"));
}

TEST_P(LayerApply, HolesCountAsBytes) {
  TarBuilder tar;
  tar.pax({{"GNU.sparse.size", "9223372036854775807"},
           {"GNU.sparse.numblocks", "1"},
           {"GNU.sparse.name", "s"},
           {"GNU.sparse.map", "9223372036854775806,1"}});
  EXPECT_EQ(refusal(tar.header({.name = "s", .size = 1}).data("x")), Errc::too_large);
}

TEST_P(LayerApply, EntriesAreLimitedWithTheDirectoriesTheyImply) {
  EXPECT_TRUE(tree.apply(TarBuilder().file("a", "").file("b", "").end(), {.max_entries = 2}));
  EXPECT_EQ(
      code_of(tree.apply(TarBuilder().file("a", "").file("b", "").file("c", "").end(), {.max_entries = 2})),
      Errc::too_large);
  EXPECT_EQ(code_of(tree.apply(TarBuilder().file("p/q/r/f", "").file("g", "").end(), {.max_entries = 4})),
            Errc::too_large);
}

/// So many zeros that only a limit ends them.
class Zeros final : public ByteSource {
 public:
  explicit Zeros(std::string_view head) : head_(head) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (read_ > std::size_t{1} << 40) return Error(Errc::io, "test", "nobody stopped this");
    auto count = head_.read(into);
    if (!count || *count == 0) std::fill(into.begin(), into.end(), std::byte{0});
    read_ += into.size();
    return !count || *count == 0 ? into.size() : *count;
  }

 private:
  MemorySource head_;
  std::size_t read_ = 0;
};

TEST_P(LayerApply, ArchiveIsLimitedWhereItWritesNothing) {
  const ApplyLimits limits{.max_bytes = 1000, .max_entries = 10};
  Zeros trailing("");
  EXPECT_EQ(code_of(tree.apply(trailing, limits)), Errc::too_large);
  const std::string skipped = TarBuilder::block({.name = ".wh.x", .size = 1000}, TarDialect::gnu);
  Zeros whiteout(skipped);
  EXPECT_EQ(code_of(tree.apply(whiteout, limits)), Errc::too_large);
  std::string headers;
  for (int i = 0; i < 2000; ++i) headers += TarBuilder().pax({{"comment", std::string(600, 'c')}}).end(0);
  EXPECT_EQ(code_of(tree.apply(headers, limits)), Errc::too_large);
}

TEST_P(LayerApply, CancelsBetweenBuffers) {
  Control control;
  control.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.stage, "unpack");
    EXPECT_EQ(progress.object, "big");
    EXPECT_GE(progress.done, 1u << 20);
    control.cancel.cancel();
  };
  const auto report = tree.apply(TarBuilder().file("big", std::string(5'000'000, 'x')).end(), {}, control);
  EXPECT_EQ(code_of(report), Errc::cancelled);
  EXPECT_LT(tree.stat("big").st_size, 2'000'000);
}

TEST_P(LayerApply, ErrorsNameTheirEntry) {
  const auto report = tree.apply(TarBuilder().file("some/p", "").file("some/p/f", "").end());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().to_string(), HasSubstr("layer entry \"some/p/f\": directory \"p\""));
}

}  // namespace
}  // namespace bayplan::snapshots
