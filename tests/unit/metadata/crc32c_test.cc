#include "crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::metadata {
namespace {

struct Vector {
  std::string bytes;
  std::uint32_t checksum;
};

std::string counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(first + i * step);
  return bytes;
}

// RFC 3720 B.4, and the check value of the CRC catalogue.
std::vector<Vector> vectors() {
  return {{"", 0},
          {"123456789", 0xE3069283},
          {std::string(32, '\0'), 0x8A9136AA},
          {std::string(32, '\xff'), 0x62A8AB43},
          {counting(0, 1), 0x46DD794E},
          {counting(31, -1), 0x113FDB5C}};
}

TEST(Crc32c, matches_the_published_vectors) {
  for (const auto& [bytes, checksum] : vectors()) {
    EXPECT_EQ(crc32c(bytes), checksum);
    EXPECT_EQ(crc32c_portable(bytes), checksum);
  }
}

TEST(Crc32c, continues_from_what_came_before) {
  const std::string bytes = counting(7, 5) + "tail of odd length";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view view(bytes);
    EXPECT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), crc32c_portable(bytes)) << cut;
  }
}

TEST(Crc32c, three_pieces_are_one) {
  const std::string bytes = counting(7, 5) + counting(90, 3) + counting(1, 1) + counting(200, -1) + "odd";
  const std::string_view view(bytes);
  for (std::size_t first = 0; first <= view.size(); ++first) {
    for (std::size_t second = first; second <= view.size(); second += 7) {
      ASSERT_EQ(crc32c(view.substr(0, first), view.substr(first, second - first), view.substr(second)),
                crc32c_portable(bytes))
          << first << ' ' << second;
    }
  }
}

// Lanes of every length, several rounds of the longest, every length of the tail.
TEST(Crc32c, long_bytes_are_summed_as_the_portable_one_sums_them) {
  std::string bytes;
  for (int i = 0; i < 3400; ++i) bytes += static_cast<char>(i * 7 + i / 13);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view view(bytes.data(), size);
    const auto before = static_cast<std::uint32_t>(size * 2654435761u);
    EXPECT_EQ(crc32c(view, before), crc32c_portable(view, before)) << size;
  }
}

}  // namespace
}  // namespace bayplan::metadata
