// Addresses, and when two of them are the same place. What a registry sends us to is read by the parser that
// connects to it, so that there are no two opinions about where that is.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::registry {

inline constexpr std::size_t kMaxUrlBytes = 16u << 10;

/// Scheme, host (lower case) and port: secrets for one are for no other.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;

  friend bool operator==(const Origin&, const Origin&) = default;
  /// "https://host:port".
  std::string to_string() const;
};

using QueryParameters = std::vector<std::pair<std::string_view, std::string_view>>;

/// An absolute http or https URL. Immutable.
class Url {
 public:
  /// Refused beside what is malformed: other schemes, user names, `.` and `..` in the path (also escaped),
  /// control characters and spaces, zones of IPv6, more than kMaxUrlBytes. A fragment is dropped. Errors:
  /// invalid_argument.
  static Result<Url> parse(std::string_view text);

  /// What `reference`, absolute or relative, means as seen from here. Errors: as parse.
  Result<Url> resolve(std::string_view reference) const;

  /// The same with `parameters` added to its query.
  Url with_query(const QueryParameters& parameters) const;

  const std::string& text() const noexcept { return text_; }
  const Origin& origin() const noexcept { return origin_; }
  bool is_https() const noexcept { return origin_.scheme == "https"; }
  /// Without the query, which may be a signature that opens something.
  std::string shown() const { return text_.substr(0, text_.find('?')); }

 private:
  Url(std::string text, Origin origin) : text_(std::move(text)), origin_(std::move(origin)) {}
  static Result<Url> read(std::string_view base, std::string_view text);

  std::string text_;
  Origin origin_;
};

}  // namespace bayplan::registry
