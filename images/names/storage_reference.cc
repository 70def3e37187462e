#include "bayplan/images/storage_reference.h"

#include <string>

#include "bayplan/images/transport.h"

namespace bayplan::images {
namespace {

Error broken(std::string_view text, std::string_view rule) {
  return Error(Errc::invalid_argument, "image", text, rule);
}

Result<std::string_view> without_store(std::string_view text) {
  if (!text.starts_with('[')) return text;
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return broken(text, "the store specification does not end");
  return text.substr(end + 1);
}

Result<std::optional<ImageId>> look_up(std::string_view prefix, const IdLookup& lookup) {
  if (!lookup || prefix.size() < kMinImageIdPrefix || prefix.size() > kImageIdDigits) {
    return std::optional<ImageId>();
  }
  BAYPLAN_ASSIGN(std::optional<ImageId> found, lookup(prefix));
  if (found && !found->matches(prefix)) found.reset();
  return found;
}

// The ID that follows an "@".
Result<ImageId> trailing_id(std::string_view text, std::string_view whole, const IdLookup& lookup) {
  if (auto id = ImageId::parse(text)) return id;
  BAYPLAN_ASSIGN(const std::optional<ImageId> id, look_up(text, lookup));
  if (id) return *id;
  return broken(whole, "what follows the last \"@\" is neither a digest nor the ID of an image")
      .with_advice("give all 64 digits of the ID, or more of them");
}

}  // namespace

Result<StorageReference> StorageReference::parse(std::string_view text, const IdLookup& lookup) {
  BAYPLAN_ASSIGN(std::string_view name, without_store(text));
  if (name.empty()) return broken(text, "is empty");
  StorageReference reference;
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos && name.find(':') == std::string_view::npos) {
    BAYPLAN_ASSIGN(reference.id_, look_up(name, lookup));
    if (reference.id_) return reference;
  } else if (at != std::string_view::npos && name.find(':', at) == std::string_view::npos) {
    BAYPLAN_ASSIGN(const ImageId id, trailing_id(name.substr(at + 1), text, lookup));
    reference.id_ = id;
    name = name.substr(0, at);
    if (name.empty()) return reference;
  }
  BAYPLAN_ASSIGN(const RegistryReference parsed, RegistryReference::parse(name));
  reference.name_ = parsed;
  return reference;
}

namespace {

Result<StorageReference> of_location(const ImageLocation& location, std::string_view text,
                                     const IdLookup& lookup) {
  if (const auto* storage = std::get_if<StorageLocation>(&location)) {
    return StorageReference::parse(storage->text, lookup);
  }
  const auto name = registry_name(location);
  // Its text is a name that this takes; a lookup has nothing to add.
  if (name) return StorageReference::parse(name->to_string(), {});
  return Error(Errc::not_found, "image", text, "what it names is outside of the store");
}

bool failed_to_parse(const Error& error) {
  return error.code() == Errc::invalid_argument || error.code() == Errc::unsupported;
}

}  // namespace

Result<StorageReference> parse_local_image(std::string_view text, const IdLookup& lookup) {
  const auto location = parse_location(text);
  if (location) return of_location(*location, text, lookup);
  auto by_id = StorageReference::parse("@" + std::string(text), lookup);
  if (by_id || !failed_to_parse(by_id.error())) return by_id;
  auto by_name = StorageReference::parse(text, lookup);
  if (by_name || !failed_to_parse(by_name.error())) return by_name;
  return names_transport(text) ? location.error() : by_name.error();
}

}  // namespace bayplan::images
