#include "bayplan/base/labels.h"
#include "bayplan/containers/service.h"
#include "bayplan/images/unpack.h"
#include "bundle_config.h"
#include "container_snapshot.h"
#include "image_pin.h"
#include "user_lookup.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

struct Request {
  std::string_view ns;
  std::string_view id;
  const CreateOptions& options;
};

// Before anything expensive is done; the transaction at the end decides.
Result<void> check_request(images::Store& store, const Request& request) {
  BAYPLAN_TRY(validate_identifier("container", request.id));
  BAYPLAN_TRY(validate_labels(request.options.labels).with_context("container", request.id));
  return store.db().view([&](const ReadTx& tx) -> Result<void> {
    const auto existing = get(tx, request.ns, request.id);
    if (existing) return Error(Errc::already_exists, "container", request.id);
    if (existing.error().code() != Errc::not_found) return existing.error();
    return {};
  });
}

// What does not depend on where its files come from.
Container basis_of(const Request& request) {
  Container container;
  container.id = request.id;
  container.runtime.name = request.options.runtime;
  container.labels = request.options.labels;
  return container;
}

// The snapshot to be made upon `parent`, and a process as `config` and the options say.
Result<Container> describe(images::Store& store, const Request& request, const images::ImageConfig& config,
                           std::string_view parent) {
  const SpecOptions& options = request.options.spec;
  const std::string& wanted = options.user.empty() ? config.user : options.user;
  BAYPLAN_ASSIGN(const ProcessUser user, look_up_user(store, request.ns, parent, wanted));
  Container container = basis_of(request);
  container.snapshotter = store.snapshotter().name();
  container.snapshot_key = request.id;
  BAYPLAN_ASSIGN(container.spec, generate_spec(config, user, options));
  return container;
}

// `manifest`: of the image that has to be there still; null: of none.
Result<Container> record(images::Store& store, const Request& request, const Container& container,
                         std::string_view parent, const Digest* manifest) {
  BAYPLAN_ASSIGN(snapshots::Stage stage, store.db().view([&](const ReadTx& tx) {
    return store.snapshotter().stage(tx, request.ns, parent);
  }));
  return store.db().update([&](WriteTx& tx) -> Result<Container> {
    if (manifest != nullptr) BAYPLAN_TRY(content::stat(tx, request.ns, *manifest));
    BAYPLAN_TRY(create(tx, request.ns, container, request.options.pins));
    BAYPLAN_TRY(
        store.snapshotter().prepare(tx, request.ns, request.id, std::move(stage), {}, metadata::referred()));
    return get(tx, request.ns, request.id);
  });
}

Result<Container> try_create(images::Store& store, const Request& request, std::string_view name,
                             const Control& control) {
  BAYPLAN_ASSIGN(const images::ResolvedImage image, images::unpack(store, request.ns, name, {}, control));
  BAYPLAN_TRY(control.cancel.check());
  const std::string parent = image.chain_id ? image.chain_id->to_string() : std::string();
  BAYPLAN_ASSIGN(Container container, describe(store, request, image.config, parent));
  container.image = image.image.name;
  if (request.options.pins == Pins::snapshot_and_image) {
    pin_image(container.labels, image.id(), image.manifest.digest);
  }
  return record(store, request, container, parent, &image.manifest.digest);
}

// What a collection can do to a chain that nothing pins yet: its records, or the files of its layers, are
// gone.
bool may_have_vanished(const Error& error) {
  return error.code() == Errc::conflict || error.code() == Errc::not_found;
}

}  // namespace

Result<Container> create_from_image(images::Store& store, std::string_view ns, std::string_view id,
                                    std::string_view image, const CreateOptions& options,
                                    const Control& control) {
  const Request request{ns, id, options};
  BAYPLAN_TRY(check_request(store, request));
  auto created = try_create(store, request, image, control);
  if (created || !may_have_vanished(created.error())) return created;
  return try_create(store, request, image, control);
}

Result<Container> create_from_snapshot(images::Store& store, std::string_view ns, std::string_view id,
                                       std::string_view parent, const CreateOptions& options) {
  const Request request{ns, id, options};
  BAYPLAN_TRY(check_request(store, request));
  BAYPLAN_ASSIGN(const Container container, describe(store, request, {}, parent));
  return record(store, request, container, parent, nullptr);
}

Result<Container> create_on_rootfs(images::Store& store, std::string_view ns, std::string_view id,
                                   const std::filesystem::path& rootfs, const CreateOptions& options) {
  const Request request{ns, id, options};
  BAYPLAN_TRY(check_request(store, request));
  BAYPLAN_ASSIGN(const UniqueFd tree, open_own_root(rootfs));
  BAYPLAN_ASSIGN(const ProcessUser user, resolve_user(options.spec.user, tree.get()));
  Container container = basis_of(request);
  BAYPLAN_ASSIGN(const std::string spec, generate_spec({}, user, options.spec));
  BAYPLAN_ASSIGN(container.spec, bound_config(spec, {.root = rootfs}));
  return store.db().update([&](WriteTx& tx) -> Result<Container> {
    BAYPLAN_TRY(create(tx, ns, container, options.pins));
    return get(tx, ns, id);
  });
}

}  // namespace bayplan::containers
