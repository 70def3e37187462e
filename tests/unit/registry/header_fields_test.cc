#include "header_fields.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

TEST(HeaderFields, NamesHaveNoCase) {
  HeaderFields fields;
  EXPECT_TRUE(fields.add_line("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(fields.add_line("Docker-Content-Digest:  sha256:ab \r\n"));
  EXPECT_TRUE(fields.add_line("link: a\r\n"));
  EXPECT_TRUE(fields.add_line("LINK: b\r\n"));
  EXPECT_EQ(fields.find("docker-content-DIGEST"), "sha256:ab");
  EXPECT_EQ(fields.all("Link"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(fields.find("absent"));
}

TEST(HeaderFields, LengthIsANumberOrNone) {
  HeaderFields fields;
  EXPECT_FALSE(fields.content_length());
  EXPECT_TRUE(fields.add_line("Content-Length: 12\r\n"));
  EXPECT_EQ(fields.content_length(), 12u);
  HeaderFields odd;
  EXPECT_TRUE(odd.add_line("Content-Length: -1\r\n"));
  EXPECT_FALSE(odd.content_length());
}

TEST(HeaderFields, AreBounded) {
  HeaderFields fields;
  const std::string line = "X: " + std::string(1000, 'a') + "\r\n";
  std::size_t taken = 0;
  while (fields.add_line(line)) ++taken;
  EXPECT_EQ(taken, HeaderFields::kMaxBytes / line.size());
}

TEST(NextLink, FindsTheRelation) {
  EXPECT_EQ(next_link("</v2/a/tags/list?n=1&last=b>; rel=\"next\""), "/v2/a/tags/list?n=1&last=b");
  EXPECT_EQ(next_link("<a>; rel=\"prev\", <b>; REL=\"Next\""), "b");
  EXPECT_EQ(next_link("<a>; rel=next"), "a");
  EXPECT_FALSE(next_link("<a>; rel=\"prev\""));
  EXPECT_FALSE(next_link("<a"));
  EXPECT_FALSE(next_link(""));
}

}  // namespace
}  // namespace bayplan::registry
