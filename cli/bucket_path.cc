#include "bucket_path.h"

#include <cstddef>

namespace bayplan::cli {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

Result<std::string> unescape(std::string_view step, std::string_view path) {
  std::string key;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '%') {
      key += step[i];
      continue;
    }
    const int high = i + 2 < step.size() ? hex_value(step[i + 1]) : -1;
    const int low = i + 2 < step.size() ? hex_value(step[i + 2]) : -1;
    if (high < 0 || low < 0)
      return Error(Errc::invalid_argument, "path", path, "% must be followed by two hex digits");
    key += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return key;
}

}  // namespace

std::string escape_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '/' && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<std::vector<std::string>> parse_bucket_path(std::string_view path) {
  std::vector<std::string> steps;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  for (std::string_view rest = path; !rest.empty();) {
    const auto slash = rest.find('/');
    const std::string_view step = rest.substr(0, slash);
    if (step.empty()) return Error(Errc::invalid_argument, "path", path, "has an empty step");
    BAYPLAN_ASSIGN(std::string key, unescape(step, path));
    steps.push_back(std::move(key));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return steps;
}

}  // namespace bayplan::cli
