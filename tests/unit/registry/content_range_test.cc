#include "content_range.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

TEST(ContentRange, SaysWhichBytes) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 10u);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total);
}

TEST(ContentRange, RefusesWhatContradictsItself) {
  for (const char* text :
       {"", "bytes", "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9", "items 5-9/10", "bytes */10",
        "bytes 0-18446744073709551615/*", "bytes -5-9/10", "bytes 5-9/ten"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(UploadRange, CountsBytes) {
  EXPECT_EQ(parse_upload_range("0-9"), 10u);
  EXPECT_EQ(parse_upload_range("bytes=0-9"), 10u);
  EXPECT_EQ(parse_upload_range("0-0"), 1u);
  for (const char* text : {"", "1-9", "9", "0-", "0--1", "0-18446744073709551615"}) {
    EXPECT_FALSE(parse_upload_range(text)) << text;
  }
}

}  // namespace
}  // namespace bayplan::registry
