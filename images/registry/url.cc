#include "url.h"

#include <algorithm>
#include <optional>

#include "curl_handles.h"
#include "text.h"

namespace bayplan::registry {
namespace {

Error bad_url(std::string_view text, std::string_view why) {
  return Error(Errc::invalid_argument, "URL", text.substr(0, text.find('?')), why);
}

bool is_dots(std::string_view segment) {
  std::string plain;
  for (std::size_t at = 0; at < segment.size(); ++at) {
    const bool escaped_dot = segment[at] == '%' && equal_but_for_case(segment.substr(at, 3), "%2e");
    plain.push_back(escaped_dot ? '.' : segment[at]);
    if (escaped_dot) at += 2;
  }
  return plain == "." || plain == "..";
}

// libcurl would take them away, and what was signed or meant is another path then.
bool has_dot_segment(std::string_view text) {
  const std::string_view path = text.substr(0, text.find_first_of("?#"));
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (is_dots(path.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

// libcurl decodes escapes in a host after it looked for numbers that stand for addresses: what it then gives
// back as text is another host the next time.
bool has_escaped_host(std::string_view text) {
  const std::size_t slashes = text.find("//");
  if (slashes == std::string_view::npos ||
      text.substr(0, slashes).find_first_of("/?#") != std::string_view::npos) {
    return false;
  }
  const std::string_view rest = text.substr(slashes + 2);
  return rest.substr(0, rest.find_first_of("/?#")).find('%') != std::string_view::npos;
}

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return std::nullopt;
  return std::string(UniqueCurlText(text).get());
}

}  // namespace

std::string Origin::to_string() const { return scheme + "://" + host + ":" + port; }

Result<Url> Url::read(std::string_view base, std::string_view text) {
  if (text.empty() || text.size() > kMaxUrlBytes) return bad_url({}, "empty, or longer than 16 KiB");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~' || c == '\\'; })) {
    return bad_url(text, "holds a space, a backslash, or what is not printable ASCII");
  }
  if (has_dot_segment(text)) return bad_url(text, "holds a path segment of dots");
  if (has_escaped_host(text)) return bad_url(text, "holds an escape in its host");
  const UniqueUrl url(curl_url());
  constexpr unsigned kFlags = CURLU_DISALLOW_USER | CURLU_PATH_AS_IS;
  if (!base.empty() &&
      curl_url_set(url.get(), CURLUPART_URL, std::string(base).c_str(), kFlags) != CURLUE_OK) {
    return bad_url(base, "not a URL");
  }
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), kFlags);
  if (code == CURLUE_USER_NOT_ALLOWED) return bad_url({}, "holds a user name");
  if (code != CURLUE_OK) return bad_url(text, curl_url_strerror(code));
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  const auto host = part(url.get(), CURLUPART_HOST);
  const auto port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto whole = part(url.get(), CURLUPART_URL);
  if (!scheme || !host || !port || !whole) return bad_url(text, "lacks a host");
  std::string_view bare = *host;
  if (bare.size() > 2 && bare.front() == '[') bare = bare.substr(1, bare.size() - 2);
  if (!is_host_text(bare)) return bad_url(text, "its host is not one");
  if (*scheme != "https" && *scheme != "http") return bad_url(text, "neither http nor https");
  if (part(url.get(), CURLUPART_ZONEID)) return bad_url(text, "names a zone of IPv6");
  return Url(*whole, Origin{*scheme, lowered(*host), *port});
}

Result<Url> Url::parse(std::string_view text) {
  if (text.find("://") == std::string_view::npos) return bad_url(text, "not absolute");
  return read({}, text);
}

Result<Url> Url::resolve(std::string_view reference) const { return read(text_, reference); }

Url Url::with_query(const QueryParameters& parameters) const {
  std::string text = text_;
  char separator = text.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    text.append(1, separator).append(percent_encoded(name)).append("=").append(percent_encoded(value));
    separator = '&';
  }
  return {std::move(text), origin_};
}

}  // namespace bayplan::registry
