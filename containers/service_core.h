// What both services do alike: containers of images, with names, directories and a template.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/containers/containers.h"
#include "bayplan/containers/service_parts.h"
#include "bayplan/containers/spec.h"
#include "bayplan/containers/storage_record.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/list.h"
#include "bayplan/snapshots/mounts.h"
#include "container_dirs.h"
#include "service_image.h"

namespace bayplan::containers {

/// Errors with what bad_input() tells.
Error bad(BadInput what, std::string_view name, std::string_view message, Errc code = Errc::invalid_argument);
/// "identifier is not a layer, image, or container".
Error no_such_object(std::string_view id);

std::int64_t unix_seconds(Time time);
/// What the layer of a container with this name is called besides.
std::string layer_name_of(const std::string& container_name);

/// A container to be. Its image is resolved, its request checked.
struct NewContainer {
  std::string id;
  std::string sandbox_id{};
  std::vector<std::string> names{};
  std::string layer_name{};
  std::string metadata{};
  std::string mount_label{};
  std::string config{};  ///< empty: generated
  SpecOptions spec{};    ///< of what is generated
};

/// What its metadata say of the start of a container.
struct StartOptions {
  std::string mount_label{};
  std::string pod{};  ///< ID of the infrastructure container of the pod that it is a member of
};

class ServiceCore {
 public:
  ServiceCore(std::shared_ptr<images::Store> store, ServiceOptions options, std::string owner);

  images::Store& store() const { return *store_; }
  const metadata::Db& db() const { return store_->db(); }
  const std::string& ns() const { return options_.ns; }
  const images::StoredImages& images() const { return images_; }

  /// Errors: those of find_image.
  Result<ServiceImage> image(std::string_view name, std::string_view id) const;
  /// NAME@DIGEST of the image with this ID; empty: it is gone, or has no name. Errors: those of
  /// StoredImages::status.
  Result<std::optional<std::string>> canonical_image(std::string_view id) const;
  /// Errors: those of StoredImages::check_policy, images::unpack, look_up_user, generate_spec;
  /// already_exists; invalid_argument; those of ContainerDirs and of the record functions. Nothing is left
  /// then.
  Result<ContainerInfo> create(const ServiceImage& image, const NewContainer& wanted,
                               const Control& control) const;

  /// A container of no image, whose root is a directory of the caller's. Errors: as create, and
  /// invalid_argument (a relative path), not_found, permission_denied (the directory).
  Result<ContainerInfo> create_on(const std::filesystem::path& rootfs, const NewContainer& wanted) const;

  /// A container of no image upon this committed snapshot. Errors: as create, and not_found,
  /// invalid_argument (not committed).
  Result<ContainerInfo> create_from(const std::string& snapshot, const NewContainer& wanted) const;

  /// The ID that `text` means; `unknown` is what is answered where it means none. Errors: unknown's, corrupt,
  /// closed, io.
  Result<std::string> find(std::string_view text, const Error& unknown) const;

  /// Unmounts and removes container, snapshot, names and directories. Errors: not_found, those of
  /// RuntimeService::delete_container.
  Result<void> remove(const std::string& id, const RemoveOptions& options) const;
  /// Errors: those of RuntimeService::start_container.
  Result<std::filesystem::path> start(const std::string& id, const StartOptions& options = {}) const;
  /// Errors: those of snapshots::Mounts::unmount but not_found.
  Result<void> stop(const std::string& id) const;
  /// Errors: not_found (it went meanwhile), those of ContainerDirs.
  Result<std::filesystem::path> work_dir(const std::string& id) const;
  Result<std::filesystem::path> run_dir(const std::string& id) const;

  /// Reads the metadata string of `id` and stores what `change` answers, in one transaction. Errors:
  /// not_found (no_such_object), change's, those of storage::set_metadata.
  Result<void> change_metadata(std::string_view id,
                               const std::function<Result<std::string>(std::string_view)>& change) const;
  /// Errors: not_found (no_such_object), corrupt, closed, io.
  Result<std::string> metadata(std::string_view id) const;

  /// IDs of the containers with our owner tag, in byte order. Errors: corrupt, closed, io.
  Result<std::set<std::string>> own(const metadata::BucketSource& source) const;
  /// Where it is mounted, if it is. Errors: not_found, those of Mounts::find.
  Result<std::optional<MountedContainer>> mount_of(const std::string& id) const;
  /// Answers whether it is still mounted. Errors: not_found (kind "mount"; Force::yes: that is fine), busy,
  /// those of snapshots::Mounts::unmount.
  Result<bool> unmount(const std::string& id, snapshots::Force force) const;
  /// As RuntimeService has them.
  Result<std::vector<std::string>> list() const;
  Result<std::vector<MountedContainer>> shutdown(snapshots::Force force) const;
  Result<std::vector<std::string>> wipe() const;
  Result<std::vector<std::string>> prune() const;

 private:
  std::string_view used_label(std::string_view mount_label) const;
  Result<std::int64_t> process_of_pod(const std::string& pod) const;
  Result<void> prepare_run(const Container& container, const std::filesystem::path& root,
                           const std::string& pod) const;
  Result<Container> describe(const ServiceImage& image, const NewContainer& wanted,
                             const std::string& parent) const;
  Result<std::vector<MountedContainer>> mounted(const std::set<std::string>& ids) const;
  Result<std::string> unpacked(const ServiceImage& image, const Control& control) const;
  Result<ContainerInfo> make(const Container& container, const ServiceImage* image,
                             const NewContainer& wanted, const std::string& parent) const;
  Result<void> record(metadata::WriteTx& tx, const Container& container, const ServiceImage* image,
                      const NewContainer& wanted, std::optional<snapshots::Stage> stage) const;

  std::shared_ptr<images::Store> store_;
  ServiceOptions options_;
  std::string owner_;
  images::StoredImages images_;
};

}  // namespace bayplan::containers
