// The names of one image, as status and lists report them. Pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/digest.h"
#include "bayplan/base/result.h"

namespace bayplan::images {

/// The names of an image, told apart: those that end in a digest, and the others. Order is kept.
struct SplitNames {
  std::vector<std::string> tags;
  std::vector<std::string> digests;
};
SplitNames split_names(const std::vector<std::string>& names);

/// NAME@DIGEST under which registries may know the image: its names with a digest, and the repository of each
/// other name with each of `digests` (of its manifests). Without duplicates, sorted. A name that is no
/// reference (records may have such) adds nothing.
std::vector<std::string> repo_digests(const SplitNames& names, const std::vector<Digest>& digests);

/// The canonical reference of an image: the repository of its first tagged name, else of its first one with a
/// digest, with `manifest`. Empty for an image without names that are references.
std::optional<std::string> canonical_reference(const SplitNames& names, const Digest& manifest);

/// Which images are never removed to make room: a NAME, a PREFIX*, or a *KEYWORD*. Letters match in either
/// case.
class NamePattern {
 public:
  /// Errors: invalid_argument (empty; "*" alone or elsewhere).
  static Result<NamePattern> parse(std::string_view text);
  /// Whether the whole of `name` is what the pattern describes.
  bool matches(std::string_view name) const;

 private:
  enum class Kind { exact, prefix, keyword };
  NamePattern(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  Kind kind_;
  std::string text_;  // in lower case
};

}  // namespace bayplan::images
