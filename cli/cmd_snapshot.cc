#include <map>
#include <memory>

#include "listing.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

Result<std::vector<snapshots::Info>> all_snapshots(const Session& session) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  std::vector<snapshots::Info> all;
  BAYPLAN_TRY(store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, session.ns, [&](const snapshots::Info& info) -> Result<void> {
      all.push_back(info);
      return {};
    });
  }));
  return all;
}

void show_snapshot(Listing& listing, const snapshots::Info& info) {
  const std::string kind(to_string(info.kind));
  const bool measured = info.kind == snapshots::Kind::committed;
  listing.add(info.key,
              {info.key, short_digest(info.parent), kind, info.directory,
               measured ? human_bytes(info.usage.bytes) : "-"},
              [&](json::Writer& out) {
                out.member("key", info.key).member("kind", kind).member("parent", info.parent);
                out.member("directory", info.directory).key("size").unsigned_integer(info.usage.bytes);
                out.key("inodes").unsigned_integer(info.usage.inodes);
                out.member("createdAt", format_rfc3339(info.created));
                out.member("updatedAt", format_rfc3339(info.updated));
                write_labels(out, info.labels);
              });
}

Result<int> list_snapshots(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, snapshots::snapshot_fields()));
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  Listing listing(session, "snapshots", {"KEY", "PARENT", "KIND", "DIRECTORY", "SIZE"}, arguments.quiet);
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().list(
        tx, session.ns, filter, arguments.page,
        [&](const snapshots::Info& info) -> Result<void> {
          show_snapshot(listing, info);
          return {};
        },
        [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> print_tree(const Session& session) {
  BAYPLAN_ASSIGN(const auto all, all_snapshots(session));
  std::multimap<std::string_view, const snapshots::Info*> children;
  for (const auto& info : all) children.emplace(info.parent, &info);

  struct Row {
    const snapshots::Info* info;
    std::size_t depth;
  };
  std::vector<Row> pending;  // a stack, not recursion: chains may be thousands deep
  const auto push_children = [&](std::string_view parent, std::size_t depth) {
    const auto [first, last] = children.equal_range(parent);
    for (auto it = std::make_reverse_iterator(last); it != std::make_reverse_iterator(first); ++it) {
      pending.push_back({it->second, depth});
    }
  };
  push_children({}, 0);
  while (!pending.empty()) {
    const Row row = pending.back();
    pending.pop_back();
    print_line(std::string(row.depth * 2, ' ') + printable(row.info->key) + "  " +
               std::string(to_string(row.info->kind)) + "  " + row.info->directory);
    push_children(row.info->key, row.depth + 1);
  }
  return 0;
}

Result<int> print_usage(const Session& session, const std::vector<std::string>& keys) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  Listing listing(session, "snapshots", {"KEY", "SIZE", "INODES"}, false);
  BAYPLAN_TRY(store.db().view([&](const metadata::ReadTx& tx) -> Result<void> {
    for (const std::string& key : keys) {
      BAYPLAN_ASSIGN(const snapshots::Usage usage, store.snapshotter().usage(tx, session.ns, key));
      listing.add(key, {key, human_bytes(usage.bytes), std::to_string(usage.inodes)}, [&](json::Writer& out) {
        out.member("key", key).key("size").unsigned_integer(usage.bytes);
        out.key("inodes").unsigned_integer(usage.inodes);
      });
    }
    return {};
  }));
  return std::move(listing).finish();
}

}  // namespace

void add_snapshot_commands(CLI::App& app, Session& session) {
  CLI::App* snapshot = app.add_subcommand("snapshot", "Snapshots");
  snapshot->require_subcommand(1);

  add_list_command(*snapshot, session, {"List snapshots", "Keys"}, list_snapshots);
  add_command(*snapshot, session, "tree", "Show snapshots below their parents",
              [&session] { return print_tree(session); });
  auto measured = std::make_shared<std::vector<std::string>>();
  CLI::App* usage =
      add_command(*snapshot, session, "usage", "What layers take on the disk: measured, or stored by commit",
                  [&session, measured] { return print_usage(session, *measured); });
  usage->add_option("KEY", *measured, "Snapshots")->required();
  add_snapshot_change_commands(*snapshot, session);
  add_snapshot_mount_commands(*snapshot, session);
  add_snapshot_diff_command(*snapshot, session);
}

}  // namespace bayplan::cli
