#include "bayplan/metadata/file_source.h"

#include "bayplan/base/file.h"
#include "bayplan/metadata/walk.h"
#include "pages/containerd_root.h"
#include "precheck.h"

namespace bayplan::metadata {

Result<void> FileSource::check_buckets(const DamageSink& tell, bool& complete) const {
  std::vector<std::string> path;
  for (const std::string& problem : facts().problems)
    BAYPLAN_TRY(tell({{}, Error(Errc::corrupt, "file", {}, problem)}));
  return walk(root_bucket(*this),
              {.enter = [&](std::string_view key, const Bucket&, std::size_t depth) -> Result<void> {
                 if (depth > 1) path.emplace_back(key);
                 forget();
                 return {};
               },
               .value = [&](const Entry&) -> Result<void> {
                 forget();
                 return {};
               },
               .leave = [&]() -> Result<void> {
                 if (!path.empty()) path.pop_back();
                 return {};
               },
               .damage = [&](const Error& error) -> Result<void> {
                 complete = false;
                 return tell({path, error});
               }});
}

Result<std::unique_ptr<FileSource>> open_file_source(const std::filesystem::path& path) {
  std::error_code failed;
  for (const std::filesystem::path& inside : {path / kDataName, path / "metadata" / kDataName}) {
    if (std::filesystem::exists(inside, failed)) return open_store_file(inside);
  }
  for (const char* const inside : {kContainerdMetadata, kContainerdSnapshots}) {
    if (std::filesystem::exists(path / inside, failed)) return open_bolt_file(path / inside);
  }
  if (std::filesystem::is_directory(path, failed)) return open_containerd_root(path);
  auto bolt = open_bolt_file(path);
  if (bolt || bolt.error().code() != Errc::corrupt) return bolt;
  auto store = open_store_file(path);
  return store || store.error().code() != Errc::corrupt ? std::move(store) : std::move(bolt);
}

}  // namespace bayplan::metadata
