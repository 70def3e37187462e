// What keeps a pushed image from the collector.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bayplan/images/store.h"
#include "bayplan/metadata/lease_owner.h"

namespace bayplan::images {

/// A lease that ends with this object, or with its process, or at the latest after kPushLeaseLife. Move-only;
/// not to outlive the store, nor to be kept when that moves.
class PushLease {
 public:
  /// Makes no lease yet. Errors: those of metadata::LeaseOwner::acquire.
  static Result<PushLease> prepare(const Store& store, std::string_view ns);
  PushLease(PushLease&&) noexcept = default;
  PushLease& operator=(PushLease&&) = delete;
  ~PushLease();

  /// Makes the lease, if this is the first thing that it keeps. After an error there may be none, and this
  /// object is of no use any more. Errors: those of metadata::leases::create and add_resource.
  Result<void> keep(metadata::WriteTx& tx, const Digest& digest);

 private:
  PushLease(const metadata::Db& db, std::string_view ns, std::optional<metadata::LeaseOwner> owner)
      : db_(&db), ns_(ns), owner_(std::move(owner)) {}
  const metadata::Db* db_;
  std::string ns_;
  std::optional<metadata::LeaseOwner> owner_;
  std::optional<std::string> id_{};
};

}  // namespace bayplan::images
