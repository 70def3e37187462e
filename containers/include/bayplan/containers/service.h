// From an image to a running container, and back to nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/containers/containers.h"
#include "bayplan/containers/removal.h"
#include "bayplan/containers/spec.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

struct CreateOptions {
  SpecOptions spec{};
  Labels labels{};
  std::string runtime = "io.containerd.runc.v2";
  Pins pins = Pins::snapshot;
};

/// Creates container `id` from an image of the store: an active snapshot over the image's layers (unpacked if
/// they are not yet) under the key `id`, and the record, in one transaction. Users and groups are looked up
/// in the image's own files; where its layers must be merged for that, they are mounted where nobody else
/// sees it. Errors: not_found (image, or its user), already_exists (container, or snapshot key),
/// invalid_argument, cancelled, and those of images::unpack, resolve_user and mount_all. Nothing is made
/// then, but layers may have been unpacked.
Result<Container> create_from_image(images::Store& store, std::string_view ns, std::string_view id,
                                    std::string_view image, const CreateOptions& options,
                                    const Control& control);

/// Creates container `id` upon committed snapshot `parent` (empty: upon nothing): an active snapshot over it
/// under the key `id`, and the record, in one transaction. It has no image: the process is what the options
/// say, and users are looked up in the snapshot's files. (One that shall have an existing active snapshot is
/// created by its record alone: containers.h.) Errors: not_found (the snapshot, the user), already_exists
/// (container, or snapshot key), invalid_argument (also: the snapshot is not committed; nothing to run; there
/// is no image to pin), and those of generate_spec, resolve_user and mount_all. Nothing is made then.
Result<Container> create_from_snapshot(images::Store& store, std::string_view ns, std::string_view id,
                                       std::string_view parent, const CreateOptions& options);

/// Creates container `id` whose root is `rootfs`, an absolute path of a directory of the caller's, which the
/// spec names as root.path. It has neither image nor snapshot; nothing is mounted for it, and what is written
/// there stays when it is removed. Errors: already_exists, invalid_argument (also: a relative path, no
/// directory), not_found (directory, user), permission_denied, and those of generate_spec and resolve_user.
Result<Container> create_on_rootfs(images::Store& store, std::string_view ns, std::string_view id,
                                   const std::filesystem::path& rootfs, const CreateOptions& options);

/// Removes container and snapshot in one transaction, as RemoveOptions says, and the directories that a
/// service made for it. What a killed run left is ended and unmounted first. A snapshot that is gone already
/// is fine. Errors: not_found (also: a killed run left something and there is no runtime to end it),
/// failed_precondition (its task runs (tasks.h); the snapshot is of another snapshotter than the store's; the
/// runtime cannot end what is left), in_use (it is about to run; its snapshot is mounted, or got children),
/// conflict (its snapshot was changed meanwhile), permission_denied, and those of the record functions.
Result<void> remove_with_snapshot(images::Store& store, const std::filesystem::path& run_root,
                                  std::string_view ns, std::string_view id,
                                  const RemoveOptions& options = {});

/// /run/bayplan for root, else $XDG_RUNTIME_DIR/bayplan.
std::filesystem::path default_run_root();

/// $BAYPLAN_RUNTIME, an absolute path or a name on the PATH, else runc, else crun on the PATH.
/// Errors: not_found (also when the variable is set and names no program), with advice.
Result<std::filesystem::path> find_runtime();

/// A mounted rootfs and its config.json, ready for a runtime. Unmounts and removes itself when dropped.
/// Move-only. Borrows the store that it was made of.
class Bundle {
 public:
  /// Makes <run root>/<ns>/<id>/{config.json,rootfs,lock} and mounts the container's snapshot there, counted
  /// (snapshots/mounts.h), taking over what a killed run left. The spec's root.path is replaced by our
  /// rootfs, whatever it was; a container with a root of its own keeps that, and nothing is mounted. The lock
  /// lasts as long as this object or a runtime started with run_foreground
  /// lives. Errors: not_found, busy (another process runs it), in_use (the snapshot is mounted elsewhere),
  /// failed_precondition (neither a snapshot nor a root of its own; a snapshot of another snapshotter than
  /// the store's), permission_denied, and those of Mounts::mount.
  static Result<Bundle> prepare(images::Store& store, const std::filesystem::path& run_root,
                                std::string_view ns, std::string_view id);
  Bundle(Bundle&&) noexcept;
  Bundle& operator=(Bundle&&) noexcept;
  ~Bundle();

  const std::filesystem::path& path() const noexcept;
  /// Unmounts and removes, reporting what the destructor would swallow. Errors: busy (files in it are open),
  /// permission_denied, those of Mounts::unmount, io.
  Result<void> release() &&;

 private:
  friend Result<int> run_foreground(const Bundle&, const std::filesystem::path&, const std::filesystem::path&,
                                    std::string_view, std::string_view);
  struct State;
  explicit Bundle(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Runs the bundle to its end in the foreground with `runtime` ("runc run" with the caller's standard
/// streams), and answers the container's exit code, 128+n when signal n ended the runtime. The runtime's own
/// state lives in <run root>/.runtime while it runs, under the id <ns>+<id>; what a killed run left there is
/// ended first. While it runs, the container has a task (tasks.h), which is the runtime's process. SIGINT and
/// SIGTERM that reach this thread meanwhile go to the container; a program with several threads blocks them
/// in the others. Errors: not_found, permission_denied, io (the runtime could not be started),
/// failed_precondition (another task runs the container; the runtime cannot end what is
/// left), and those of tasks::create.
Result<int> run_foreground(const Bundle& bundle, const std::filesystem::path& runtime,
                           const std::filesystem::path& run_root, std::string_view ns, std::string_view id);

}  // namespace bayplan::containers
