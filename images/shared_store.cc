#include <map>
#include <mutex>
#include <tuple>

#include "bayplan/images/store.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

/// What makes two stores of a process one.
using Key = std::tuple<fs::path, fs::path, std::string, bool>;

Key key_of(const fs::path& root, const StoreOptions& options) {
  const auto canonical = [](const fs::path& path) {
    std::error_code failed;
    fs::path result = path.empty() ? path : fs::weakly_canonical(path, failed);
    return failed ? path : result;
  };
  return {canonical(root), canonical(options.run_root), options.snapshotter, options.metadata.read_only};
}

}  // namespace

Result<std::shared_ptr<Store>> open_shared(const fs::path& root, const StoreOptions& options) {
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<Store>> stores;
  const std::lock_guard lock(mutex);
  std::erase_if(stores, [](const auto& entry) { return entry.second.expired(); });
  const Key key = key_of(root, options);
  const auto known = stores.find(key);
  if (known != stores.end()) {
    if (auto store = known->second.lock()) return store;
  }
  BAYPLAN_ASSIGN(Store opened, Store::open(root, options));
  auto store = std::make_shared<Store>(std::move(opened));
  stores.insert_or_assign(key_of(root, options), store);  // links on the way may be there now
  return store;
}

}  // namespace bayplan::images
