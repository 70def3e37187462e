#include "bayplan/base/escape.h"

#include "bayplan/base/utf8.h"

namespace bayplan {
namespace {

// C0 and C1 controls, and the code points that reorder or break a line: a terminal obeys all of them.
bool obeyed_by_terminals(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15u]};
  }
}

void append_escape(std::string& out, std::string_view bytes) {
  switch (bytes[0]) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    default:
      append_hex(out, bytes);
  }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, std::string_view also) {
  while (!text.empty()) {
    const utf8::CodePoint point = utf8::first(text);
    const std::string_view bytes = text.substr(0, point.length == 0 ? 1 : point.length);
    const bool escape = point.length == 0 || obeyed_by_terminals(point.value) ||
                        also.find(bytes[0]) != std::string_view::npos;
    escape ? append_escape(out, bytes) : static_cast<void>(out.append(bytes));
    text.remove_prefix(bytes.size());
  }
}

std::string escaped(std::string_view text, std::string_view also) {
  std::string out;
  append_escaped(out, text, also);
  return out;
}

}  // namespace bayplan
