// Leases in a store of their own, each call in a transaction of its own.
#pragma once

#include "bayplan/metadata/leases.h"
#include "store_test_base.h"

namespace bayplan::metadata::leases {

class LeaseTest : public StoreTest {
 protected:
  static constexpr std::string_view kNs = "default";

  Result<Lease> create(const CreateOptions& options, std::string_view ns = kNs) {
    return db().update([&](WriteTx& tx) { return leases::create(tx, ns, options); });
  }
  Result<Lease> get(std::string_view id, std::string_view ns = kNs) {
    return db().view([&](const ReadTx& tx) { return leases::get(tx, ns, id); });
  }
  Result<void> remove(std::string_view id, std::string_view ns = kNs) {
    return db().update([&](WriteTx& tx) { return leases::remove(tx, ns, id); });
  }
  Result<void> add(std::string_view lease, const Resource& resource) {
    return db().update([&](WriteTx& tx) { return add_resource(tx, kNs, lease, resource); });
  }
  Result<void> drop(std::string_view lease, const Resource& resource) {
    return db().update([&](WriteTx& tx) { return remove_resource(tx, kNs, lease, resource); });
  }
  /// Ids in the order of the walk.
  Result<std::vector<std::string>> walk() {
    return db().view([](const ReadTx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> found;
      BAYPLAN_TRY(leases::walk(tx, kNs, [&](const Lease& lease) -> Result<void> {
        found.push_back(lease.id);
        return {};
      }));
      return found;
    });
  }
  std::vector<std::string> ids() { return walk().value(); }

  /// Somebody that LeaseOwner could have recorded, on another boot.
  static Owner owner() {
    return {.file = "0123456789abcdef",
            .run_device = 27,
            .run_inode = 1234,
            .pid = 42,
            .pid_namespace = 4026531836,
            .boot_id = "00000000-0000-4000-8000-000000000000",
            .start_time = 100};
  }
};

}  // namespace bayplan::metadata::leases
