#include "subject.h"

#include "bayplan/base/json.h"
#include "descriptor_json.h"

namespace bayplan::images {

Result<std::optional<Digest>> subject_of(std::string_view text) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(text, "manifest"));
  const auto subject = document.root().find("subject");
  if (!subject || subject->is_null()) return std::optional<Digest>();
  BAYPLAN_ASSIGN(const Descriptor descriptor, read_descriptor(*subject));
  return std::optional<Digest>(descriptor.digest);
}

}  // namespace bayplan::images
