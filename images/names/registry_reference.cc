#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

RegistryReference::RegistryReference(const Reference& reference) : reference_(reference) {
  if (reference_.digest_) {
    reference_.tag_.reset();
  } else if (!reference_.tag_) {
    reference_.tag_ = "latest";
  }
}

Result<RegistryReference> RegistryReference::parse(std::string_view text) {
  BAYPLAN_ASSIGN(const Reference reference, Reference::parse(text));
  return RegistryReference(reference);
}

RegistryReference RegistryReference::of(const Reference& reference) { return RegistryReference(reference); }

std::string RegistryReference::repository() const { return domain() + "/" + path(); }

std::string RegistryReference::object() const { return digest() ? digest()->to_string() : *tag(); }

RegistryReference RegistryReference::pinned(const Digest& digest) const {
  RegistryReference pinned = *this;
  pinned.reference_.tag_.reset();
  pinned.reference_.digest_ = digest;
  return pinned;
}

std::string RegistryReference::to_string() const { return repository() + (digest() ? "@" : ":") + object(); }

}  // namespace bayplan::images
