// Layers that try to leave their root: by names, by links, by whiteouts, by being the root.
#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;

TarBuilder tar() { return TarBuilder(); }

std::string up() {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "../";
  return text;
}

std::string absolute(const std::string& name = {}) {
  return canary().native() + (name.empty() ? "" : "/" + name);
}
std::string relative(const std::string& name = {}) { return up() + absolute(name).substr(1); }

void add_names(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer,
                       std::vector<std::string> tree = {}) {
    rows.push_back(layer_row(name, "names", verdict, layer, std::move(tree)));
  };
  row("absolute-name", kContain, tar().file(absolute("f"), "x"));
  row("dot-dot", kContain, tar().file(relative("f"), "x"));
  row("dot-dot-in-the-middle", kContain, tar().dir("a").file("a/../" + relative("f"), "x"));
  row("dot-dot-directory", kContain, tar().dir("..", {.mode = 0777}).dir("../..", {.mode = 0777}));
  row("root-is-a-link", kReject, tar().symlink(".", absolute()).file("f", "x"));
  row("root-is-a-link-by-another-name", kReject, tar().symlink("/.", absolute()).file("f", "x"));
  row("root-is-a-file", kReject, tar().file("/", "x"));
  row("root-is-a-hard-link", kReject, tar().hard_link("./", absolute("victim")));
  row("root-is-a-device", kReject, tar().device("/", '3', 1, 3));
  row("empty-name", kContain, tar().header({.name = ""}).file("f", "x"), {"f=x"});
  row("component-of-256-bytes", kReject, tar().file(std::string(256, 'n'), "x"));
  row("component-of-255-bytes", kContain, tar().file(std::string(255, 'n'), "x"),
      {std::string(255, 'n') + "=x"});
  std::string deep = "f";
  for (int i = 0; i < 41; ++i) deep.insert(0, std::string(100, 'p') + "/");
  row("name-of-over-4095-bytes", kReject, tar().file(deep, "x"));
  row("nul-in-a-pax-name", kReject, tar().pax({{"path", std::string("ok\0/../../evil", 14)}}).file("f", "x"));
  row("names-are-bytes", kContain, tar().file("caf\xe9", "x").file("a\nb", "y"), {"a\nb=y", "caf\xe9=x"});
}

void add_symlinks(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer) {
    rows.push_back(layer_row(name, "symlinks", verdict, layer));
  };
  row("write-through-an-absolute-link", kContain, tar().symlink("s", absolute()).file("s/f", "x"));
  row("write-through-a-relative-link", kContain,
      tar().dir("a").symlink("a/s", relative()).file("a/s/f", "x"));
  row("write-through-a-chain", kContain,
      tar().symlink("a", "b").symlink("b", "c").symlink("c", absolute()).file("a/f", "x"));
  row("file-over-a-link", kContain, tar().symlink("s", absolute("f")).file("s", "x"));
  row("chmod-through-a-link", kContain, tar().symlink("s", absolute()).dir("s/./", {.mode = 0777}));
  row("whiteout-through-a-link", kContain, tar().symlink("s", absolute()).file("s/.wh.victim", ""));
  row("opaque-through-a-link", kContain, tar().symlink("s", absolute()).file("s/.wh..wh..opq", ""));
  row("directories-through-a-link", kContain, tar().symlink("s", absolute()).dir("s/d").file("s/d/e/f", "x"));
  row("link-to-itself", kReject, tar().symlink("l", "l").file("l/f", "x"));
  TarBuilder chain;
  for (int i = 0; i < 60; ++i) {
    const std::string next = "s" + std::to_string(i + 1);
    chain.symlink("s" + std::to_string(i), next + "/" + next);
  }
  row("links-without-end", kReject, chain.file("s0/f", "x"));
}

void add_hard_links(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer) {
    rows.push_back(layer_row(name, "hard links", verdict, layer));
  };
  // Nothing of that name is inside.
  row("hard-link-to-an-absolute-name", kReject, tar().hard_link("h", absolute("victim")));
  row("hard-link-to-a-relative-name", kReject, tar().hard_link("h", relative("victim")));
  row("hard-link-through-a-link", kReject,
      tar().symlink("s", absolute()).hard_link("h", "s/victim").file("h", "overwrite"));
  row("hard-link-to-a-link", kContain,
      tar().symlink("s", absolute("victim")).hard_link("h", "s", {.mode = 04777, .uid = 1, .gid = 1}));
  row("hard-link-to-a-directory", kReject, tar().dir("d").hard_link("h", "d"));
  row("hard-link-to-the-root", kReject, tar().hard_link("h", "/"));
  row("hard-link-to-nothing", kReject, tar().hard_link("h", "not/there"));
  row("hard-link-to-itself", kReject, tar().hard_link("h", "h"));
}

void add_whiteouts(std::vector<CorpusRow>& rows) {
  for (const char* const name : {".wh.", ".wh..", ".wh...", "a/.wh.", "a/b/.wh..."}) {
    rows.push_back(layer_row(std::string("whiteout-of-nothing ") + name, "whiteouts", kReject,
                             tar().dir("a").dir("a/b").file(name, "")));
  }
  rows.push_back(layer_row("whiteout-with-children", "whiteouts", kReject,
                           tar().dir(".wh.x").file(".wh.x/inside", "x")));
  rows.push_back(
      layer_row("names-of-aufs", "whiteouts", kContain,
                tar().dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x").file(".wh..wh.aufs", "x")));
  rows.push_back(layer_row("whiteout-with-content", "whiteouts", kContain, tar().file(".wh.x", "not empty")));
}

// The link is in one layer, its use in the next.
void add_crossing(std::vector<CorpusRow>& rows) {
  const std::string links = tar().symlink("e", absolute()).symlink("r", relative()).end();
  const auto row = [&](const char* name, Verdict verdict, const auto& use) {
    TarBuilder second;
    for (const char* const link : {"e", "r"}) use(second, std::string(link));
    rows.push_back({.name = std::string("next-layer-") + name,
                    .kind = "symlinks",
                    .verdict = verdict,
                    .write = layers({links, second.end(), tar().file("he", "overwrite").end()})});
  };
  row("writes", kContain, [](TarBuilder& to, const std::string& d) { to.file(d + "/f", "x"); });
  row("makes-directories", kContain, [](TarBuilder& to, const std::string& d) { to.dir(d + "/d/e"); });
  row("whites-out", kContain, [](TarBuilder& to, const std::string& d) { to.file(d + "/.wh.victim", ""); });
  row("is-opaque", kContain, [](TarBuilder& to, const std::string& d) { to.file(d + "/.wh..wh..opq", ""); });
  row("links", kReject, [](TarBuilder& to, const std::string& d) { to.hard_link("h" + d, d + "/victim"); });
  row("puts-a-directory-there", kContain,
      [](TarBuilder& to, const std::string& d) { to.dir(d, {.mode = 0777}).file(d + "/f", "x"); });
}

void add_xattrs(std::vector<CorpusRow>& rows) {
  for (const char* const name :
       {"trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.overlay.metacopy",
        "trusted.overlay.origin", "user.overlay.opaque", "user.overlay.redirect", "user.overlay.whiteout",
        "security.selinux", "security.ima", "system.nfs4_acl", "trusted.md5sum", "bogus"}) {
    rows.push_back(layer_row(std::string("xattr ") + name, "xattrs", kContain,
                             tar().dir("d", {.mode = 0755, .xattrs = {{name, "y"}}}).file("d/f", "x"),
                             {"d/", "d/f=x"}));
  }
  rows.push_back(layer_row("xattr-of-other-tools", "xattrs", kContain,
                           tar().file("f", "x", {.xattrs = {{"user.rootlesscontainers", "1"}}}),
                           {"f=x user.rootlesscontainers=1"}));
  rows.push_back(layer_row("xattr-of-70000-bytes", "xattrs", kReject,
                           tar().file("f", "x", {.xattrs = {{"user.h", std::string(70000, 'h')}}})));
}

}  // namespace

std::vector<CorpusRow> path_attacks() {
  std::vector<CorpusRow> rows;
  add_names(rows);
  add_symlinks(rows);
  add_hard_links(rows);
  add_whiteouts(rows);
  add_crossing(rows);
  add_xattrs(rows);
  return rows;
}

}  // namespace bayplan::test
