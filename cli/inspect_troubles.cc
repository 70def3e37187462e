#include "inspect_troubles.h"

#include <cstdio>

#include "bucket_path.h"
#include "print.h"

namespace bayplan::cli {

std::string words(const metadata::StoredRecord& record) {
  return std::string(to_string(record.kind)) + " " + record.ns + " " + record.key;
}

void Troubles::tell(const metadata::StoredRecord& record) {
  for (const std::string& problem : record.problems) tell(words(record) + ": " + problem);
}

Result<void> Troubles::operator()(const metadata::RecordDamage& damage) {
  std::string path;
  for (const std::string& key : damage.path) path += (path.empty() ? "" : "/") + escape_key(key);
  tell((path.empty() ? "file" : path) + ": " + damage.error.to_string());
  return {};
}

void Troubles::tell(const std::string& what) {
  any_ = true;
  std::fprintf(stderr, "bayplan: damaged: %s\n", printable(what).c_str());
}

}  // namespace bayplan::cli
