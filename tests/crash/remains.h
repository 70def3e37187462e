// What a crash left of a store: what is recorded, what has files, and that a collection makes them the same.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "bayplan/images/store.h"

namespace bayplan::test {

/// The namespace that crash tests work in.
inline constexpr std::string_view kNamespace = "default";

std::vector<const metadata::GcKind*> all_kinds(const images::Store& store);

/// Expects that a collection is all it takes until records and files are the same, that nothing is left of
/// one that did not end, and that the store is without fault.
void expect_collects(const std::filesystem::path& root, const images::StoreOptions& options = {});

}  // namespace bayplan::test
