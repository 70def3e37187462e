// container mount, unmount, workdir, rundir.
#include <memory>

#include "print.h"
#include "print_mounts.h"
#include "service_parts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

using Path = std::filesystem::path;

Result<int> mount_container(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const std::string id, find_container(session, *services.store, text));
  BAYPLAN_ASSIGN(const Path target, services.runtime.start_container(id));
  BAYPLAN_ASSIGN(const auto mounted, services.storage.mounted(id));
  print_mounted(session, {.key = id, .target = target, .count = mounted ? mounted->count : 0});
  return 0;
}

struct UnmountArguments {
  std::string container;
  bool force = false;
};

Result<int> unmount_container(const Session& session, const UnmountArguments& arguments) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const std::string id, find_container(session, *services.store, arguments.container));
  const auto force = arguments.force ? snapshots::Force::yes : snapshots::Force::no;
  BAYPLAN_TRY(services.storage.unmount_container(id, force));
  BAYPLAN_ASSIGN(const auto left, services.storage.mounted(id));
  print_unmounted(session, left ? left->count : 0);
  return 0;
}

using Directory = Result<Path> (containers::RuntimeService::*)(std::string_view) const;

Result<int> print_directory(const Session& session, const std::string& text, Directory directory) {
  BAYPLAN_ASSIGN(const Services services, open_services(session, &Session::open_present_store));
  BAYPLAN_ASSIGN(const std::string id, find_container(session, *services.store, text));
  BAYPLAN_ASSIGN(const Path path, (services.runtime.*directory)(id));
  if (session.json()) {
    json::Writer out = begin_json();
    out.member("id", id).member("path", path.native()).end_object();
    print_json(std::move(out));
  } else {
    print_line(path.native());
  }
  return 0;
}

void add_directory(CLI::App& container, Session& session, const std::string& name,
                   const std::string& description, Directory directory) {
  auto text = std::make_shared<std::string>();
  CLI::App* command = add_command(container, session, name, description, [&session, text, directory] {
    return print_directory(session, *text, directory);
  });
  command->add_option("CONTAINER", *text, kContainerHelp)->required();
}

}  // namespace

void add_container_mount_commands(CLI::App& container, Session& session) {
  auto mounted = std::make_shared<std::string>();
  CLI::App* command =
      add_command(container, session, "mount",
                  "Mount a container, write its config.json, print where; counted, until the reboot",
                  [&session, mounted] { return mount_container(session, *mounted); });
  command->add_option("CONTAINER", *mounted, kContainerHelp)->required();

  auto unmounted = std::make_shared<UnmountArguments>();
  command = add_command(container, session, "unmount", "Take back one mount; the last one unmounts",
                        [&session, unmounted] { return unmount_container(session, *unmounted); });
  command->add_option("CONTAINER", unmounted->container, kContainerHelp)->required();
  command->add_flag("-f,--force", unmounted->force, "All of them, also with open files");

  add_directory(container, session, "workdir", "Print the directory that lasts as long as the container",
                &containers::RuntimeService::work_dir);
  add_directory(container, session, "rundir",
                "Print the directory that goes with the boot: a runtime's bundle",
                &containers::RuntimeService::run_dir);
}

}  // namespace bayplan::cli
