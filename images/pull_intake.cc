#include "pull_intake.h"

#include <utility>

namespace bayplan::images {

void PullIntake::expect(const Descriptor& blob) {
  if (blob.digest == target_.digest) return;  // finish() brings it
  if (source_.holds(blob.digest)) return BlobIntake::expect(blob);
  downloads_.add(blob);
  coming_.push_back(blob);
}

Result<std::unique_ptr<ByteSource>> PullIntake::open(const Descriptor& blob) {
  if (!downloads_.has(blob.digest)) return BlobIntake::open(blob);
  opened_.push_back(blob.digest);
  return downloads_.open(blob.digest);
}

Result<void> PullIntake::check_opened() {
  for (const Digest& digest : opened_) BAYPLAN_TRY(downloads_.wait(digest));
  return BlobIntake::check_opened();
}

Result<void> PullIntake::publish() {
  if (std::exchange(published_, true)) return {};
  BAYPLAN_TRY(BlobIntake::publish());
  for (const Descriptor& blob : coming_) {
    BAYPLAN_TRY(downloads_.wait(blob.digest));
    BAYPLAN_ASSIGN(auto ready, store_.blobs().adopt(blob.digest, blob.size));
    if (!ready) return Error(Errc::conflict, "blob", blob.digest.to_string(), "was removed meanwhile");
    add_ready(*std::move(ready));
  }
  BAYPLAN_ASSIGN(const std::string bytes, source_.document(target_));
  BAYPLAN_ASSIGN(content::ReadyBlob target, hold_.finish(target_, bytes));
  add_ready(std::move(target));
  return {};
}

}  // namespace bayplan::images
