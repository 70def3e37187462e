// All that a store holds, as text: for tests that expect it not to change.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "bayplan/images/store.h"
#include "bayplan/metadata/digest.h"

namespace bayplan::test {

/// The logical digest of all records, and the path of every file and directory of the store but those of the
/// environment, whose content the records are.
inline std::string state_of(images::Store& store) {
  const auto digest = store.db().view([](const metadata::ReadTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(const auto bucket, tx.bucket("v1"));
    if (!bucket) return std::string();  // of a store that never held anything
    BAYPLAN_ASSIGN(const Digest logical, metadata::logical_digest(*bucket));
    return logical.to_string();
  });
  std::string state = digest ? *digest : digest.error().to_string();
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.root().path)) {
    if (entry.path().parent_path().filename() != "metadata") paths.insert(entry.path());
  }
  for (const std::string& path : paths) state += "\n" + path;
  return state;
}

}  // namespace bayplan::test
