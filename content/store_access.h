// The ways into Store and ReadyBlob, for the functions of this folder that are no members.
#pragma once

#include <memory>

#include "bayplan/content/store.h"
#include "blob_dirs.h"
#include "ready_file.h"

namespace bayplan::content {

struct StoreAccess {
  static const SharedDirs& dirs(const Store& store);
  static Sharing sharing(const Store& store);

  using BlobState = std::shared_ptr<ReadyBlob::State>;
  static ReadyBlob ready_blob(ReadyFile file, EndingIngest ingest) {
    return ReadyBlob(std::make_shared<ReadyBlob::State>(std::move(file), std::move(ingest)));
  }
  static BlobState& state(ReadyBlob& blob) { return blob.state_; }
};

}  // namespace bayplan::content
