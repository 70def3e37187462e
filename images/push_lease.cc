#include "push_lease.h"

#include "bayplan/images/push.h"
#include "bayplan/metadata/leases.h"

namespace bayplan::images {
namespace {

namespace leases = metadata::leases;

// Where owners cannot be proven, the expiry has to do.
Result<std::optional<metadata::LeaseOwner>> owner_below(const std::filesystem::path& run_root) {
  std::optional<metadata::LeaseOwner> none;
  if (run_root.empty()) return none;
  auto owner = metadata::LeaseOwner::acquire(run_root);
  if (owner) return std::optional(*std::move(owner));
  if (owner.error().code() == Errc::unsupported) return none;
  return std::move(owner).error();
}

}  // namespace

Result<PushLease> PushLease::prepare(const Store& store, std::string_view ns) {
  BAYPLAN_ASSIGN(auto owner, owner_below(store.run_root()));
  return PushLease(store.db(), ns, std::move(owner));
}

PushLease::~PushLease() {
  if (!id_) return;
  const auto removed =
      db_->update([&](metadata::WriteTx& tx) { return leases::remove(tx, ns_, *id_); }, {.reclaiming = true});
  ignore_error(removed, "it ends with its owner, or at its expiry");
}

Result<void> PushLease::keep(metadata::WriteTx& tx, const Digest& digest) {
  if (!id_) {
    leases::CreateOptions options{.expires = std::chrono::ceil<std::chrono::seconds>(now()) + kPushLeaseLife};
    if (owner_) options.owner = owner_->record();
    BAYPLAN_ASSIGN(leases::Lease lease, leases::create(tx, ns_, options));
    id_ = std::move(lease.id);
  }
  return leases::add_resource(tx, ns_, *id_, {"content", digest.to_string()});
}

}  // namespace bayplan::images
