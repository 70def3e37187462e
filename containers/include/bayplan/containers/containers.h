// Container records: metadata only; they pin their snapshot. In the caller's transaction; all-or-nothing
// each. Semantics and errors as containerd's container store (core/metadata/containers.go), but: extensions
// that an update leaves out are gone, and whatever cannot be changed is refused, never ignored.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/time.h"
#include "bayplan/containers/record_parts.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/list.h"

namespace bayplan::containers {

/// The type_url under which containerd stores an OCI runtime spec.
inline constexpr std::string_view kSpecTypeUrl = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

struct Container {
  std::string id;     ///< an identifier (base/labels.h)
  std::string image;  ///< image NAME, may be empty; not a link
  Runtime runtime{.name = "io.containerd.runc.v2"};
  std::string snapshotter;
  std::string snapshot_key;  ///< pinned
  std::string sandbox_id;    ///< may be empty; not a link
  std::string spec;          ///< OCI runtime spec, JSON
  Extensions extensions;
  Labels labels;
  Time created{};
  Time updated{};

  friend bool operator==(const Container&, const Container&) = default;
};

/// The label by which a container keeps an image from the collector: its value is the name of the image. Like
/// any gc.ref label it can be set and removed at any time; an update of `image` does not move it.
inline constexpr std::string_view kImagePinLabel = "containerd.io/gc.ref.image.container";

/// By which it keeps the documents of an image, whatever becomes of the name: the digest of the config, which
/// is the image's ID, and of the manifest. create_from_image and the services set them beside the name.
inline constexpr std::string_view kImageIdPinLabel = "containerd.io/gc.ref.content.image";
inline constexpr std::string_view kImageManifestPinLabel = "containerd.io/gc.ref.content.manifest";

/// What a container keeps from the collector, beyond what its labels name.
enum class Pins : unsigned char {
  snapshot,            ///< as containerd: the image may go while the container is there
  snapshot_and_image,  ///< create sets kImagePinLabel
};

/// Errors: not_found, corrupt, closed, io.
Result<Container> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id);
/// created and updated become now. Neither image, snapshot nor sandbox have to exist. Errors: already_exists,
/// invalid_argument (id, labels, names of extensions, no runtime, no spec, a snapshot key without
/// snapshotter, no image where one is to be pinned), and those of MutableBucket.
Result<void> create(metadata::WriteTx& tx, std::string_view ns, const Container& container,
                    Pins pins = Pins::snapshot);
/// Takes what `mask` names ("labels", "labels.K", "extensions", "extensions.K", "spec", "image",
/// "snapshotkey"; empty: all of that, and then runtime with its options, snapshotter and sandbox_id have to
/// be those of the record) from `container`; what that lacks of it goes. Keeps the rest, byte for byte, and
/// created; sets updated. Answers the record as it is now. Errors: not_found, invalid_argument (as create;
/// another path; what cannot be changed differs), and those of MutableBucket.
Result<Container> update(metadata::WriteTx& tx, std::string_view ns, const Container& container,
                         const FieldMask& mask = {});
/// Replaces the labels; reads nothing else of the record. Errors: not_found, invalid_argument, and those of
/// MutableBucket.
Result<void> set_labels(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                        const Labels& labels);
/// Removes the record, with its task if it has one, running or not; its snapshot stays. It is what a
/// transaction of the caller's does with records, and asks no process. That a container with a live task is
/// failed_precondition is the rule one layer above, of remove_with_snapshot (service.h) and of the services.
/// Errors: not_found, and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id);
/// Id order. A record that does not decode is an error naming it. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Container&)>& visit);

/// What containers are filtered by (metadata/filter.h): id, image, runtime.name, snapshotter, snapshotkey,
/// sandboxid, createdat, updatedat, labels.K.
metadata::FieldTable container_fields() noexcept;
/// The containers that match, in id order. Errors: as metadata::list.
Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Container&)>& visit,
                               const metadata::ListProblem& problem = {});

/// kind() "container"; always roots; edges: the snapshot, and gc.ref labels.
const metadata::GcKind& container_gc_kind();

}  // namespace bayplan::containers
