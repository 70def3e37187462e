#include "decode_value.h"

#include "print.h"
#include "record_json.h"

namespace bayplan::cli {
namespace {

std::string shortened(std::string_view bytes) {
  constexpr std::size_t kShown = 64;
  std::string out = "0x" + hex(bytes.substr(0, kShown));
  return bytes.size() > kShown ? out + ".. (" + std::to_string(bytes.size()) + " bytes)" : out;
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string describe(const metadata::DecodedValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.value))
    return value.bytes ? shortened(*text) : printable(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value.value)) return std::to_string(*number);
  if (const auto* time = std::get_if<Time>(&value.value)) return format_rfc3339(*time);
  const auto& any = std::get<metadata::Any>(value.value);
  return printable(any.type_url) + " (" + std::to_string(any.value.size()) + " bytes)";
}

std::string describe_value(std::string_view parent, std::string_view key, std::string_view value) {
  return describe(metadata::decode_value(parent, key, value));
}

void write_value(json::Writer& out, const metadata::DecodedValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    if (value.bytes) {
      out.begin_object().member("hex", hex(*text)).end_object();
    } else {
      out.string(*text);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&value.value)) {
    out.integer(*number);
  } else if (const auto* time = std::get_if<Time>(&value.value)) {
    out.string(format_rfc3339(*time));
  } else {
    write_any(out, std::get<metadata::Any>(value.value));
  }
}

}  // namespace bayplan::cli
