#include <map>
#include <memory>

#include "print.h"
#include "session.h"

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

Result<int> list_snapshots(const Session& session, bool quiet) {
  BAYPLAN_ASSIGN(const auto all, all_snapshots(session));
  if (session.json()) {
    json::Writer out = begin_json();
    out.key("snapshots").begin_array();
    for (const auto& info : all) {
      out.begin_object()
          .member("key", info.key)
          .member("kind", to_string(info.kind))
          .member("parent", info.parent);
      out.member("directory", info.directory).key("size").unsigned_integer(info.usage.bytes);
      out.key("inodes").unsigned_integer(info.usage.inodes).member("createdAt", format_rfc3339(info.created));
      write_labels(out, info.labels);
      out.end_object();
    }
    out.end_array().end_object();
    print_json(std::move(out));
    return 0;
  }
  Table table({"KEY", "PARENT", "KIND", "DIRECTORY", "SIZE"});
  for (const auto& info : all) {
    if (quiet) {
      print_line(printable(info.key));
    } else {
      table.row({info.key, short_digest(info.parent), std::string(to_string(info.kind)), info.directory,
                 info.kind == snapshots::Kind::committed ? human_bytes(info.usage.bytes) : "-"});
    }
  }
  if (!quiet) table.print();
  return 0;
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

}  // namespace

void add_snapshot_commands(CLI::App& app, Session& session) {
  CLI::App* snapshot = app.add_subcommand("snapshot", "Snapshots");
  snapshot->require_subcommand(1);

  auto quiet = std::make_shared<bool>(false);
  CLI::App* command = add_command(*snapshot, session, "ls", "List snapshots",
                                  [&session, quiet] { return list_snapshots(session, *quiet); });
  command->add_flag("-q,--quiet", *quiet, "Keys only");
  add_command(*snapshot, session, "tree", "Show snapshots below their parents",
              [&session] { return print_tree(session); });
}

}  // namespace bayplan::cli
