#include "header.h"

#include <algorithm>
#include <span>

#include "bayplan/base/random.h"
#include "byte_order.h"
#include "crc32c.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kMagic{"BAYPLAN\x1a", 8};
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kCrcAt = 152;
constexpr std::size_t kHeaderBytes = kCrcAt + sizeof(std::uint32_t);

Error bad_header(std::string_view what) { return Error(Errc::corrupt, "header row", {}, what); }

// Takes fixed-size fields off the front of bytes whose length was checked before.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() noexcept {
    const auto value = load_le<std::uint64_t>(bytes_.data());
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  template <std::size_t N>
  void copy(std::array<char, N>& to) noexcept {
    std::copy_n(bytes_.begin(), N, to.begin());
    bytes_.remove_prefix(N);
  }

 private:
  std::string_view bytes_;
};

}  // namespace

std::string encode_header(const Header& header) {
  std::string out(kMagic);
  out.reserve(kHeaderBytes);
  append_le(out, std::uint64_t{kFormatVersion});
  append_le(out, header.compatible);
  append_le(out, header.read_only_compatible);
  append_le(out, header.incompatible);
  out.append(header.uuid.data(), header.uuid.size());
  append_le(out, header.next_id);
  append_le(out, header.revision);
  append_le(out, header.mutations);
  append_le(out, header.deletions);
  append_le(out, header.txn);
  append_le(out, header.collection);
  out.append(header.reserved.data(), header.reserved.size());
  append_le(out, crc32c(out));
  return out;
}

Result<Header> decode_header(std::string_view stored) {
  if (!stored.starts_with(kMagic) || stored.size() < kVersionAt + sizeof(std::uint64_t)) {
    return bad_header("not a header of this library");
  }
  const auto version = load_le<std::uint64_t>(stored.data() + kVersionAt);
  if (version != kFormatVersion) {
    return Error(Errc::version_mismatch, "metadata format", std::to_string(version),
                 "this library handles format " + std::to_string(kFormatVersion))
        .with_advice("use a newer release");
  }
  if (stored.size() != kHeaderBytes) return bad_header("wrong length");
  if (crc32c(stored.substr(0, kCrcAt)) != load_le<std::uint32_t>(stored.data() + kCrcAt)) {
    return bad_header("the checksum does not match");
  }
  Header header;
  Fields fields(stored.substr(kVersionAt + sizeof(std::uint64_t)));
  header.compatible = fields.number();
  header.read_only_compatible = fields.number();
  header.incompatible = fields.number();
  fields.copy(header.uuid);
  header.next_id = fields.number();
  header.revision = fields.number();
  header.mutations = fields.number();
  header.deletions = fields.number();
  header.txn = fields.number();
  header.collection = fields.number();
  fields.copy(header.reserved);
  if (header.incompatible != 0) {
    return Error(Errc::version_mismatch, "metadata features", std::to_string(header.incompatible),
                 "the store uses features that this library does not know")
        .with_advice("use a newer release");
  }
  return header;
}

Result<void> check_commit(const Header& header, std::uint64_t txn) {
  if (header.txn == txn || txn <= 1) return {};
  return Error(
             Errc::corrupt, "header row", {},
             "is of commit " + std::to_string(header.txn) + ", but the meta page says " + std::to_string(txn))
      .with_advice("restore the store from a backup");
}

std::string format_uuid(const std::array<char, 16>& uuid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid[i]);
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

Result<std::array<char, 16>> random_uuid() {
  std::array<char, 16> uuid{};
  BAYPLAN_TRY(fill_random(std::as_writable_bytes(std::span(uuid))));
  uuid[6] = static_cast<char>((uuid[6] & 0x0f) | 0x40);
  uuid[8] = static_cast<char>((uuid[8] & 0x3f) | 0x80);
  return uuid;
}

}  // namespace bayplan::metadata
