#include "bayplan/containers/directories.h"
#include "container_dirs.h"

namespace bayplan::containers {
namespace {

// Directories are no objects of their own: containers are. What is left of them without one is swept.
class DirectoriesKind final : public metadata::GcKind {
 public:
  explicit DirectoriesKind(const images::Store& store) : store_(store) {}

  std::string_view kind() const override { return "container directory"; }
  Result<void> scan(const metadata::BucketSource&, std::string_view, metadata::GcSink&) const override {
    return {};
  }
  Result<void> look(const metadata::BucketSource&, std::string_view, std::string_view,
                    metadata::GcSink&) const override {
    return {};
  }
  Result<void> remove(metadata::WriteTx&, const metadata::GcNode& node) const override {
    return Error(Errc::not_found, kind(), node.key);
  }
  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override {
    if (store_.run_root().empty()) return metadata::FileSweep{};
    BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(store_));
    return dirs.sweep(db, control);
  }
  Result<void> check(const metadata::BucketSource&, std::string_view,
                     const metadata::ProblemSink&) const override {
    return {};
  }

 private:
  const images::Store& store_;
};

}  // namespace

std::unique_ptr<metadata::GcKind> directories_gc_kind(const images::Store& store) {
  return std::make_unique<DirectoriesKind>(store);
}

}  // namespace bayplan::containers
