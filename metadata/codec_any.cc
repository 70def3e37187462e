// google.protobuf.Any, by hand: two length-delimited fields need no protobuf library.
#include "bayplan/metadata/codec.h"

namespace bayplan::metadata::codec {
namespace {

enum class WireType : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint64_t kTypeUrlField = 1;
constexpr std::uint64_t kValueField = 2;

Error bad_any(std::string_view what) { return Error(Errc::corrupt, "protobuf Any", {}, what); }

void append_varint(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to += static_cast<char>(static_cast<unsigned char>(number | 0x80));
  to += static_cast<char>(static_cast<unsigned char>(number));
}

void append_field(std::string& to, std::uint64_t field, std::string_view bytes) {
  if (bytes.empty()) return;
  append_varint(to, field << 3 | static_cast<unsigned>(WireType::bytes));
  append_varint(to, bytes.size());
  to.append(bytes);
}

class WireReader {
 public:
  explicit WireReader(std::string_view rest) : rest_(rest) {}
  bool at_end() const noexcept { return rest_.empty(); }

  Result<std::uint64_t> varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      BAYPLAN_ASSIGN(const auto one, take(1));
      const std::uint64_t byte = static_cast<unsigned char>(one[0]);
      if (shift == 63 && byte > 1) break;
      number |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
    return bad_any("a number does not fit 64 bits");
  }

  Result<std::string_view> take(std::uint64_t count) {
    if (count > rest_.size()) return bad_any("ends in the middle");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  Result<std::string_view> payload(WireType type) {
    switch (type) {
      case WireType::varint: {
        BAYPLAN_TRY(varint());
        return std::string_view{};
      }
      case WireType::fixed64:
        return take(8);
      case WireType::fixed32:
        return take(4);
      case WireType::bytes: {
        BAYPLAN_ASSIGN(const std::uint64_t length, varint());
        return take(length);
      }
    }
    return bad_any("a field of unknown wire type");
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string encode_any(const Any& any) {
  std::string bytes;
  append_field(bytes, kTypeUrlField, any.type_url);
  append_field(bytes, kValueField, any.value);
  return bytes;
}

Result<Any> decode_any(std::string_view bytes) {
  Any any;
  WireReader reader(bytes);
  while (!reader.at_end()) {
    BAYPLAN_ASSIGN(const std::uint64_t tag, reader.varint());
    const std::uint64_t field = tag >> 3;
    const auto type = static_cast<WireType>(tag & 7);
    if (field == 0) return bad_any("field number 0");
    BAYPLAN_ASSIGN(const auto payload, reader.payload(type));
    if (field > kValueField) continue;
    if (type != WireType::bytes) return bad_any("a field of another type than Any's");
    (field == kTypeUrlField ? any.type_url : any.value).assign(payload);
  }
  return any;
}

}  // namespace bayplan::metadata::codec
