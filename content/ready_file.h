// What a ReadyBlob holds: the name of durable bytes and the share of their lock.
#pragma once

#include "bayplan/content/store.h"
#include "digest_lock.h"

namespace bayplan::content {

struct ReadyFile {
  DigestLock lock;
  Digest digest;
  std::uint64_t size;  ///< bytes
};

struct ReadyBlob::State {
  explicit State(ReadyFile ready) : file(std::move(ready)) {}
  const ReadyFile file;
};

}  // namespace bayplan::content
