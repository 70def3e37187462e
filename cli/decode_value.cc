#include "decode_value.h"

#include <algorithm>
#include <array>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "print.h"

namespace bayplan::cli {
namespace {

namespace schema = metadata::schema;
namespace codec = metadata::codec;

constexpr std::array kNumbers = {schema::kSize,      schema::kInodes,       schema::kVersion,
                                 schema::kPid,       schema::kPidNamespace, schema::kStartTime,
                                 schema::kRunDevice, schema::kRunInode};

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kShown = 64;
  std::string out = "0x";
  for (const char c : bytes.substr(0, kShown)) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return bytes.size() > kShown ? out + ".. (" + std::to_string(bytes.size()) + " bytes)" : out;
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::string describe_kind(std::string_view value) {
  switch (value.size() == 1 ? value[0] : 0) {
    case 1:
      return "view";
    case 2:
      return "active";
    case 3:
      return "committed";
    default:
      return hex(value);
  }
}

}  // namespace

std::string describe_value(std::string_view key, std::string_view value) {
  if (key == schema::kCreatedAt || key == schema::kUpdatedAt) {
    if (auto time = codec::decode_time(value)) return format_rfc3339(*time);
  } else if (std::find(kNumbers.begin(), kNumbers.end(), key) != kNumbers.end()) {
    if (auto number = codec::decode_varint(value)) return std::to_string(*number);
  } else if (key == schema::kSpec || key == schema::kOptions) {
    if (auto any = codec::decode_any(value)) {
      return printable(any->type_url) + " (" + std::to_string(any->value.size()) + " bytes)";
    }
  } else if (key == schema::kKind) {
    return describe_kind(value);
  }
  return is_text(value) ? printable(value) : hex(value);
}

}  // namespace bayplan::cli
