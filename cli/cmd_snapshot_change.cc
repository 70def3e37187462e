// snapshot prepare, view, commit, rm.
#include <memory>

#include "bayplan/metadata/leases.h"
#include "day_lease.h"
#include "label_arguments.h"
#include "print.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using snapshots::Kind;

struct CreateArguments {
  std::string key;
  std::string parent;
  std::vector<std::string> labels;
};
struct CommitArguments {
  std::string name;
  std::string key;
  std::string parent;
  std::vector<std::string> labels;
};

void print_made(const Session& session, std::string_view key, std::string_view lease) {
  if (!session.json()) return print_line("lease " + std::string(lease) + ", for 24 hours");
  json::Writer out = begin_json();
  out.member("key", key).member("lease", lease).end_object();
  print_json(std::move(out));
}

Result<int> create_snapshot(const Session& session, const CreateArguments& arguments, Kind kind) {
  BAYPLAN_ASSIGN(const Labels labels, parse_labels(arguments.labels));
  BAYPLAN_ASSIGN(images::Store store, session.open_store());
  snapshots::Snapshotter& snapshotter = store.snapshotter();
  BAYPLAN_ASSIGN(snapshots::Stage stage, store.db().view([&](const ReadTx& tx) {
    return snapshotter.stage(tx, session.ns, arguments.parent);
  }));
  BAYPLAN_ASSIGN(const std::string lease, store.db().update([&](WriteTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(std::string made, make_day_lease(tx, session.ns));
    const auto keeper = metadata::leased(made);
    BAYPLAN_TRY(kind == Kind::view
                    ? snapshotter.view(tx, session.ns, arguments.key, std::move(stage), labels, keeper)
                    : snapshotter.prepare(tx, session.ns, arguments.key, std::move(stage), labels, keeper));
    return made;
  }));
  print_made(session, arguments.key, lease);
  return 0;
}

Result<int> commit_snapshot(const Session& session, const CommitArguments& arguments) {
  BAYPLAN_ASSIGN(const Labels labels, parse_labels(arguments.labels));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  snapshots::Snapshotter& snapshotter = store.snapshotter();
  BAYPLAN_ASSIGN(const snapshots::Sealed sealed, store.db().view([&](const ReadTx& tx) {
    return snapshotter.seal(tx, session.ns, arguments.key);
  }));
  BAYPLAN_ASSIGN(const std::string lease, store.db().update([&](WriteTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(std::string made, make_day_lease(tx, session.ns));
    BAYPLAN_TRY(snapshotter.commit(tx, session.ns, arguments.name, arguments.key, sealed, labels,
                                   metadata::leased(made), arguments.parent));
    return made;
  }));
  print_made(session, arguments.name, lease);
  return 0;
}

Result<int> remove_snapshots(const Session& session, const std::vector<std::string>& keys) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const auto removed = store.db().update(
      [&](WriteTx& tx) -> Result<void> {
        for (const std::string& key : keys) {
          BAYPLAN_TRY(store.snapshotter().remove(tx, session.ns, key));
        }
        return {};
      },
      {.reclaiming = true});
  if (!removed) return removed.error();
  return 0;
}

void add_create(CLI::App& snapshot, Session& session, Kind kind) {
  auto arguments = std::make_shared<CreateArguments>();
  const bool view = kind == Kind::view;
  CLI::App* command = add_command(
      snapshot, session, view ? "view" : "prepare",
      view ? "Make a read-only snapshot; prints its lease" : "Make a writable snapshot; prints its lease",
      [&session, arguments, kind] { return create_snapshot(session, *arguments, kind); });
  command->add_option("KEY", arguments->key, "Name of the new snapshot")->required();
  command->add_option("PARENT", arguments->parent, "Committed snapshot; default: none");
  command->add_option("--label", arguments->labels, "KEY=value")->allow_extra_args(false);
}

void add_commit(CLI::App& snapshot, Session& session) {
  auto arguments = std::make_shared<CommitArguments>();
  CLI::App* command = add_command(snapshot, session, "commit",
                                  "Make an active snapshot durable, and a parent of others; prints its lease",
                                  [&session, arguments] { return commit_snapshot(session, *arguments); });
  command->add_option("NAME", arguments->name, "Name of the committed snapshot")->required();
  command->add_option("KEY", arguments->key, "The active snapshot, which it replaces")->required();
  command->add_option("--parent", arguments->parent, "Parent for a snapshot that has none");
  command->add_option("--label", arguments->labels, "KEY=value")->allow_extra_args(false);
}

}  // namespace

void add_snapshot_change_commands(CLI::App& snapshot, Session& session) {
  add_create(snapshot, session, Kind::active);
  add_create(snapshot, session, Kind::view);
  add_commit(snapshot, session);
  auto keys = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_command(snapshot, session, "rm", "Remove snapshots, all or none; their files go with the next gc",
                  [&session, keys] { return remove_snapshots(session, *keys); });
  command->add_option("KEY", *keys, "Snapshots")->required();
}

}  // namespace bayplan::cli
