// NameRegistrar: names that are taken before there is a container to have them, as CRI-O's server takes them
// while it makes one.
//
//   NameRegistrar registrar(store.run_root(), "default");
//   db.update([&](WriteTx& tx) { return registrar.reserve(tx, "web", id, lease); });
//   service.create_container(..);                                        // now the container has the name
//   db.update([&](WriteTx& tx) { return registrar.remove(tx, id); });
//
// A reservation is a row that lasts as long as its lease: whoever reserves and dies, is cancelled, or does
// not come back in time, has reserved nothing. In the caller's transaction; all-or-nothing each. Thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/metadata/gc.h"

namespace bayplan::containers {

class NameRegistrar {
 public:
  /// `run_root` is where owners of leases have their files (metadata/lease_owner.h); empty: nowhere.
  NameRegistrar(std::filesystem::path run_root, std::string ns)
      : run_root_(std::move(run_root)), ns_(std::move(ns)) {}

  /// Reserves a name of containers for `key`, the ID of one that is or will be. The same for the same key
  /// again is fine, and then the reservation lasts as long as `lease`. Errors: already_exists (kind
  /// "reserved name": another key has it, or a container with another ID is called so; both are named),
  /// not_found (kind "lease": there is none, or it has ended), invalid_argument (name, as storage::attach has
  /// it; an empty key), and those of MutableBucket.
  Result<void> reserve(metadata::WriteTx& tx, std::string_view name, std::string_view key,
                       std::string_view lease) const;
  /// One that is not reserved is fine. Errors: those of MutableBucket.
  Result<void> release(metadata::WriteTx& tx, std::string_view name) const;
  /// Releases all names of `key`; the container, if there is one, keeps its own. Errors: those of
  /// MutableBucket.
  Result<void> remove(metadata::WriteTx& tx, std::string_view key) const;
  /// Who has the name: the container that is called so, else the key it is reserved for; empty: nobody.
  /// Errors: corrupt, closed, io.
  Result<std::optional<std::string>> get(const metadata::BucketSource& source, std::string_view name) const;

 private:
  Result<std::optional<std::string>> reserved_for(const metadata::BucketSource& source,
                                                  std::string_view name) const;
  std::filesystem::path run_root_;
  std::string ns_;
};

/// kind() "reservation", keys are names. One lives as long as its lease does, and goes with the next
/// collection after it. Immutable, lives as long as the process.
const metadata::GcKind& reservation_gc_kind();

}  // namespace bayplan::containers
