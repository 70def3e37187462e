// snapshot mounts, mount, unmount.
#include <memory>

#include "listing.h"
#include "print.h"
#include "print_mounts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

using metadata::ReadTx;
using snapshots::MountPoint;

std::string joined(const std::vector<std::string>& options) {
  std::string text;
  for (const std::string& option : options) text += (text.empty() ? "" : ",") + option;
  return text;
}

Result<int> print_mounts(const Session& session, const std::string& key) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const auto mounts, store.db().view([&](const ReadTx& tx) {
    return store.snapshotter().mounts(tx, session.ns, key);
  }));
  Listing listing(session, "mounts", {"TYPE", "SOURCE", "OPTIONS"}, false);
  for (const snapshots::Mount& mount : mounts) {
    listing.add(mount.type, {mount.type, mount.source, joined(mount.options)}, [&](json::Writer& out) {
      out.member("type", mount.type).member("source", mount.source).key("options").begin_array();
      for (const std::string& option : mount.options) out.string(option);
      out.end_array();
    });
  }
  return std::move(listing).finish();
}

Result<int> list_mounted(const Session& session) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "mounts", {"KEY", "TARGET", "COUNT"}, false);
  BAYPLAN_TRY(store.db().view([&](const ReadTx& tx) {
    return store.mounts().walk(tx, session.ns, [&](const MountPoint& at) -> Result<void> {
      listing.add(at.key, {at.key, at.target.native(), std::to_string(at.count)}, [&](json::Writer& out) {
        out.member("key", at.key).member("target", at.target.native());
        out.key("count").unsigned_integer(at.count);
      });
      return {};
    });
  }));
  return std::move(listing).finish();
}

struct MountArguments {
  std::string key;
  std::string target;
  bool force = false;
};

Result<int> mount_snapshot(const Session& session, const MountArguments& arguments) {
  if (arguments.key.empty()) return list_mounted(session);
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const MountPoint at, store.mounts().mount(session.ns, arguments.key, arguments.target));
  print_mounted(session, at);
  return 0;
}

Result<int> unmount_snapshot(const Session& session, const MountArguments& arguments) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const std::uint64_t left,
                 store.mounts().unmount(session.ns, arguments.key,
                                        arguments.force ? snapshots::Force::yes : snapshots::Force::no));
  print_unmounted(session, left);
  return 0;
}

}  // namespace

void add_snapshot_mount_commands(CLI::App& snapshot, Session& session) {
  auto described = std::make_shared<std::string>();
  CLI::App* command = add_command(snapshot, session, "mounts", "How to mount a snapshot",
                                  [&session, described] { return print_mounts(session, *described); });
  command->add_option("KEY", *described, "An active snapshot or a view")->required();

  auto mounted = std::make_shared<MountArguments>();
  command =
      add_command(snapshot, session, "mount",
                  "Mount a snapshot and print where, or list what is mounted; counted, until the reboot",
                  [&session, mounted] { return mount_snapshot(session, *mounted); });
  command->add_option("KEY", mounted->key, "An active snapshot or a view; default: list what is mounted");
  command->add_option("TARGET", mounted->target, "Directory; default: a new one in the run root");

  auto unmounted = std::make_shared<MountArguments>();
  command = add_command(snapshot, session, "unmount", "Take back one mount; the last one unmounts",
                        [&session, unmounted] { return unmount_snapshot(session, *unmounted); });
  command->add_option("KEY", unmounted->key, "Snapshot")->required();
  command->add_flag("-f,--force", unmounted->force, "All of them, also with open files");
}

}  // namespace bayplan::cli
