// What keeps an object, in words and in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/gc_view.h"

namespace bayplan::cli {

struct Explained {
  metadata::GcNode node;
  metadata::GcAnswer answer;
  std::string reason{};                       ///< what the object says of itself, where nothing keeps it
  std::vector<metadata::GcLink> referrers{};  ///< then, too: each says why it keeps nothing
};

/// The object that `text` means in namespace `ns`: KIND/KEY, or a key of any of `kinds`, which may begin like
/// that, too. Empty when there is none.
std::optional<metadata::GcNode> find_object(const metadata::GcView& view,
                                            const std::vector<std::string>& kinds, const std::string& ns,
                                            const std::string& text);
Explained explain(const metadata::GcView& view, const metadata::GcNode& node, std::size_t limit);
void print_explained(const Explained& explained, bool json);
/// Who refers to `node`, kept or not.
void print_referrers(const metadata::GcNode& node, const std::vector<metadata::GcLink>& referrers, bool json);

}  // namespace bayplan::cli
