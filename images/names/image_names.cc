#include "bayplan/images/image_names.h"

#include <algorithm>
#include <set>

#include "bayplan/images/registry_reference.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

bool ends_in_digest(const std::string& name) {
  const std::size_t at = name.rfind('@');
  return at != std::string::npos && Digest::parse(std::string_view(name).substr(at + 1)).has_value();
}

}  // namespace

SplitNames split_names(const std::vector<std::string>& names) {
  SplitNames split;
  for (const std::string& name : names) (ends_in_digest(name) ? split.digests : split.tags).push_back(name);
  return split;
}

std::vector<std::string> repo_digests(const SplitNames& names, const std::vector<Digest>& digests) {
  std::set<std::string> all(names.digests.begin(), names.digests.end());
  for (const std::string& name : names.tags) {
    const auto reference = RegistryReference::parse(name);
    if (!reference) continue;
    for (const Digest& digest : digests) all.insert(reference->pinned(digest).to_string());
  }
  return {all.begin(), all.end()};
}

std::optional<std::string> canonical_reference(const SplitNames& names, const Digest& manifest) {
  for (const auto* group : {&names.tags, &names.digests}) {
    for (const std::string& name : *group) {
      if (const auto reference = RegistryReference::parse(name))
        return reference->pinned(manifest).to_string();
    }
  }
  return {};
}

Result<NamePattern> NamePattern::parse(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return Error(Errc::invalid_argument, "name pattern", text, why)
        .with_advice("write NAME, PREFIX* or *KEYWORD*");
  };
  std::string_view inner = text;
  const bool after = inner.ends_with('*');
  if (after) inner.remove_suffix(1);
  const bool before = inner.starts_with('*');
  if (before) inner.remove_prefix(1);
  if (inner.empty()) return invalid("is empty");
  if (inner.find('*') != std::string_view::npos) return invalid("\"*\" stands in the middle");
  if (before && !after) return invalid("\"*\" stands at the start only");
  const Kind wild = before ? Kind::keyword : Kind::prefix;
  return NamePattern(after ? wild : Kind::exact, lower(inner));
}

bool NamePattern::matches(std::string_view name) const {
  const std::string folded = lower(name);
  switch (kind_) {
    case Kind::exact:
      return folded == text_;
    case Kind::prefix:
      return folded.starts_with(text_);
    case Kind::keyword:
      return folded.find(text_) != std::string::npos;
  }
  return false;
}

}  // namespace bayplan::images
