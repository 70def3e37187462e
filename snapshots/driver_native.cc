#include <sys/stat.h>

#include <cerrno>

#include "bayplan/base/file.h"
#include "diff_native.h"
#include "driver.h"
#include "tree_copy.h"

namespace bayplan::snapshots {
namespace {

constexpr const char* kUnfinishedCopy = "fs.copy";
constexpr const char* kLinkedFiles = "links";

class NativeDriver final : public Driver {
 public:
  NativeDriver(std::filesystem::path path, UniqueFd root) : Driver(std::move(path), std::move(root)) {}

  std::string_view name() const noexcept override { return kNativeDriver; }

  Result<void> populate(int directory, const LowerIds& lower) const override {
    if (lower.empty()) return make_tree(directory, -1);
    const auto there = file::open_dir_at(directory, std::string(kTreeName));
    if (there) return {};
    if (there.error().code() != Errc::not_found) return there.error();
    BAYPLAN_ASSIGN(const UniqueFd nearest, open_layer(lower.front()));
    return copy_layer(nearest.get(), directory);
  }

  bool copies_parents() const noexcept override { return true; }

  Result<UniqueFd> open_tree(const std::string& id, const LowerIds&) const override { return open_layer(id); }

  Result<void> diff(LayerWriter& out, std::span<const UniqueFd> directories) const override {
    const std::string tree(kTreeName);
    BAYPLAN_ASSIGN(const UniqueFd now, file::open_dir_at(directories[0].get(), tree));
    if (directories.size() == 1) return diff_native(out, now.get(), -1);
    BAYPLAN_ASSIGN(const UniqueFd before, file::open_dir_at(directories[1].get(), tree));
    return diff_native(out, now.get(), before.get());
  }

  std::vector<Mount> mounts(Kind kind, const std::string& id, const LowerIds&) const override {
    return {bind(path_of(id, kTreeName), kind == Kind::active)};
  }

 private:
  static Result<void> copy_layer(int from, int directory) {
    // What a populate that did not finish left behind.
    BAYPLAN_TRY(file::remove_tree(directory, kUnfinishedCopy));
    BAYPLAN_TRY(file::remove_tree(directory, kLinkedFiles));
    BAYPLAN_ASSIGN(const UniqueFd to, file::ensure_private_dir_at(directory, kUnfinishedCopy));
    BAYPLAN_ASSIGN(const UniqueFd links, file::ensure_private_dir_at(directory, kLinkedFiles));
    BAYPLAN_TRY(copy_tree(from, to.get(), links.get()));
    BAYPLAN_TRY(file::remove_tree(directory, kLinkedFiles));
    return file::rename_exclusive(directory, kUnfinishedCopy, directory, std::string(kTreeName));
  }
};

}  // namespace

std::shared_ptr<Driver> open_native_driver(std::filesystem::path path, UniqueFd root) {
  return std::make_shared<NativeDriver>(std::move(path), std::move(root));
}

}  // namespace bayplan::snapshots
