#include "header.h"

#include <gtest/gtest.h>

#include "byte_order.h"
#include "crc32c.h"

namespace bayplan::metadata {
namespace {

Header sample() {
  Header header;
  header.compatible = 1;
  header.read_only_compatible = 2;
  header.uuid = random_uuid().value();
  header.next_id = 77;
  header.revision = 5;
  header.mutations = 6;
  header.deletions = 7;
  header.txn = 12;
  header.reserved[47] = 'r';
  return header;
}

std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  append_le(bytes, crc32c(bytes));
  return bytes;
}

TEST(Header, a_header_of_another_commit_is_damage) {
  const Header header = sample();
  EXPECT_TRUE(check_commit(header, header.txn));
  EXPECT_TRUE(check_commit(header, 1)) << "a compacted copy";
  EXPECT_FALSE(check_commit(header, header.txn + 2));
}

TEST(Header, comes_back_with_what_it_does_not_know) {
  const Header before = sample();
  const auto after = decode_header(encode_header(before));
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_EQ(after->compatible, 1u);
  EXPECT_EQ(after->read_only_compatible, 2u);
  EXPECT_EQ(after->uuid, before.uuid);
  EXPECT_EQ(after->next_id, 77u);
  EXPECT_EQ(after->revision, 5u);
  EXPECT_EQ(after->mutations, 6u);
  EXPECT_EQ(after->deletions, 7u);
  EXPECT_EQ(after->txn, before.txn);
  EXPECT_EQ(after->reserved, before.reserved);
}

TEST(Header, every_flipped_bit_and_every_cut_is_noticed) {
  const std::string good = encode_header(sample());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(decode_header(bad)) << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode_header(good.substr(0, size)));
}

TEST(Header, a_newer_format_is_refused_by_name) {
  std::string bytes = encode_header(sample());
  bytes[8] = 2;
  const auto header = decode_header(resealed(bytes));
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code(), Errc::version_mismatch);
}

TEST(Header, unknown_incompatible_features_are_refused) {
  Header features = sample();
  features.incompatible = 4;
  const auto header = decode_header(encode_header(features));
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code(), Errc::version_mismatch);
}

TEST(Header, uuid_is_of_version_4) {
  const std::string text = format_uuid(random_uuid().value());
  ASSERT_EQ(text.size(), 36u);
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(text, format_uuid(random_uuid().value()));
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 17);
  EXPECT_EQ(format_uuid(bytes), "00112233-4455-6677-8899-aabbccddeeff");
}

}  // namespace
}  // namespace bayplan::metadata
