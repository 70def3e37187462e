#include "bayplan/snapshots/tar_reader.h"
#include "tar_reading.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;

std::string pax_body(std::string_view body) {
  const std::string header =
      block({.type = 'x', .name = "P", .size = static_cast<std::int64_t>(body.size())});
  return header + TarBuilder().data(body).file("f", "").end();
}

TEST(TarPaxRecords, MalformedOnesAreCorrupt) {
  const std::vector<std::string> bodies{"99999999999 path=a\n",
                                        "11 path=abc",
                                        "9 path=abc\n",
                                        "12 path=abc\n\n",
                                        "7 nokey\n",
                                        "6 =abc\n",
                                        "4 a=\n",
                                        "path=abc\n",
                                        "-1 path=a\n",
                                        " path=a\n",
                                        "16 pa\0th=nulkey\n"s};
  for (const std::string& body : bodies) EXPECT_EQ(read_bad(pax_body(body)).code(), Errc::corrupt) << body;
}

TEST(TarPaxRecords, NulInANameIsCorrupt) {
  for (const char* key : {"path", "linkpath", "uname", "GNU.sparse.name"}) {
    EXPECT_EQ(read_bad(pax_body(TarBuilder::record(key, "ok\0/../../evil"s))).code(), Errc::corrupt) << key;
  }
  EXPECT_EQ(read_bad(pax_body(TarBuilder::record("SCHILY.xattr.user.\0x"s, "v"))).code(), Errc::corrupt);
}

TEST(TarPaxRecords, NumbersThatAreNoneAreCorrupt) {
  for (const auto& [key, value] : TarBuilder::Records{{"uid", "0x5"},
                                                      {"gid", "5 "},
                                                      {"mtime", "1.5s"},
                                                      {"atime", "x"},
                                                      {"ctime", "."},
                                                      {"size", "1.5"},
                                                      {"mtime", "99999999999999999999.5"}}) {
    EXPECT_EQ(read_bad(pax_body(TarBuilder::record(key, value))).code(), Errc::corrupt)
        << key << "=" << value;
  }
}

TEST(TarPaxRecords, SparsePairsMustAlternate) {
  const std::string offset = TarBuilder::record("GNU.sparse.offset", "0");
  const std::string bytes = TarBuilder::record("GNU.sparse.numbytes", "0");
  EXPECT_EQ(read_bad(pax_body(bytes + offset)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(pax_body(offset + offset)).code(), Errc::corrupt);
  EXPECT_EQ(read_bad(pax_body(TarBuilder::record("GNU.sparse.offset", "0,1"))).code(), Errc::corrupt);
}

}  // namespace
}  // namespace bayplan::snapshots
