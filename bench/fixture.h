// What every benchmark stands on: an environment in a fresh directory and records of containerd's image
// shape.
#pragma once

#include <cstdint>
#include <filesystem>

#include "bayplan/images/images.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::bench {

/// A fresh directory below $TMPDIR (or /tmp), removed at the end. Figures are those of its file system.
class FreshDirectory {
 public:
  FreshDirectory();
  ~FreshDirectory();
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Image number `n`: a name of 40 to 50 bytes, a target, two labels: containerd's usual record.
images::Image image_record(std::uint64_t n);

/// An environment holding `count` of them, written 1,000 per transaction.
metadata::Db filled_db(const FreshDirectory& directory, std::uint64_t count);

}  // namespace bayplan::bench
