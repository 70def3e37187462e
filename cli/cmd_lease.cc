#include <memory>
#include <optional>
#include <utility>

#include "bayplan/images/resolve.h"
#include "bayplan/metadata/leases.h"
#include "label_arguments.h"
#include "listing.h"
#include "session.h"

namespace bayplan::cli {
namespace {

namespace leases = metadata::leases;
using metadata::ReadTx;
using metadata::WriteTx;

struct CreateArguments {
  std::optional<std::string> id;
  std::optional<std::int64_t> seconds{};
  bool persistent = false;
  std::vector<std::string> labels;
};

constexpr std::int64_t kSecondsOfADay = 24 * 3600;

Result<Time> expiry_after(std::int64_t seconds) {
  constexpr std::int64_t kMost = 100 * 365 * kSecondsOfADay;
  if (seconds < 0) return Error(Errc::invalid_argument, "expiry", {}, "has passed already");
  if (seconds <= kMost) return std::chrono::ceil<std::chrono::seconds>(now()) + std::chrono::seconds(seconds);
  return Error(Errc::invalid_argument, "expiry", {}, "more than a hundred years away")
      .with_advice("use --persistent for a lease that never ends");
}

Result<int> create_lease(const Session& session, const CreateArguments& arguments) {
  leases::CreateOptions options{.id = arguments.id, .persistent = arguments.persistent};
  BAYPLAN_ASSIGN(options.labels, parse_labels(arguments.labels));
  const bool labelled = options.labels.contains(std::string(metadata::kGcExpireLabel));
  if (arguments.seconds || !(arguments.persistent || labelled)) {
    BAYPLAN_ASSIGN(options.expires, expiry_after(arguments.seconds.value_or(kSecondsOfADay)));
  }
  BAYPLAN_ASSIGN(const images::Store store, session.open_store());
  BAYPLAN_ASSIGN(const auto lease,
                 store.db().update([&](WriteTx& tx) { return leases::create(tx, session.ns, options); }));
  print_line(lease.id);
  return 0;
}

std::string owner_text(const Session& session, const leases::Lease& lease) {
  if (!lease.owner) return "-";
  return "pid " + std::to_string(lease.owner->pid) + " " +
         std::string(to_string(metadata::owner_state(*lease.owner, session.run_root)));
}

std::string expiry_text(const leases::Lease& lease, Time at) {
  const auto expiry = leases::expiry(lease);
  if (!expiry) return leases::is_persistent(lease) ? "persistent" : "-";
  return format_rfc3339(*expiry) + (leases::is_expired(lease, at) ? " expired" : "");
}

void write_lease(json::Writer& out, const Session& session, const leases::Lease& lease, Time at) {
  out.member("id", lease.id).member("createdAt", format_rfc3339(lease.created));
  if (const auto expiry = leases::expiry(lease)) out.member("expiresAt", format_rfc3339(*expiry));
  out.key("expired").boolean(leases::is_expired(lease, at));
  out.key("persistent").boolean(leases::is_persistent(lease));
  if (const auto& owner = lease.owner) {
    out.key("owner").begin_object().key("pid").integer(owner->pid);
    out.key("pidNamespace").unsigned_integer(owner->pid_namespace).member("bootId", owner->boot_id);
    out.key("startTime").unsigned_integer(owner->start_time).member("file", owner->file);
    out.member("state", to_string(metadata::owner_state(*owner, session.run_root))).end_object();
  }
  write_labels(out, lease.labels);
}

void show_lease(Listing& listing, const Session& session, const leases::Lease& lease, Time at) {
  listing.add(lease.id,
              {lease.id, format_rfc3339(lease.created), expiry_text(lease, at), owner_text(session, lease),
               labels_text(lease.labels)},
              [&](json::Writer& out) { write_lease(out, session, lease, at); });
}

Result<int> list_leases(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, leases::lease_fields()));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "leases", {"ID", "CREATED", "EXPIRES", "OWNER", "LABELS"}, arguments.quiet);
  const Time at = now();
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const ReadTx& tx) {
    return leases::list(
        tx, session.ns, filter, arguments.page,
        [&](const leases::Lease& lease) -> Result<void> {
          show_lease(listing, session, lease, at);
          return {};
        },
        [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> remove_leases(const Session& session, const std::vector<std::string>& ids) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  const auto removed = store.db().update(
      [&](WriteTx& tx) -> Result<void> {
        for (const auto& id : ids) BAYPLAN_TRY(leases::remove(tx, session.ns, id));
        return {};
      },
      {.reclaiming = true});
  if (!removed) return removed.error();
  return 0;
}

struct ResourceArguments {
  std::string lease;
  std::vector<std::pair<std::string, std::string>> add;
  std::vector<std::pair<std::string, std::string>> remove;
  bool quiet = false;
};

// An image by any of its names, as the other commands take it; one that is not there yet by its whole name.
Result<leases::Resource> resource_of(const ReadTx& tx, std::string_view ns, const std::string& type,
                                     const std::string& id) {
  if (type != "images") return leases::Resource{type, id};
  const auto image = images::find(tx, ns, id);
  if (image) return leases::Resource{type, image->name};
  if (image.error().code() != Errc::not_found) return image.error();
  return leases::Resource{type, id};
}

Result<void> change_resources(const Session& session, const ResourceArguments& arguments) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  return store.db().update([&](WriteTx& tx) -> Result<void> {
    for (const auto& [type, id] : arguments.add) {
      BAYPLAN_ASSIGN(const leases::Resource resource, resource_of(tx, session.ns, type, id));
      BAYPLAN_TRY(leases::add_resource(tx, session.ns, arguments.lease, resource));
    }
    for (const auto& [type, id] : arguments.remove) {
      BAYPLAN_TRY(leases::remove_resource(tx, session.ns, arguments.lease, {type, id}));
    }
    return {};
  });
}

// Bytes that the object itself holds; none where that is not known, or it does not exist.
Result<std::optional<std::uint64_t>> size_of(images::Store& store, const ReadTx& tx, std::string_view ns,
                                             const leases::Resource& resource) {
  std::optional<std::uint64_t> size;
  Result<void> found;
  if (resource.type == "content") {
    BAYPLAN_ASSIGN(const Digest digest, Digest::parse(resource.id));
    const auto info = content::stat(tx, ns, digest);
    if (info) size = info->size;
    if (!info) found = info.error();
  } else if (resource.type == "snapshots/" + std::string(store.snapshotter().name())) {
    const auto info = store.snapshotter().stat(tx, ns, resource.id);
    if (info && info->kind == snapshots::Kind::committed) size = info->usage.bytes;
    if (!info) found = info.error();
  }
  if (!found && found.error().code() != Errc::not_found) return std::move(found).error();
  return size;
}

Result<int> list_resources(const Session& session, const ResourceArguments& arguments) {
  if (!arguments.add.empty() || !arguments.remove.empty()) {
    BAYPLAN_TRY(change_resources(session, arguments));
    return 0;
  }
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  Listing listing(session, "resources", {"TYPE", "ID", "SIZE"}, arguments.quiet);
  BAYPLAN_TRY(store.db().view([&](const ReadTx& tx) {
    return leases::walk_resources(
        tx, session.ns, arguments.lease, [&](const leases::Resource& resource) -> Result<void> {
          BAYPLAN_ASSIGN(const auto size, size_of(store, tx, session.ns, resource));
          listing.add(resource.id, {resource.type, resource.id, size ? human_bytes(*size) : "-"},
                      [&](json::Writer& out) {
                        out.member("type", resource.type).member("id", resource.id);
                        if (size) out.key("size").unsigned_integer(*size);
                      });
          return {};
        });
  }));
  return std::move(listing).finish();
}

void add_create(CLI::App& lease, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command = add_command(lease, session, "create", "Create a lease and print its id",
                                  [&session, arguments] { return create_lease(session, *arguments); });
  command->add_option("--id", arguments->id, "Id; default: generated");
  CLI::Option* expires =
      command->add_option("-x,--expires", arguments->seconds, "How long it lasts, as 90s, 30m, 24h, 7d")
          ->transform(CLI::AsNumberWithUnit(
              std::map<std::string, std::int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", kSecondsOfADay}},
              CLI::AsNumberWithUnit::UNIT_REQUIRED))
          ->default_str("24h");
  command->add_flag("--persistent", arguments->persistent, "It never ends by itself")->excludes(expires);
  command->add_option("LABELS", arguments->labels, "KEY=value");
}

void add_resources(CLI::App& lease, Session& session) {
  auto arguments = std::make_shared<ResourceArguments>();
  CLI::App* command =
      add_command(lease, session, "resources", "List what a lease keeps, with the bytes it holds",
                  [&session, arguments] { return list_resources(session, *arguments); });
  command->add_option("ID", arguments->lease, "Lease id")->required();
  // Without the calls that follow it would eat the positional behind it.
  command
      ->add_option("--add", arguments->add, "Add TYPE ID: content, images, ingests, snapshots/<snapshotter>")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command->add_option("--remove", arguments->remove, "Take TYPE ID away")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command->add_flag("-q,--quiet", arguments->quiet, "Ids only");
}

}  // namespace

void add_lease_commands(CLI::App& app, Session& session) {
  CLI::App* lease = app.add_subcommand("lease", "What keeps objects from the collector for a while");
  lease->require_subcommand(1);
  add_create(*lease, session);

  add_list_command(*lease, session, {"List leases", "Ids"}, list_leases);

  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_command(*lease, session, "rm", "Remove leases, all or none; what they kept goes with the next gc",
                  [&session, ids] { return remove_leases(session, *ids); });
  command->add_option("ID", *ids, "Lease ids")->required();
  add_resources(*lease, session);
}

}  // namespace bayplan::cli
