#include <memory>

#include "bayplan/images/mount.h"
#include "print_mounts.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct Arguments {
  std::string image;
  std::string platform;
  images::MountOptions options;
  bool force = false;
};

Result<void> parse_options(Arguments& arguments) {
  if (arguments.platform.empty()) return {};
  BAYPLAN_ASSIGN(arguments.options.platform, images::parse_platform(arguments.platform));
  return {};
}

Result<int> mount_image(const Session& session, Arguments arguments) {
  BAYPLAN_TRY(parse_options(arguments));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const auto at,
                 images::mount(store, session.ns, arguments.image, arguments.options, session.control));
  print_mounted(session, at);
  return 0;
}

Result<int> unmount_image(const Session& session, Arguments arguments) {
  BAYPLAN_TRY(parse_options(arguments));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const auto force = arguments.force ? snapshots::Force::yes : snapshots::Force::no;
  BAYPLAN_ASSIGN(const std::uint64_t left,
                 images::unmount(store, session.ns, arguments.image, arguments.options.platform, force));
  print_unmounted(session, left);
  return 0;
}

void add_image_options(CLI::App& command, Arguments& arguments) {
  command.add_option("IMAGE", arguments.image, "Name, or a reference to it")->required();
  command.add_option("--platform", arguments.platform, "os/architecture[/variant]; default: this host's");
}

}  // namespace

void add_image_mount_commands(CLI::App& image, Session& session) {
  auto mounted = std::make_shared<Arguments>();
  CLI::App* command = add_command(image, session, "mount",
                                  "Mount an image read-only and print where; counted, until the reboot",
                                  [&session, mounted] { return mount_image(session, *mounted); });
  add_image_options(*command, *mounted);
  command->add_option("TARGET", mounted->options.target, "Directory; default: a new one in the run root");

  auto unmounted = std::make_shared<Arguments>();
  command = add_command(image, session, "unmount", "Take back one mount; the last one unmounts",
                        [&session, unmounted] { return unmount_image(session, *unmounted); });
  add_image_options(*command, *unmounted);
  command->add_flag("-f,--force", unmounted->force, "All of them, also with open files");
}

}  // namespace bayplan::cli
