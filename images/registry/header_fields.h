// The fields of an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bayplan::registry {

class HeaderFields {
 public:
  /// Takes a line as it was sent. What is no field is passed over.
  void add_line(std::string_view line);

  /// The first of that name, whatever its case.
  std::optional<std::string_view> find(std::string_view name) const;
  /// All of that name, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  /// Content-Length, if it is there and one number.
  std::optional<std::uint64_t> content_length() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// The address of `rel="next"` in a Link field (RFC 8288), if it names one.
std::optional<std::string_view> next_link(std::string_view field);

}  // namespace bayplan::registry
