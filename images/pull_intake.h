// The blobs of a pull: documents out of memory, others as they come from registries.
#pragma once

#include <vector>

#include "blob_downloads.h"
#include "blob_intake.h"
#include "pull_hold.h"
#include "registry_source.h"

namespace bayplan::images {

/// Errors: also those of BlobDownloads and PullHold::finish; conflict (somebody removed the file of a blob
/// that had come).
class PullIntake final : public BlobIntake {
 public:
  /// Borrows all it is given.
  PullIntake(RegistrySource& source, BlobDownloads& downloads, PullHold& hold, const Descriptor& target,
             Store& store, const Control& control)
      : BlobIntake(source, store.blobs(), control),
        source_(source),
        downloads_(downloads),
        hold_(hold),
        target_(target),
        store_(store) {}

  void expect(const Descriptor& blob) override;
  Result<std::unique_ptr<ByteSource>> open(const Descriptor& blob) override;
  Result<void> check_opened() override;
  /// The target last of all: who has it ready has all.
  Result<void> publish() override;

 private:
  RegistrySource& source_;
  BlobDownloads& downloads_;
  PullHold& hold_;
  const Descriptor& target_;
  Store& store_;
  std::vector<Descriptor> coming_;
  std::vector<Digest> opened_;
  bool published_ = false;
};

}  // namespace bayplan::images
