// ImageService: what an engine asks of the images of a host, as CRI-O's image server has it: list, status,
// pull, untag, remove. One transaction each; texts are resolved to an ID once, and the ID is acted on.
//
//   auto service = images::ImageService::open("/var/lib/bayplan", {}, {.registry = registry});
//   auto pulled = service->pull_image("alpine:3", context, {}, {});
//   auto status = service->image_status("alpine:3");
//
// What a caller knows for one call (credentials, certificates, policy and registries files, platform) comes
// as a RemoteContext; a default one knows of no file. For transactions of one's own: stored_images.h.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/pull.h"
#include "bayplan/images/stored_images.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::images {

struct ImageServiceOptions {
  std::string ns = std::string(metadata::kDefaultNamespace);
  std::string default_transport = "docker://";  ///< in front of a source that has none; may be empty
  /// Kinds of objects that may use images, beside those of the store: containers::container_gc_kind(). What
  /// of them keeps an image prevents its removal.
  std::vector<const metadata::GcKind*> users{};
  RegistryProvider registry{};  ///< to pull docker://
};

struct ImageResult {
  StoredImageId id;
  std::vector<std::string> names{};
  std::optional<std::uint64_t> size{};  ///< bytes; empty: not known, as in every list
};

struct PulledImage {
  std::optional<StoredImageId> id{};  ///< empty: an artifact, which is stored and is no image
  PullReport report;                  ///< its `name` finds the image, and so does what was asked for
};

/// Thread-safe; copies share the store. Errors of every function, beside its own: corrupt, closed, io.
class ImageService {
 public:
  /// On the store at `root`, which is shared (open_shared()); empty: metadata::default_root(). Errors: as
  /// Store::open.
  static Result<ImageService> open(const std::filesystem::path& root = {}, const StoreOptions& store = {},
                                   ImageServiceOptions options = {});
  /// Precondition: `store` is not null.
  explicit ImageService(std::shared_ptr<Store> store, ImageServiceOptions options = {});

  /// All images, in order of their IDs; no image is opened for it. With a filter the one that it names, as
  /// image_status() takes it, or none. Records that belong to no image are told to `problem`, without a
  /// filter. Errors: invalid_argument (a filter that can name nothing); what is wrong with the record that it
  /// names.
  Result<std::vector<ImageResult>> list_images(std::string_view filter = {},
                                               const metadata::ListProblem& problem = {}) const;

  /// `text`: a name with its transport (docker://NAME is the local image of that name; no registry is asked),
  /// an ID, a name, or how one ID begins. Errors: those of StoredImages::lookup and status.
  Result<ImageStatus> image_status(std::string_view text) const;
  /// `text` resolved, for what acts on the ID alone. Errors: those of StoredImages::lookup.
  Result<FoundImage> resolve(std::string_view text) const;

  /// images::pull() into the namespace, with the default transport and the registries of this service; what
  /// `name` meant before stays as an image, nameless if that was its last name. Errors: as pull().
  Result<PulledImage> pull_image(std::string_view name, const RemoteContext& context = {},
                                 PullOptions options = {}, const Control& control = {}) const;
  /// Whether pull_image() would find something, and be allowed to: the manifest is read and understood;
  /// nothing is written. Errors: as images::find_source().
  Result<void> can_pull(std::string_view name, const RemoteContext& context = {},
                        const Control& control = {}) const;

  /// A name, as given and normalised, is taken away, and the image removed if it was its last; an ID removes
  /// the image. Errors: those of StoredImages::plan_untag.
  Result<void> untag_image(std::string_view text) const;
  /// Removes the image with all its names, and the layers that nothing else needs; a collection takes its
  /// blobs. Answers the layers, top first. Errors: those of lookup; in_use (names the users).
  Result<std::vector<std::string>> remove_image(std::string_view text) const;

  /// The store that images are pulled to; as long as this, or a copy.
  const std::shared_ptr<Store>& store() const noexcept { return store_; }
  const std::string& ns() const noexcept { return options_.ns; }
  /// Its images, for transactions of one's own.
  const StoredImages& images() const noexcept { return images_; }

 private:
  std::shared_ptr<Store> store_;
  ImageServiceOptions options_;
  StoredImages images_;
};

}  // namespace bayplan::images
