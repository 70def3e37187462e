#include "service_image.h"

namespace bayplan::containers {
namespace {

constexpr std::string_view kNotPresent = " not present in image store";

// CRI-O's words, one for each thing that was known.
Error missing(std::string_view name, std::string_view id) {
  std::string message = "image";
  if (!name.empty()) message.append(" ").append(quoted(name));
  if (!id.empty()) message.append(" with ID ").append(quoted(id));
  return {Errc::not_found, {}, {}, message.append(kNotPresent)};
}

}  // namespace

std::string ServiceImage::record() const {
  return stored.names.empty() ? "sha256:" + id() : stored.names.front();
}

Result<ServiceImage> find_image(const images::StoredImages& images, const metadata::BucketSource& source,
                                std::string_view name, std::string_view id) {
  const auto found = images.lookup(source, id.empty() ? name : id);
  if (!found && found.error().code() == Errc::not_found) return missing(name, id);
  if (!found) return found.error();
  if (!id.empty() && !found->by_id) return missing(name, id);  // it is a name
  BAYPLAN_ASSIGN(images::StoredImage stored, images.get(source, found->id));
  BAYPLAN_ASSIGN(images::ResolvedImage opened, images.open(source, found->id));
  return ServiceImage{std::move(stored), std::move(opened.config)};
}

bool is_missing_image(const Error& error) {
  return error.code() == Errc::not_found && error.kind().empty() && error.message().ends_with(kNotPresent);
}

}  // namespace bayplan::containers
