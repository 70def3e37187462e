// Every kind of object this command knows, for collecting and checking.
#pragma once

#include <memory>
#include <vector>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/directories.h"
#include "bayplan/containers/sandboxes.h"
#include "bayplan/images/store.h"

namespace bayplan::cli {

/// Those of objects that may use images, beside those of the store.
inline std::vector<const metadata::GcKind*> users_of_images() {
  return {&containers::container_gc_kind(), &containers::sandboxes::gc_kind()};
}

inline std::vector<const metadata::GcKind*> all_kinds(const images::Store& store) {
  auto kinds = store.gc_kinds();
  for (const metadata::GcKind* kind : users_of_images()) kinds.push_back(kind);
  return kinds;
}

/// all_kinds(), and what has no objects but files: for who collects. Borrows `store`.
class CollectedKinds {
 public:
  explicit CollectedKinds(const images::Store& store)
      : directories_(containers::directories_gc_kind(store)), kinds_(all_kinds(store)) {
    kinds_.push_back(directories_.get());
  }
  metadata::GcKinds list() const noexcept { return kinds_; }

 private:
  std::unique_ptr<metadata::GcKind> directories_;
  std::vector<const metadata::GcKind*> kinds_;
};

}  // namespace bayplan::cli
