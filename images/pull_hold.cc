#include "pull_hold.h"

#include <utility>
#include <vector>

#include "bayplan/base/fault.h"
#include "bayplan/images/pull.h"

namespace bayplan::images {
namespace {

namespace leases = metadata::leases;

constexpr int kAttempts = 100;  // one is lost when somebody ends the lease meanwhile

std::string id_of(const Digest& target) { return "pull-" + target.to_string(); }

Result<std::vector<leases::Resource>> resources_of(const metadata::BucketSource& source, std::string_view ns,
                                                   std::string_view lease) {
  std::vector<leases::Resource> resources;
  BAYPLAN_TRY(
      leases::walk_resources(source, ns, lease, [&](const leases::Resource& resource) -> Result<void> {
        resources.push_back(resource);
        return {};
      }));
  return resources;
}

// A lease is not changed after its creation: one that is to last longer is made anew.
Result<void> make_lease(metadata::WriteTx& tx, std::string_view ns, const std::string& id) {
  std::vector<leases::Resource> resources;
  const auto known = leases::get(tx, ns, id);
  if (!known && known.error().code() != Errc::not_found) return known.error();
  if (known) {
    BAYPLAN_ASSIGN(resources, resources_of(tx, ns, id));
    BAYPLAN_TRY(leases::remove(tx, ns, id));
  }
  BAYPLAN_TRY(leases::create(tx, ns, {.id = id, .expires = now() + kPullLeaseLife}));
  for (const leases::Resource& resource : resources) BAYPLAN_TRY(leases::add_resource(tx, ns, id, resource));
  return {};
}

Result<void> drop_empty_lease(metadata::WriteTx& tx, std::string_view ns, const std::string& id) {
  BAYPLAN_ASSIGN(const auto resources, resources_of(tx, ns, id));
  if (!resources.empty()) return {};
  return leases::remove(tx, ns, id);
}

bool has_empty_lease(const Store& store, std::string_view ns, const std::string& id) {
  const auto resources =
      store.db().view([&](const metadata::ReadTx& tx) { return resources_of(tx, ns, id); });
  return resources && resources->empty();
}

}  // namespace

Result<std::optional<PullHold>> PullHold::take(Store& store, std::string_view ns, const Digest& target) {
  const std::string id = id_of(target);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    BAYPLAN_TRY(store.db().update([&](metadata::WriteTx& tx) { return make_lease(tx, ns, id); }));
    // Not expected to be the target: it would be taken for there, where another image has it as a part.
    auto lock = content::open_writer(store.blobs(), store.db(), ns, id, {.lease = id});
    if (lock) {
      std::optional<PullHold> held(PullHold(store, ns, id, *std::move(lock)));
      BAYPLAN_TRY(fault::at(fault::Point::pull_held));
      return held;
    }
    if (lock.error().code() == Errc::busy) return std::optional<PullHold>();
    if (lock.error().code() != Errc::not_found) return std::move(lock).error();
  }
  return Error(Errc::busy, "lease", id, "it was made and removed all the time");
}

Result<void> PullHold::await(Store& store, std::string_view ns, const Digest& target,
                             const CancelToken& cancel) {
  return content::await_writer(store.blobs(), store.db(), ns, id_of(target), cancel);
}

PullHold::PullHold(PullHold&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      ns_(std::move(other.ns_)),
      id_(std::move(other.id_)),
      lock_(std::exchange(other.lock_, std::nullopt)) {}

// After a pull that was recorded there is nothing left to find.
PullHold::~PullHold() {
  if (store_ == nullptr) return;
  lock_.reset();
  ignore_error(content::abort_ingest(store_->blobs(), store_->db(), ns_, id_, id_), "it goes with its lease");
  if (!has_empty_lease(*store_, ns_, id_)) return;
  ignore_error(store_->db().update([&](metadata::WriteTx& tx) { return drop_empty_lease(tx, ns_, id_); },
                                   {.reclaiming = true}),
               "it ends by itself");
}

Result<content::ReadyBlob> PullHold::finish(const Descriptor& target, std::string_view bytes) {
  content::Writer lock = *std::exchange(lock_, std::nullopt);
  if (lock.offset() != 0) BAYPLAN_TRY(lock.truncate());
  BAYPLAN_TRY(lock.write(as_bytes(bytes)));
  return std::move(lock).finish({.digest = target.digest, .size = target.size});
}

Result<void> PullHold::end(metadata::WriteTx& tx) const {
  const auto ended = leases::remove(tx, ns_, id_);
  if (!ended && ended.error().code() == Errc::not_found) return {};
  return ended;
}

}  // namespace bayplan::images
