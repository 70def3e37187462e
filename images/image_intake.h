// From a source of images to their records: what import and pull have in common.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/import.h"
#include "bayplan/images/registry_reference.h"
#include "blob_intake.h"
#include "graph.h"
#include "import_names.h"
#include "unpacker.h"

namespace bayplan::images {

/// One use: read(), then record(). Borrows all it is given. Not thread-safe.
class ImageIntake {
 public:
  /// ImportOptions::name is not used.
  ImageIntake(Store& store, std::string_view ns, const ImportOptions& options, const Control& control)
      : store_(store), ns_(ns), options_(options), control_(control) {}

  /// Walks the images, which `source` holds, and decides what of them is unpacked. Errors: already_exists,
  /// not_found (a part that unpacking needs), unsupported, and those of walk_graph and choose_manifest.
  Result<void> read(const ImageSource& source, std::vector<NamedImage> images);

  /// Has the records of blobs say that they are in `repository` (distribution_source.h).
  void came_from(const RegistryReference& repository) { origin_ = repository; }

  /// More to be written by the transaction that records the images.
  using Also = std::function<Result<void>(metadata::WriteTx&)>;
  /// Brings in what is not recorded yet, unpacks, and records blobs, snapshots and images in one transaction.
  /// Errors: conflict (snapshots came and went meanwhile, again and again), already_exists, digest_mismatch,
  /// those of BlobIntake, unpacking, record functions and `also`.
  Result<ImportReport> record(BlobIntake& intake, const Also& also = {});

 private:
  /// A manifest to unpack.
  struct Plan {
    Digest config;
    std::vector<LayerInput> layers;
  };

  Result<void> read_image(const ImageSource& source, const NamedImage& image);
  Result<std::optional<Plan>> make_plan(const NamedImage& image, const ChosenManifest& chosen);
  Result<bool> is_complete(const NamedImage& image, const ChosenManifest& chosen);
  void label_complete();

  Result<void> sort_blobs(BlobIntake& intake);
  Result<void> unpack(Unpacker& unpacker, BlobIntake& intake);
  Result<void> write(metadata::WriteTx& tx, Unpacker& unpacker, BlobIntake& intake, const Also& also);
  Result<void> note_origin(metadata::WriteTx& tx, const Digest& blob) const;
  Result<void> check_names(const metadata::BucketSource& source) const;
  Result<void> put_image(metadata::WriteTx& tx, const NamedImage& image);
  void report_unpacked(Unpacker& unpacker);

  Store& store_;
  const std::string ns_;
  const ImportOptions& options_;
  const Control& control_;

  std::vector<NamedImage> images_{};
  std::optional<RegistryReference> origin_{};
  Graph graph_{};
  std::vector<Plan> plans_{};
  std::map<Digest, std::optional<std::size_t>> plan_of_{};  // of a target; empty when it is not unpacked
  bool consumed_ = false;                                   // the blobs were given to a transaction
  ImportReport report_{};
};

}  // namespace bayplan::images
