// A durable blob that waits for its record, and the ingest that ends with that.
#pragma once

#include <optional>
#include <string>

#include "bayplan/content/store.h"
#include "digest_lock.h"
#include "ref_dir.h"

namespace bayplan::content {

struct ReadyFile {
  DigestLock lock;
  Digest digest;
  std::uint64_t size;  ///< bytes
};

/// The ingest by reference that the bytes came from.
struct EndingIngest {
  std::string ns;
  std::string ref;
  std::string lease;  ///< that lists it; may be empty
  RefDir dir;
};

struct ReadyBlob::State {
  explicit State(ReadyFile ready) : file(std::move(ready)) {}
  State(ReadyFile ready, EndingIngest ending) : file(std::move(ready)), ingest(std::move(ending)) {}
  const ReadyFile file;
  const std::optional<EndingIngest> ingest{};
};

}  // namespace bayplan::content
