#include "row.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::metadata {
namespace {

std::string encoded(const RowKey& key, const Row& row) {
  std::string bytes(kRowHeaderBytes + row.payload.size(), '\0');
  encode_row(key.bytes(), row, bytes.data());
  return bytes;
}

TEST(Row, is_laid_out_as_documented) {
  const RowKey key(0x0102030405060708, "key");
  EXPECT_EQ(key.bytes(), std::string_view("\1\2\3\4\5\6\7\10key", 11));
  const std::string bytes = encoded(key, {Tag::value, 0x1122, "payload"});
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes.substr(5, 8), std::string("\x22\x11\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(13), "payload");
}

TEST(Row, comes_back) {
  const RowKey key(7, "k");
  const std::string bytes = encoded(key, {Tag::value, 9, "v"});
  const auto row = decode_row(key.bytes(), bytes);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->tag, Tag::value);
  EXPECT_EQ(row->revision, 9u);
  EXPECT_EQ(row->payload, "v");
}

TEST(Row, every_flipped_bit_is_noticed) {
  const RowKey key(7, "some key");
  const std::string good = encoded(key, {Tag::value, 9, "some value"});
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(decode_row(key.bytes(), bad)) << bit;
  }
}

TEST(Row, is_bound_to_its_bucket_and_key) {
  const std::string bytes = encoded(RowKey(7, "k"), {Tag::value, 9, "v"});
  EXPECT_FALSE(decode_row(RowKey(8, "k").bytes(), bytes));
  EXPECT_FALSE(decode_row(RowKey(7, "l").bytes(), bytes));
}

TEST(Row, damage_names_the_key) {
  const auto row = decode_row(RowKey(42, "the key").bytes(), "short");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code(), Errc::corrupt);
  EXPECT_NE(row.error().to_string().find("the key"), std::string::npos);
}

TEST(Row, reserved_and_unknown_tags_are_a_newer_format) {
  const RowKey key(7, "k");
  for (const int tag : {0, 5, 6, 8, 255}) {
    const auto row = decode_row(key.bytes(), encoded(key, {static_cast<Tag>(tag), 1, "12345678"}));
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code(), Errc::version_mismatch) << tag;
  }
}

TEST(Row, a_tag_on_the_wrong_key_is_damage) {
  const std::string chunk(kMaxChunkBytes, 'k');
  struct Case {
    RowKey key;
    Row row;
  };
  const std::string_view number = "12345678";
  const Case cases[] = {
      {RowKey(7, ""), {Tag::value, 1, "v"}},         {RowKey(7, "k"), {Tag::sequence, 1, number}},
      {RowKey(7, "k"), {Tag::chain, 1, number}},     {RowKey::chain(7, chunk), {Tag::value, 1, "v"}},
      {RowKey(7, "k"), {Tag::bucket, 1, "1234567"}}, {RowKey(7, chunk + "x"), {Tag::value, 1, "v"}}};
  for (const Case& c : cases) {
    const auto row = decode_row(c.key.bytes(), encoded(c.key, c.row));
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code(), Errc::corrupt);
  }
}

}  // namespace
}  // namespace bayplan::metadata
