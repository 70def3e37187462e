// Layers that are well-formed, and on which other engines disagree: what ours mean.
#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;

TarBuilder tar() { return TarBuilder(); }

Time at(double seconds) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds)));
}

void add_links(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer,
                       std::vector<std::string> tree = {}) {
    rows.push_back(layer_row(name, "links", verdict, layer, std::move(tree)));
  };
  row("hard-link-with-other-metadata", kContain,
      tar().file("a", "x", {.mode = 0600, .uid = 7, .gid = 8}).hard_link("b", "a", {.mode = 0755}),
      {"a=x 0600 7:8", "b ==a"});
  row("parent-is-a-link", kContain, tar().dir("real").symlink("s", "real").file("s/f", "x"),
      {"real/", "real/f=x", "s@real"});
  row("parent-is-an-absolute-link", kContain, tar().dir("real").symlink("s", "/real").file("s/f", "x"),
      {"real/", "real/f=x", "s@/real"});
  row("parent-is-a-dangling-link", kContain, tar().symlink("s", "later").file("s/f", "x"),
      {"later/", "later/f=x", "s@later"});
  row("parent-is-a-file", kReject, tar().file("p", "x").file("p/f", "y"));
  row("directory-over-a-link", kContain,
      tar().dir("real").file("real/f", "x").symlink("s", "real").dir("s", {.mode = 0700}),
      {"real/", "real/f=x", "s/ 0700"});
  row("hard-link-to-a-fifo", kContain, tar().fifo("p", {.mode = 0600}).hard_link("q", "p"),
      {"p| 0600", "q ==p"});
}

void add_replacing(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, const TarBuilder& layer, std::vector<std::string> tree) {
    rows.push_back(layer_row(name, "replacing", kContain, layer, std::move(tree)));
  };
  row("a-file-twice", tar().file("f", "one").file("f", "two"), {"f=two"});
  row("a-directory-twice", tar().dir("d", {.mode = 0700}).dir("d", {.mode = 0750}), {"d/ 0750"});
  row("a-file-then-its-whiteout", tar().file("f", "x").file(".wh.f", ""), {"f=x"});
  row("a-whiteout-then-its-file", tar().file(".wh.f", "").file("f", "x"), {"f=x"});
  row("everything-of-one-name", tar().file("f", "1").symlink("f", "x").dir("f").fifo("f").file("f", "last"),
      {"f=last"});
  row("opaque-root", tar().file("f", "x").file(".wh..wh..opq", "").file("g", "y"), {"f=x", "g=y"});
  row("opaque-without-its-directory", tar().file("f", "x").file("no/such/.wh..wh..opq", ""), {"f=x"});
  row("whiteout-then-a-child", tar().file(".wh.d", "").file("d/f", "x"), {"d/", "d/f=x"});
  row("implied-parents", tar().file("a/b/c", "x"), {"a/", "a/b/", "a/b/c=x"});
}

void add_metadata(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, const TarBuilder& layer, std::vector<std::string> tree) {
    rows.push_back(layer_row(name, "metadata", kContain, layer, std::move(tree)));
  };
  row("device-0-0", tar().file("f", "x").device("d", '3', 0, 0), {"f=x"});
  row("fifo", tar().fifo("p", {.mode = 0622}), {"p| 0622"});
  row("set-id-bits", tar().file("f", "x", {.mode = 06755, .uid = 3, .gid = 4}), {"f=x 6755 3:4"});
  row("ids-beyond-2-to-21", tar().file("f", "x", {.uid = 3000000, .gid = 4294967294}),
      {"f=x 3000000:4294967294"});
  row("ids-in-base-256", TarBuilder(TarDialect::gnu).file("f", "x", {.uid = 3000000, .gid = 2097152}),
      {"f=x 3000000:2097152"});
  row("nanoseconds", tar().file("f", "x", {.mtime = at(5) + std::chrono::nanoseconds(123456789)}),
      {"f=x t5+123456789"});
  row("negative-time", tar().file("f", "x", {.mtime = at(-1.5)}), {"f=x t-2+500000000"});
  row("negative-time-in-base-256", TarBuilder(TarDialect::gnu).file("f", "x", {.mtime = at(-86400)}),
      {"f=x t-86400"});
  row("xattr-of-a-link", tar().symlink("s", "x", {.mode = 0777, .xattrs = {{"user.x", "1"}}}), {"s@x"});
  row("xattr-of-the-host", tar().file("f", "x", {.xattrs = {{"trusted.x", "1"}}}), {"f=x"});
  row("xattr-without-a-value", tar().file("f", "x", {.xattrs = {{"user.e", ""}}}), {"f=x user.e="});
  const std::string capability("\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const std::string shown = " security.capability=" + capability;
  row("capability-then-a-hard-link",
      tar()
          .file("cap", "x", {.mode = 0755, .xattrs = {{"security.capability", capability}}})
          .hard_link("l", "cap"),
      {"cap=x 0755" + shown, "l ==cap"});
  rows.push_back(layer_row("devices", "metadata", kContain,
                           tar().device("c", '3', 511, 262143, {.mode = 0600}).device("b", '4', 7, 9),
                           {"b%7,9", "c%511,262143 0600"}));
  rows.back().needs_devices = true;
}

void add_dialects(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer,
                       std::vector<std::string> tree = {}) {
    rows.push_back(layer_row(name, "dialects", verdict, layer, std::move(tree)));
  };
  row("v7-directory-by-its-slash", kContain, TarBuilder(TarDialect::v7).dir("d").file("d/f", "x"),
      {"d/", "d/f=x"});
  row("file-with-a-slash-at-its-end", kContain, tar().header({.name = "f/", .size = 1}).data("x"), {"f=x"});
  row("contiguous-file", kReject, tar().header({.type = '7', .name = "f", .size = 1}).data("x"));
  row("pax-global-header", kContain,
      tar().pax({{"path", "other"}, {"uid", "99"}, {"mtime", "5"}}, 'g').file("f", "x"), {"f=x"});
  row("long-names", kContain,
      TarBuilder(TarDialect::gnu).file(std::string(120, 'l') + "/" + std::string(130, 'n'), "x"),
      {std::string(120, 'l') + "/", std::string(120, 'l') + "/" + std::string(130, 'n') + "=x"});
  row("ustar-prefix", kContain, TarBuilder(TarDialect::ustar).header({.name = "f", .prefix = "a/b"}),
      {"a/", "a/b/", "a/b/f="});
  row("sparse-pax-0.1", kContain,
      tar()
          .pax({{"GNU.sparse.size", "10"},
                {"GNU.sparse.numblocks", "2"},
                {"GNU.sparse.name", "s"},
                {"GNU.sparse.map", "1,2,7,3"}})
          .header({.name = "x", .size = 5})
          .data("abcde"),
      {std::string("s=\0ab\0\0\0\0cde", 12)});
  rows.push_back({.name = "no-trailer",
                  .kind = "dialects",
                  .verdict = kContain,
                  .write = layers({tar().file("f", "x").end(0)}),
                  .tree = {"f=x"}});
  rows.push_back({.name = "something-after-the-end",
                  .kind = "dialects",
                  .verdict = kContain,
                  .write = layers({tar().file("f", "x").end() + std::string(700, 'g')}),
                  .tree = {"f=x"}});
  rows.push_back({.name = "nothing-at-all",
                  .kind = "dialects",
                  .verdict = kContain,
                  .write = layers({""}, Packing::none)});
}

}  // namespace

std::vector<CorpusRow> single_layer_edges() {
  std::vector<CorpusRow> rows;
  add_links(rows);
  add_replacing(rows);
  add_metadata(rows);
  add_dialects(rows);
  return rows;
}

std::vector<CorpusRow> lower_layer_edges() {
  std::vector<CorpusRow> rows;
  const auto row = [&](const char* name, Verdict verdict, const std::vector<TarBuilder>& tars,
                       std::vector<std::string> tree = {}) {
    std::vector<std::string> archives;
    for (const TarBuilder& each : tars) archives.push_back(each.end());
    rows.push_back({.name = name,
                    .kind = "lower layers",
                    .verdict = verdict,
                    .write = layers(std::move(archives)),
                    .tree = std::move(tree)});
  };
  const TarBuilder linked =
      tar().dir("real", {.mode = 0711}).file("real/f", "low").file("real/g", "g").symlink("s", "real");
  row("file-behind-a-lower-link", kContain, {linked, tar().file("s/new", "x")},
      {"real/ 0711", "real/f=low", "real/g=g", "real/new=x", "s@real"});
  row("whiteout-behind-a-lower-link", kContain, {linked, tar().file("s/.wh.f", "")},
      {"real/ 0711", "real/g=g", "s@real"});
  row("opaque-behind-a-lower-link", kContain, {linked, tar().file("s/.wh..wh..opq", "").file("s/new", "x")},
      {"real/ 0711", "real/new=x", "s@real"});
  row("lower-link-becomes-a-directory", kContain, {linked, tar().dir("s", {.mode = 0700}).file("s/new", "x")},
      {"real/ 0711", "real/f=low", "real/g=g", "s/ 0700", "s/new=x"});
  row("lower-directory-becomes-a-link", kContain,
      {tar().dir("real").dir("d").file("d/f", "low"), tar().symlink("d", "real"), tar().file("d/new", "x")},
      {"d@real", "real/", "real/new=x"});
  row("lower-file-is-a-parent", kReject, {tar().file("p", "low"), tar().file("p/f", "x")});
  row("lower-directory-was-deleted", kContain,
      {tar().dir("d", {.mode = 0700}).file("d/f", "low"), tar().file(".wh.d", ""), tar().file("d/g", "x")},
      {"d/", "d/g=x"});
  row("deleted-and-made-again", kContain,
      {tar().dir("d").file("d/f", "low"), tar().file(".wh.d", "").dir("d", {.mode = 0700}).file("d/g", "x")},
      {"d/ 0700", "d/g=x"});
  row("directory-file-directory", kContain,
      {tar().dir("d").file("d/f", "low"), tar().file("d", "file"), tar().dir("d").file("d/g", "x")},
      {"d/", "d/g=x"});
  row("hard-link-to-a-lower-file", kContain, {tar().file("a", "low", {.uid = 7}), tar().hard_link("b", "a")},
      {"a=low 7:0", "b ==a"});
  row("lower-hard-link-is-replaced", kContain,
      {tar().file("a", "low").hard_link("b", "a"), tar().file("a", "new").hard_link("c", "a")},
      {"a=new", "b=low", "c ==a"});
  row("whiteouts-of-nothing", kContain,
      {tar().file("f", "low"), tar().dir("n").file("n/.wh.x", "").file("n/y", "y").file(".wh.nothing", "")},
      {"f=low", "n/", "n/y=y"});
  row("opaque-and-whiteouts", kContain,
      {tar().dir("d").file("d/a", "a").file("d/b", "b"),
       tar().dir("d").file("d/.wh.a", "").file("d/.wh..wh..opq", "").file("d/.wh.b", "").file("d/c", "c")},
      {"d/", "d/c=c"});
  row("implied-parent-keeps-its-mode", kContain,
      {tar().dir("tmp", {.mode = 01777, .uid = 3}), tar().file("tmp/f", "x")}, {"tmp/ 1777 3:0", "tmp/f=x"});
  row("device-0-0-over-a-file", kContain, {tar().file("f", "x").file("g", "y"), tar().device("f", '3', 0, 0)},
      {"f=x", "g=y"});
  row("whiteout-below-a-replaced-directory", kContain,
      {tar().dir("a").dir("a/sub").file("a/sub/keep", "x"),
       tar().dir("a").symlink("a/sub", "x").file("a/sub/.wh.keep", "")},
      {"a/", "a/sub@x"});
  row("sibling-of-a-lower-hard-link", kContain,
      {tar().file("d/a", "1").hard_link("e/b", "d/a"), tar().file(".wh.d", "")}, {"e/", "e/b=1"});
  return rows;
}

}  // namespace bayplan::test
