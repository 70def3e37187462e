// An open blob and how far it was read.
#pragma once

#include "bayplan/base/fd.h"
#include "bayplan/content/store.h"

namespace bayplan::content {

struct BlobReader::State {
  State(UniqueFd opened, const Digest& name, std::uint64_t bytes, Verify how)
      : fd(std::move(opened)), digest(name), size(bytes), verify(how), hasher(name.algorithm()) {}

  UniqueFd fd;
  Digest digest;
  std::uint64_t size;
  Verify verify;
  Hasher hasher;
  std::uint64_t offset = 0;
};

}  // namespace bayplan::content
