// Buckets as text, for golden files: what is stored, key for key and byte for byte.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/walk.h"

namespace bayplan::test {

inline std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// Text in quotes, anything else in hexadecimal.
inline std::string shown(std::string_view bytes) {
  const bool text = std::all_of(bytes.begin(), bytes.end(),
                                [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
  return text ? '"' + std::string(bytes) + '"' : hex(bytes);
}

/// A key as it stands in a path: in quotes where it could be taken for something else.
inline std::string path_part(std::string_view key) {
  const bool plain = !key.empty() && key.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-_.:@+") == std::string_view::npos;
  return plain ? std::string(key) : shown(key);
}

/// One line for each bucket, "path/", and each value, "path = value", in key order. `mask` is given path and
/// value, and answers what is to be shown for the value; by default what shown() does.
inline std::vector<std::string> dump(
    const metadata::Bucket& bucket,
    const std::function<std::string(std::string_view path, std::string_view value)>& mask = {}) {
  std::vector<std::string> lines;
  std::vector<std::string> path;
  const auto at = [&](std::string_view key) {
    std::string text;
    for (const std::string& part : path) text += part;
    return text + std::string(key);
  };
  const auto enter = [&](std::string_view key, const metadata::Bucket&, std::size_t depth) -> Result<void> {
    path.push_back(depth == 1 ? std::string() : path_part(key) + "/");
    if (depth > 1) lines.push_back(at({}));
    return {};
  };
  const auto value = [&](const metadata::Entry& entry) -> Result<void> {
    const std::string name = at(path_part(entry.key));
    lines.push_back(name + " = " + (mask ? mask(name, entry.value) : shown(entry.value)));
    return {};
  };
  const auto leave = [&]() -> Result<void> {
    path.pop_back();
    return {};
  };
  metadata::walk(bucket, {enter, value, leave}).value();
  return lines;
}

}  // namespace bayplan::test
