#include "descriptor_json.h"

#include "media_type.h"
#include "names/base64.h"

namespace bayplan::images {
namespace {

Error bad_member(std::string_view member, std::string_view why) {
  return Error(Errc::invalid_argument, "JSON member", member, why);
}

Result<std::map<std::string, std::string>> read_annotations(const json::Value& value) {
  BAYPLAN_ASSIGN(const auto members, value.optional_string_map("annotations"));
  std::map<std::string, std::string> annotations;
  for (const auto& [key, text] : members) {
    if (key.empty() || key.find('\0') != std::string_view::npos) {
      return bad_member("annotations", "a key is empty or holds NUL");
    }
    annotations.emplace(key, text);
  }
  return annotations;
}

Result<std::uint64_t> read_size(const json::Value& value) {
  BAYPLAN_ASSIGN(const std::int64_t size, value.integer("size"));
  if (size < 0) return bad_member("size", "negative");
  return static_cast<std::uint64_t>(size);
}

// Whatever claims to be these bytes is these bytes.
Result<void> check_content(const Descriptor& descriptor, std::string_view content) {
  if (content.size() != descriptor.size) {
    return Error(Errc::digest_mismatch, "descriptor", descriptor.digest.to_string(),
                 "says " + std::to_string(descriptor.size) + " bytes, its content has " +
                     std::to_string(content.size()));
  }
  const Digest found = Digest::of(content, descriptor.digest.algorithm());
  if (found != descriptor.digest) {
    return Error(Errc::digest_mismatch, "descriptor", descriptor.digest.to_string(),
                 "its content is " + found.to_string());
  }
  return {};
}

Result<void> check_inline_data(const json::Value& value, const Descriptor& descriptor) {
  BAYPLAN_ASSIGN(const auto encoded, value.optional_string("data"));
  if (!encoded) return {};
  auto content = decode_base64(*encoded);
  if (!content) return bad_member("data", content.error().message());
  return check_content(descriptor, *content);
}

// Nothing ever follows them; what image-spec does not allow there (other schemes, credentials) is refused all
// the same.
Result<void> check_urls(const json::Value& value) {
  BAYPLAN_ASSIGN(const auto urls, value.optional_strings("urls"));
  for (const std::string_view url : urls) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    if (scheme == 0) return bad_member("urls", "holds an address that is neither http nor https");
    const std::string_view host = url.substr(scheme, url.find_first_of("/?#", scheme) - scheme);
    if (host.find('@') != std::string_view::npos)
      return bad_member("urls", "holds an address with credentials");
  }
  return {};
}

}  // namespace

Result<Descriptor> read_descriptor(const json::Value& value) {
  if (!value.is_object()) return Error(Errc::invalid_argument, "descriptor", {}, "not an object");
  BAYPLAN_ASSIGN(const std::string_view media_type, value.string("mediaType"));
  if (!is_media_type(media_type)) return bad_member("mediaType", "not a type/subtype without parameters");
  BAYPLAN_ASSIGN(const std::string_view digest_text, value.string("digest"));
  BAYPLAN_ASSIGN(const Digest digest, Digest::parse(digest_text));
  BAYPLAN_ASSIGN(const std::uint64_t size, read_size(value));
  BAYPLAN_ASSIGN(auto annotations, read_annotations(value));
  Descriptor descriptor{std::string(media_type), digest, size, std::move(annotations)};
  BAYPLAN_TRY(check_urls(value));
  BAYPLAN_TRY(check_inline_data(value, descriptor));
  if (media_type == kOciEmpty) BAYPLAN_TRY(check_content(descriptor, "{}"));
  return descriptor;
}

}  // namespace bayplan::images
