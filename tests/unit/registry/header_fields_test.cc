#include "header_fields.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

TEST(HeaderFields, NamesHaveNoCase) {
  HeaderFields fields;
  fields.add_line("HTTP/1.1 200 OK\r\n");
  fields.add_line("Docker-Content-Digest:  sha256:ab \r\n");
  fields.add_line("link: a\r\n");
  fields.add_line("LINK: b\r\n");
  EXPECT_EQ(fields.find("docker-content-DIGEST"), "sha256:ab");
  EXPECT_EQ(fields.all("Link"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(fields.find("absent"));
}

TEST(HeaderFields, LengthIsANumberOrNone) {
  HeaderFields fields;
  EXPECT_FALSE(fields.content_length());
  fields.add_line("Content-Length: 12\r\n");
  EXPECT_EQ(fields.content_length(), 12u);
  HeaderFields odd;
  odd.add_line("Content-Length: -1\r\n");
  EXPECT_FALSE(odd.content_length());
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
