// Records of containerd's image shape: 8 leaf values in a bucket with target/ and labels/, about 356 bytes of
// keys and values. Every peer makes the same bytes for the same number (go/record.go is this file in Go),
// so that their checksums can be compared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bayplan::bench {

inline constexpr std::array<std::string_view, 3> kLabelKeys{
    "containerd.io/distribution.source.registry.example.com",
    "io.cri-containerd.image",
    "io.cri-containerd.pinned",
};

struct Record {
  std::string name;
  std::string created_at;  ///< 15 bytes, as Go encodes a time
  std::string updated_at;
  std::string media_type;
  std::string digest;
  std::string size;                   ///< a varint
  std::array<std::string, 3> labels;  ///< values of kLabelKeys
};

/// Any fixed permutation of numbers; spreads names over the key space and picks what is read.
std::uint64_t mixed(std::uint64_t number) noexcept;

/// Record `number` (below 2^32; names are unique). One in a thousand has kRareLabel as its second label.
Record make_record(std::uint64_t number);
inline constexpr std::string_view kRareLabel = "foreign";

/// A blob's record. Its labels keep other blobs alive.
struct Blob {
  std::string digest;
  std::string created_at;
  std::string size;
  std::vector<std::pair<std::string, std::string>> labels;
};

/// What image record `number` points at: a manifest, and by its labels the config and the layers.
std::vector<Blob> make_blobs(std::uint64_t number);

/// A value for `updated_at` and for the last label of record `number`, other than what it was made with.
std::string changed_time(std::uint64_t number);

/// What a reader saw: does not depend on the order, and makes it touch every value.
class Checksum {
 public:
  void add(std::string_view bytes) noexcept {
    if (bytes.empty()) return;
    sum_ += bytes.size() * 65536 + static_cast<unsigned char>(bytes.front()) * 256u +
            static_cast<unsigned char>(bytes.back());
  }
  std::uint64_t value() const noexcept { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace bayplan::bench
