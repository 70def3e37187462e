#include "bayplan/images/reference.h"

#include <algorithm>

#include "bayplan/images/image_id.h"
#include "names/registry_host.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kDefaultDomain = "docker.io";
constexpr std::string_view kLegacyDefaultDomain = "index.docker.io";
constexpr std::string_view kOfficialPrefix = "library/";
constexpr std::string_view kDefaultTag = "latest";
constexpr std::size_t kMaxPathBytes = 255;
constexpr std::size_t kMaxTagBytes = 128;

bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }

Error broken(std::string_view text, std::string_view rule) {
  return Error(Errc::invalid_argument, "image reference", text, rule);
}

// Runs of [a-z0-9] joined by one of: ".", "_", "__", any number of "-".
bool is_path_component(std::string_view component) noexcept {
  std::size_t at = 0;
  for (;;) {
    const std::size_t run = at;
    while (at < component.size() && (is_lower(component[at]) || is_digit(component[at]))) ++at;
    if (at == run) return false;
    if (at == component.size()) return true;
    const std::size_t separator = at;
    while (at < component.size() && component[at] == component[separator]) ++at;
    const std::size_t length = at - separator;
    const char c = component[separator];
    const bool joins = (c == '.' && length == 1) || (c == '_' && length <= 2) || c == '-';
    if (!joins) return false;
  }
}

bool is_tag(std::string_view tag) noexcept {
  if (tag.empty() || tag.size() > kMaxTagBytes) return false;
  if (!is_alnum(tag[0]) && tag[0] != '_') return false;
  return all_are(tag, [](char c) noexcept { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

// Whether the text before a reference's first "/" is a domain and not the first part of a path.
bool looks_like_domain(std::string_view text) noexcept {
  return text.find_first_of(".:") != std::string_view::npos || text == "localhost" ||
         std::any_of(text.begin(), text.end(), is_upper);
}

struct Split {
  std::string_view domain;
  std::string_view rest;
  bool given = false;  // the text names the domain
};

Split split_domain(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !looks_like_domain(text.substr(0, slash)))
    return {kDefaultDomain, text};
  const std::string_view domain = text.substr(0, slash);
  return {domain == kLegacyDefaultDomain ? kDefaultDomain : domain, text.substr(slash + 1), true};
}

bool reads_as_image_id(std::string_view domain, std::string_view path) noexcept {
  if (domain != kDefaultDomain || !path.starts_with(kOfficialPrefix)) return false;
  path.remove_prefix(kOfficialPrefix.size());
  return path.size() == kImageIdDigits && all_are(path, is_hex);
}

Result<void> check_name(std::string_view text, std::string_view domain, std::string_view path) {
  if (!is_registry_host(domain)) return broken(text, "the registry is not host[:port]");
  if (std::any_of(path.begin(), path.end(), is_upper))
    return broken(text, "the repository name must be lower case");
  if (path.size() > kMaxPathBytes) return broken(text, "the repository name is longer than 255 bytes");
  if (!all_pieces(path, '/', is_path_component)) {
    return broken(
        text,
        "each part of the repository name must be a-z and 0-9, joined by \".\", \"_\", \"__\" or dashes");
  }
  if (reads_as_image_id(domain, path)) return broken(text, "64 hex digits are an image ID, not a name");
  return {};
}

}  // namespace

Result<Reference> Reference::parse(std::string_view text) {
  if (text.size() > kMaxReferenceBytes) {
    return broken(text, "is longer than " + std::to_string(kMaxReferenceBytes) + " bytes");
  }
  Reference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    BAYPLAN_ASSIGN(reference.digest_,
                   Digest::parse(rest.substr(at + 1)).with_context("image reference", text));
    rest = rest.substr(0, at);
  }
  const Split split = split_domain(rest);
  std::string_view path = split.rest;
  if (const std::size_t colon = path.find(':'); colon != std::string_view::npos) {
    const std::string_view tag = path.substr(colon + 1);
    if (!is_tag(tag)) return broken(text, "the tag is not [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    reference.tag_ = std::string(tag);
    path = path.substr(0, colon);
  }
  reference.domain_ = split.domain;
  reference.domain_given_ = split.given;
  if (split.domain == kDefaultDomain && path.find('/') == std::string_view::npos)
    reference.path_ = kOfficialPrefix;
  reference.path_ += path;
  BAYPLAN_TRY(check_name(text, reference.domain_, reference.path_));
  return reference;
}

std::string Reference::canonical() const {
  std::string text = domain_ + "/" + path_;
  if (tag_) text += ":" + *tag_;
  if (!tag_ && !digest_) text.append(":").append(kDefaultTag);
  if (digest_) text += "@" + digest_->to_string();
  return text;
}

std::string Reference::familiar() const {
  std::string_view path = path_;
  std::string text;
  const std::string_view inner = path.substr(std::min(kOfficialPrefix.size(), path.size()));
  if (domain_ != kDefaultDomain || looks_like_domain(path.substr(0, path.find('/')))) {
    text = domain_ + "/";
  } else if (path.starts_with(kOfficialPrefix) && inner.find('/') == std::string_view::npos) {
    path = inner;
  }
  text += path;
  if (tag_) text += ":" + *tag_;
  if (digest_) text += "@" + digest_->to_string();
  return text;
}

}  // namespace bayplan::images
