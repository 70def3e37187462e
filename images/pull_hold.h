// What a pull holds while it goes on: a lease for what it fetched, and the reference that makes pulls of one
// digest into one namespace follow one another.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/descriptor.h"
#include "bayplan/content/writer.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// Move-only. Dropping it gives up: what was fetched stays, kept by the lease, for the next one; where there
/// is nothing of that, nothing stays.
class PullHold {
 public:
  /// Makes the lease, or makes that of an earlier pull last kPullLeaseLife from now. Empty: somebody else
  /// pulls `target`; await() him. Errors: those of leases and open_writer.
  static Result<std::optional<PullHold>> take(Store& store, std::string_view ns, const Digest& target);
  /// Until nobody pulls `target`. Errors: those of await_writer.
  static Result<void> await(Store& store, std::string_view ns, const Digest& target,
                            const CancelToken& cancel);

  PullHold(PullHold&& other) noexcept;
  PullHold& operator=(PullHold&&) = delete;
  ~PullHold();

  const std::string& lease() const noexcept { return id_; }

  /// Makes `bytes`, the target itself, durable: recording it ends the pull. At most once. Errors: those of
  /// Writer::finish.
  Result<content::ReadyBlob> finish(const Descriptor& target, std::string_view bytes);
  /// In the transaction that records the image: the lease ends. Errors: those of leases::remove.
  Result<void> end(metadata::WriteTx& tx) const;

 private:
  PullHold(Store& store, std::string_view ns, std::string id, content::Writer lock)
      : store_(&store), ns_(ns), id_(std::move(id)), lock_(std::move(lock)) {}

  Store* store_;  // none: moved from
  std::string ns_;
  std::string id_;  // of lease and reference
  std::optional<content::Writer> lock_;
};

}  // namespace bayplan::images
