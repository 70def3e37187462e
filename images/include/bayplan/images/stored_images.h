// StoredImages: the images of one namespace by their IDs, as the image service and the command see them.
//
// An image is what the config's digest names. Here it is the set of image records of a namespace that come
// down to one ID: each record is one of its names, and an image without names is kept by a record called by
// its ID, "sha256:<64 hex>" (containerd's CRI plugin keeps images by the same names). An index comes down to
// the manifest that serves this host; where it has none, to the first that came in whole.
//
// Looking takes any BucketSource; what changes something takes the transaction first and is all-or-nothing in
// it, so that it composes with all other record functions. Every call looks at the records anew: a
// transaction is the cache, and what is looked up in it cannot change under the caller. Documents are read
// once per object of this class.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/image_id.h"
#include "bayplan/images/resolve.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/images/storage_reference.h"

namespace bayplan::images {

struct CatalogImage;

/// The ID of an image that is, or was, in a store: only looking for it there makes one. Whoever holds one
/// resolved a text, once; functions that act on an image take nothing else.
class StoredImageId {
 public:
  const ImageId& id() const noexcept { return id_; }
  /// The 64 hex digits.
  std::string to_string() const { return id_.to_string(); }

  friend bool operator==(const StoredImageId&, const StoredImageId&) noexcept = default;
  friend std::strong_ordering operator<=>(const StoredImageId&, const StoredImageId&) noexcept = default;

 private:
  friend class StoredImages;
  explicit StoredImageId(const ImageId& id) : id_(id) {}
  ImageId id_;
};

/// What a text named: from here on the ID counts, whatever becomes of the name.
struct FoundImage {
  StoredImageId id;
  bool by_id = false;  ///< by its ID, or the beginning of it
  std::string name{};  ///< the record of that name; empty: by_id, or a repository and a digest of a manifest
};

struct StoredImage {
  StoredImageId id;
  std::vector<std::string> names{};  ///< what add_names gave last comes first; others in byte order behind
  std::vector<std::string>
      history{};  ///< the names it has, and those it had since add_names knows it; as above
  std::vector<Descriptor> targets{};  ///< of its records: manifests and indexes, each once
  Digest manifest;                    ///< the one that is meant
  std::string metadata{};             ///< what set_metadata stored
  Labels flags{};
};

/// One layer, as the snapshots of an image are called. The base has its diffID for a name, each other one
/// sha256 of the name below, a space, and its diffID: the same content has the same name in every image.
struct StoredLayer {
  Digest chain_id;
  Digest diff_id;
  Descriptor blob;
  std::optional<std::uint64_t> bytes{};  ///< disk space of its tree; empty: not unpacked
};

/// A document of an image under the key that the containers-storage transport gives it.
struct ImageDocument {
  std::string key;
  Descriptor blob;
};

/// All that is told of one image.
struct ImageStatus {
  StoredImage image;
  std::vector<std::string> repo_tags{};     ///< its names without digest, sorted
  std::vector<std::string> repo_digests{};  ///< repo_digests() of its names and manifests, sorted
  std::optional<std::string> canonical{};   ///< canonical_reference(); empty for an image without names
  std::optional<std::uint64_t> size{};      ///< bytes, as StoredImages::size; empty: not known
  std::string user{};                       ///< of the config
  std::optional<Time> created{};            ///< as the config says
  std::vector<std::pair<std::string, std::string>> labels{};  ///< of the config
  std::optional<std::string> previous_name{};  ///< the newest of its history that it has not any more
};

/// What a removal takes with it.
struct ImageRemoval {
  StoredImageId id;
  std::vector<std::string> records{};
  std::vector<std::string> layers{};  ///< chainIDs, top first: its snapshots that nothing else needs
};

/// What taking a name away comes to.
struct ImageUntag {
  std::vector<std::string> names{};       ///< records that go
  std::optional<StoredImageId> id{};      ///< empty: of records that belong to no image
  std::optional<ImageRemoval> removal{};  ///< of the image: they are its last names, or its ID was given
};

struct NewImage {
  Descriptor target;                 ///< a manifest or index; its documents have to be recorded
  std::vector<std::string> names{};  ///< none: it stays nameless until it is removed
  std::string metadata{};
  Labels flags{};
};

/// Bytes that `metadata` of an image may have, and a key and a value of its flags together.
inline constexpr std::size_t kMaxImageMetadataBytes = 4000;

/// Thread-safe. Errors of every function, beside its own: corrupt and version_mismatch (of a row that is in
/// the way), closed, io. "Not known" is not_found with the kind "image".
class StoredImages {
 public:
  /// Borrows `store`; `ns` is any namespace, which need not exist.
  StoredImages(Store& store, std::string_view ns);

  // Looking.

  /// All images in order of their IDs. A record whose documents are missing or damaged belongs to none: it is
  /// told to `problem`, and the list goes on. Artifacts are no images.
  Result<std::vector<StoredImage>> list(const metadata::BucketSource& source,
                                        const metadata::ListProblem& problem = {}) const;
  /// An ID, the exact name of a record, a text as parse_local_image() takes it, or how one ID begins, in this
  /// order; "sha256:" may stand in front of an ID. Errors: not_found (not known; also a beginning that
  /// several IDs have), those of parse_local_image; of a record of that name which belongs to no image:
  /// failed_precondition (a document is absent), unsupported (an artifact), what else is wrong with it.
  Result<FoundImage> lookup(const metadata::BucketSource& source, std::string_view text) const;
  /// The same of what was parsed: the exact name; else, of a name with a digest, an image with that manifest
  /// and some name in the same repository; an ID beside a name has to be of that repository.
  Result<FoundImage> resolve(const metadata::BucketSource& source, const StorageReference& reference) const;
  /// The image that a record with this target would belong to; empty: an artifact. Errors: those of reading
  /// its documents.
  Result<std::optional<StoredImageId>> of_target(const metadata::BucketSource& source,
                                                 const Descriptor& target) const;
  /// Whether lookup() finds something. Errors: those of lookup but not_found.
  Result<bool> exists(const metadata::BucketSource& source, std::string_view text) const;
  /// Errors: not_found.
  Result<StoredImage> get(const metadata::BucketSource& source, const StoredImageId& id) const;
  /// Its manifest and config, read and verified. Errors: not_found, and those of images::resolve.
  Result<ResolvedImage> open(const metadata::BucketSource& source, const StoredImageId& id) const;
  /// Errors: as open; where only the size cannot be told, it is empty.
  Result<ImageStatus> status(const metadata::BucketSource& source, const StoredImageId& id) const;
  /// Images one of whose records points at `digest`, or whose manifest it is; none is an empty list.
  Result<std::vector<StoredImageId>> with_manifest(const metadata::BucketSource& source,
                                                   const Digest& digest) const;
  /// Images whose top layer is `chain_id`; images that cannot be opened are passed over.
  Result<std::vector<StoredImageId>> with_top_layer(const metadata::BucketSource& source,
                                                    const Digest& chain_id) const;
  /// Base first. Errors: as open.
  Result<std::vector<StoredLayer>> layers(const metadata::BucketSource& source,
                                          const StoredImageId& id) const;
  /// Disk space of its layers, each distinct one once, and of its documents; empty while a layer is not
  /// unpacked. Errors: as open.
  Result<std::optional<std::uint64_t>> size(const metadata::BucketSource& source,
                                            const StoredImageId& id) const;
  /// In order of their keys: the config under its digest; the manifest under "manifest" and
  /// "manifest-DIGEST"; what records point at under "manifest-DIGEST". Signatures are not stored. Errors: as
  /// open.
  Result<std::vector<ImageDocument>> documents(const metadata::BucketSource& source,
                                               const StoredImageId& id) const;
  /// The bytes of one of those, verified. Errors: invalid_argument (an empty key), not_found (kind "image",
  /// or "big data item" for a key that it has not), those of documents and of content::Store::read_blob.
  Result<std::string> read_document(const metadata::BucketSource& source, const StoredImageId& id,
                                    std::string_view key) const;

  /// Whether a container may be made of it: every name that it has or had must be one that `policy` accepts,
  /// so that giving an image another name does not help it; one that never had a name is judged as what is in
  /// the store (containers-storage). Errors: not_found, those of SignaturePolicy::check.
  Result<void> check_policy(const metadata::BucketSource& source, const StoredImageId& id,
                            const SignaturePolicy& policy) const;

  // Changing. Names are references, and are normalised; what an image had is remembered in its history.

  /// Errors: already_exists (kind "image", its ID; kind "image name", with its owner), not_found (kind
  /// "layer": a blob of the manifest that is not recorded; a document), invalid_argument (names, metadata,
  /// flags), those of images::create and of reading the documents.
  Result<StoredImageId> create(metadata::WriteTx& tx, const NewImage& image) const;
  /// Puts names in front. One that another image has moves here, and that image stays, nameless if it was its
  /// last. `like`: the record whose target new names have; empty: the first in name order. Errors: not_found,
  /// invalid_argument (a name that is none; with the digest of another image), those of images::create.
  Result<void> add_names(metadata::WriteTx& tx, const StoredImageId& id,
                         const std::vector<std::string>& names, std::string_view like = {}) const;
  /// Replaces all names; none is fine. Errors: as add_names.
  Result<void> set_names(metadata::WriteTx& tx, const StoredImageId& id,
                         const std::vector<std::string>& names) const;
  /// Takes names away, as given and normalised, as far as it has them. Without its last name it stays.
  /// Errors: not_found.
  Result<void> remove_names(metadata::WriteTx& tx, const StoredImageId& id,
                            const std::vector<std::string>& names) const;
  /// For who points a record at another image by images::update: afterwards, in the same transaction, with
  /// the record as it was. The image that it named stays, as after add_names. Errors: those of
  /// images::create.
  Result<void> name_moved(metadata::WriteTx& tx, const Image& before) const;
  /// Errors: not_found, too_large (kMaxImageMetadataBytes).
  Result<void> set_metadata(metadata::WriteTx& tx, const StoredImageId& id, std::string_view metadata) const;
  /// Replaces all flags; empty values are not stored. Errors: not_found, invalid_argument (an empty key),
  /// too_large (kMaxImageMetadataBytes).
  Result<void> set_flags(metadata::WriteTx& tx, const StoredImageId& id, const Labels& flags) const;

  /// What remove() will take, if nothing is committed meanwhile; in a dry run that is all. `users` are the
  /// kinds of objects that may use images, beside those of the store: whatever of them keeps one of the
  /// records, its config, or a name that it had and no other image has, prevents it. A layer stays that is a
  /// root, has other snapshots on it, or is named by content, a lease or one of `users`; labels of other
  /// snapshots are not read, so that the layers of the image are what it costs, however many others lie
  /// beside. Errors: not_found, in_use (names the users).
  Result<ImageRemoval> plan_removal(const metadata::BucketSource& source, const StoredImageId& id,
                                    metadata::GcKinds users) const;
  /// Removes records, layers and what the service keeps of the image; a collection takes its blobs.
  /// Precondition: planned in this transaction, or in the snapshot that it began with. Errors: those of
  /// images::remove and snapshots::Snapshotter::remove.
  Result<void> remove(metadata::WriteTx& tx, const ImageRemoval& removal) const;

  /// What untag() will do with `text`, which is a name of an image, as given and normalised, or the ID of
  /// one. Of damaged images too. Errors: those of lookup and plan_removal.
  Result<ImageUntag> plan_untag(const metadata::BucketSource& source, std::string_view text,
                                metadata::GcKinds users) const;
  /// Removes the names, and the image if those were its last. Precondition: as remove. Errors: those of
  /// remove and remove_names.
  Result<void> untag(metadata::WriteTx& tx, const ImageUntag& untag) const;

 private:
  struct State;
  Result<StoredImage> describe(const metadata::BucketSource& source, const ImageId& id,
                               const CatalogImage& image) const;
  Result<ImageUntag> untag_damaged(const metadata::BucketSource& source, std::string_view text,
                                   const Error& why) const;
  std::shared_ptr<State> state_;
};

/// Whether an image record of that name keeps a nameless image, and is not the name of one.
bool keeps_nameless(std::string_view record) noexcept;

}  // namespace bayplan::images
