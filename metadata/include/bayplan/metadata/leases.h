// Leases: they keep what they list from the collector, until they are removed, expire, or their owner dies.
// In the caller's transaction; all-or-nothing each. Semantics and errors as containerd's lease manager
// (core/metadata/leases.go), but: ids are limited, labels are checked, and every bad input is an
// invalid_argument. A lease is not changed after its creation, but for its resources.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bayplan/base/labels.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/lease_owner.h"
#include "bayplan/metadata/list.h"

namespace bayplan::metadata {

/// What keeps a new object from the next collection. Whoever makes one that is no root has to say.
class Keeper {
 public:
  /// Empty: not a lease.
  const std::optional<std::string>& lease() const noexcept { return lease_; }

 private:
  friend Keeper leased(std::string id);
  friend Keeper referred();
  Keeper() = default;
  explicit Keeper(std::string lease) : lease_(std::move(lease)) {}
  std::optional<std::string> lease_;
};

/// The lease `id`, which takes the object up in the same transaction; where there is none, making the object
/// is not_found.
inline Keeper leased(std::string id) { return Keeper(std::move(id)); }
/// Something else: an object that refers to it when the transaction ends, or its own label kGcRootLabel.
/// Nothing checks that: what is not kept goes with the next collection.
inline Keeper referred() { return {}; }

}  // namespace bayplan::metadata

namespace bayplan::metadata::leases {

inline constexpr std::size_t kMaxIdBytes = 512;

/// With any value: the lease keeps what it lists and what that consists of (an image its target, a snapshot
/// its parents), but nothing that labels refer to.
inline constexpr std::string_view kFlatLabel = "containerd.io/gc.flat";
/// With any value: it is on purpose that the lease never ends by itself.
inline constexpr std::string_view kPersistentLabel = "io.bayplan/lease.persistent";

struct Lease {
  std::string id;
  Labels labels;
  std::optional<Owner> owner{};
  Time created{};

  friend bool operator==(const Lease&, const Lease&) = default;
};

struct CreateOptions {
  std::optional<std::string> id{};  ///< none: generated, "<nanoseconds since 1970>-<4 of base64url>"
  Labels labels{};
  std::optional<Time> expires{};  ///< stored as label containerd.io/gc.expire, RFC 3339
  bool persistent = false;        ///< stored as label kPersistentLabel; excludes an expiry and an owner
  std::optional<Owner> owner{};
};

/// Answers the lease as it was stored; labels with empty values are not. Errors: already_exists,
/// invalid_argument (namespace; an id that is empty, longer than kMaxIdBytes, no UTF-8 or with control
/// characters; labels; an owner that LeaseOwner cannot have made; a persistent lease that would end;
/// `expires` beside its label), and those of MutableBucket.
Result<Lease> create(WriteTx& tx, std::string_view ns, const CreateOptions& options);

/// Errors: not_found, corrupt, closed, io.
Result<Lease> get(const BucketSource& source, std::string_view ns, std::string_view id);

/// Removes the lease with its list; what it listed stays until a collection. Errors: not_found, and those of
/// MutableBucket.
Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id);

/// Id order, expired leases included. A record that does not decode is an error naming it. Errors: visit's,
/// corrupt, closed, io.
Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Lease&)>& visit);

/// What leases are filtered by (filter.h): id, createdat, labels.K.
FieldTable lease_fields() noexcept;
/// The leases that match, in id order, expired ones included. Errors: as metadata::list.
Result<ListEnd> list(const BucketSource& source, std::string_view ns, const BoundFilter& filter,
                     const ListOptions& options, const std::function<Result<void>(const Lease&)>& visit,
                     const ListProblem& problem = {});

/// When the lease ends by itself; empty: never. An expiry label that cannot be read never comes.
std::optional<Time> expiry(const Lease& lease);
/// Whether that was at `at` or before.
bool is_expired(const Lease& lease, Time at);
/// Neither expiry nor owner, and on purpose.
bool is_persistent(const Lease& lease);
/// Of the record's bucket: whether it has kFlatLabel. For the collector, which asks before it decodes.
/// Errors: corrupt, closed, io.
Result<bool> is_flat(const Bucket& record);

/// What a lease keeps.
struct Resource {
  std::string type;  ///< "content", "images", "ingests", "snapshots/<snapshotter>"
  std::string id;    ///< digest, image name, ingest reference, snapshot key

  friend bool operator==(const Resource&, const Resource&) = default;
};

/// Adds to the lease's list; being there already is fine, and the object need not exist. Errors: not_found
/// (lease), invalid_argument (no such type, as "snapshots" without a snapshotter; content that is no digest;
/// an empty id), unsupported (objects of that type cannot be leased: containerd's "not implemented";
/// a digest of another algorithm), and those of MutableBucket.
Result<void> add_resource(WriteTx& tx, std::string_view ns, std::string_view lease, const Resource& resource);

/// add_resource() to the lease that `keeper` is, if it is one. For functions that make objects. Errors: as
/// add_resource.
Result<void> keep(WriteTx& tx, std::string_view ns, const Keeper& keeper, const Resource& resource);

/// Takes from the lease's list; being absent from it is fine. Errors: as add_resource.
Result<void> remove_resource(WriteTx& tx, std::string_view ns, std::string_view lease,
                             const Resource& resource);

/// Content, images, ingests, snapshots by snapshotter; each in byte order of the ids. Errors: not_found
/// (lease), visit's, corrupt, closed, io.
Result<void> walk_resources(const BucketSource& source, std::string_view ns, std::string_view lease,
                            const std::function<Result<void>(const Resource&)>& visit);

/// kind() "lease"; keys are ids; a lease is a root unless it has expired or its owner is dead. Edges: what it
/// lists, whether it exists or not. `run_root` is where owners have their files; empty: of owners in other
/// processes, only the end of the process is seen. Its sweep removes the files of dead owners.
std::unique_ptr<GcKind> gc_kind(std::filesystem::path run_root);

}  // namespace bayplan::metadata::leases
