// Archives that are not what they say: numbers, sizes, headers, ends.
#include <algorithm>

#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;
constexpr std::size_t kUid = 108;
constexpr std::size_t kSize = 124;
constexpr std::size_t kMajor = 329;

TarBuilder tar() { return TarBuilder(); }

/// A header of `fields` with `bytes` at `offset`.
std::string patched(const TarFields& fields, std::size_t offset, std::string_view bytes,
                    TarDialect dialect = TarDialect::gnu) {
  return TarBuilder::patched(TarBuilder::block(fields, dialect), offset, bytes);
}

std::string base256(std::string_view low_bytes) {
  return "\x80" + std::string(11 - low_bytes.size(), '\0') + std::string(low_bytes);
}

void add_numbers(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer,
                       std::vector<std::string> tree = {}) {
    rows.push_back(layer_row(name, "numbers", verdict, layer, std::move(tree)));
  };
  row("negative-uid", kReject, tar().raw(patched({.name = "f"}, kUid, std::string(8, '\xff'))));
  row("uid-of-2-to-32", kReject, tar().pax({{"uid", "4294967296"}}).file("f", ""));
  row("uid-of-minus-one", kReject, tar().pax({{"uid", "4294967295"}}).file("f", ""));
  row("uid-of-2-to-64", kReject, tar().pax({{"uid", "18446744073709551616"}}).file("f", ""));
  row("device-number-overflow", kReject,
      tar().raw(patched({.type = '3', .name = "d"}, kMajor, std::string("\x80\0\0\1\0\0\0\1", 8))));
  row("negative-size", kReject, tar().raw(patched({.name = "f"}, kSize, std::string(12, '\xff'))));
  row("size-of-2-to-63", kReject,
      tar().raw(patched({.name = "f"}, kSize, base256(std::string("\x80\0\0\0\0\0\0\0", 8)))));
  row("time-beyond-all-numbers", kReject, tar().pax({{"mtime", "99999999999999999999.5"}}).file("f", "x"));
  row("time-beyond-all-clocks", kContain, tar().pax({{"mtime", "9223372036854775807"}}).file("f", "x"));
  row("wrong-checksum", kReject,
      tar().raw(TarBuilder::block({.name = "f"}, TarDialect::ustar).replace(0, 1, "g")));
  row("unknown-type", kReject, tar().header({.type = 'Z', .name = "f"}));
}

void add_sizes(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& layer,
                       std::vector<std::string> tree = {}) {
    rows.push_back(layer_row(name, "sizes", verdict, layer, std::move(tree)));
  };
  const std::string evil = TarBuilder().file("evil", "").end(1);
  row("pax-size-against-ustar-size", kContain,
      tar().pax({{"size", "1024"}}).header({.name = "carrier"}).raw(evil).file("after", ""),
      {"after=", "carrier=" + evil});
  row("pax-before-a-long-name", kContain,
      TarBuilder(TarDialect::gnu)
          .pax({{"size", "512"}})
          .header({.type = 'L', .name = "././@LongLink", .size = 7})
          .data("renamed")
          .header({.name = "x"})
          .raw(std::string(512, 'D'))
          .file("after", ""),
      {"after=", "renamed=" + std::string(512, 'D')});
  row("directory-with-a-size", kContain,
      tar().header({.type = '5', .name = "d/", .size = 512, .mode = 0755}).file("f", ""), {"d/", "f="});
  row("directory-with-content", kReject,
      tar().header({.type = '5', .name = "d/", .size = 512}).raw(std::string(512, 'A')).file("f", ""));
  row("link-with-a-size", kContain,
      tar().header({.type = '2', .name = "l", .link = "x", .size = 512}).file("f", ""), {"f=", "l@x"});
  row("pax-header-of-1-gib", kReject,
      tar().header({.type = 'x', .name = "P", .size = 1 << 30}).raw(std::string(4096, '\0')));
  row("long-name-of-8-gib", kReject,
      tar()
          .raw(patched({.type = 'L', .name = "././@LongLink"}, kSize, base256(std::string("\2\0\0\0\0", 5))))
          .raw(std::string(4096, '\0')));
  row("pax-record-of-wrong-length", kReject,
      tar().header({.type = 'x', .name = "P", .size = 20}).data("99999999999 path=a\n ").file("f", ""));
  row("pax-record-without-its-end", kReject,
      tar().header({.type = 'x', .name = "P", .size = 11}).data("11 path=abc").file("f", ""));
}

void add_sparse(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, const std::string& size, const std::string& map,
                       std::int64_t stored) {
    const auto pieces = static_cast<std::ptrdiff_t>(std::count(map.begin(), map.end(), ',') + 1) / 2;
    rows.push_back(layer_row(name, "sparse files", kReject,
                             tar()
                                 .pax({{"GNU.sparse.size", size},
                                       {"GNU.sparse.numblocks", std::to_string(pieces)},
                                       {"GNU.sparse.name", "s"},
                                       {"GNU.sparse.map", map}})
                                 .header({.name = "s", .size = stored})
                                 .data(std::string(static_cast<std::size_t>(stored), 'x'))));
  };
  row("sparse-of-8-eib", "9223372036854775807", "9223372036854775806,1", 1);
  row("sparse-of-1-tib", "1099511627776", "1099511627775,1", 1);
  row("sparse-that-overlaps", "10", "5,5,0,5", 10);
  row("sparse-that-holds-less", "10", "0,5,5,5", 3);
  std::string many = "0,0";
  for (int i = 0; i < 70000; ++i) many += ",0,0";
  row("sparse-of-70001-pieces", "10", many, 0);
}

void add_ends(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, std::string bytes,
                       std::vector<std::string> tree = {}) {
    rows.push_back({.name = name,
                    .kind = "ends",
                    .verdict = verdict,
                    .write = layers({std::move(bytes)}),
                    .tree = std::move(tree)});
  };
  const TarBuilder five_thousand = tar().header({.name = "f", .size = 5000});
  row("content-is-cut-off", kReject, five_thousand.end(0) + std::string(700, 'x'));
  row("header-is-cut-off", kReject, tar().file("f", "").end(0).substr(0, 300));
  row("an-archive-after-the-end", kContain, tar().file("f", "x").end() + tar().file("hidden", "y").end(),
      {"f=x"});
  row("one-zero-block-then-an-entry", kReject, tar().file("f", "x").end(1) + tar().file("hidden", "y").end());
  row("no-archive-at-all", kReject, std::string(2000, 'n'));
}

void add_many(std::vector<CorpusRow>& rows) {
  TarBuilder entries;
  for (int i = 0; i < 5000; ++i) entries.file("e/" + std::to_string(i), "");
  rows.push_back(layer_row("5000-entries", "sizes", kContain, entries));
  TarBuilder deep;
  for (const int depth : {1, 500, 1000, 2000}) {
    std::string path;
    for (int i = 0; i < depth; ++i) path += "d/";
    deep.pax({{"path", path}}).header({.type = '5', .name = "x"});
  }
  // It is 2000 directories deep: nobody can name what is at its end to look at it.
  rows.push_back(layer_row("2000-levels", "sizes", kContain, deep, {kNotListed}));
}

}  // namespace

std::vector<CorpusRow> tar_attacks() {
  std::vector<CorpusRow> rows;
  add_numbers(rows);
  add_sizes(rows);
  add_sparse(rows);
  add_ends(rows);
  add_many(rows);
  return rows;
}

}  // namespace bayplan::test
