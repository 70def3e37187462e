#include "session.h"

#include <utility>

namespace bayplan::cli {

images::StoreOptions Session::store_options() const {
  images::StoreOptions options;
  options.snapshotter = snapshotter;
  options.run_root = run_root;
  return options;
}

Result<images::Store> Session::open_store() const { return images::Store::open(root, store_options()); }

Result<images::Store> Session::open_present_store() const {
  images::StoreOptions options = store_options();
  options.metadata.create = false;
  return images::Store::open(root, options);
}

Result<images::Store> Session::open_store_read_only() const {
  images::StoreOptions options = store_options();
  options.metadata.read_only = true;
  options.metadata.create = false;
  return images::Store::open(root, options);
}

CLI::App* add_command(CLI::App& parent, Session& session, const std::string& name,
                      const std::string& description, std::function<Result<int>()> run) {
  CLI::App* command = parent.add_subcommand(name, description);
  // CLI11 calls it after those of the command's own subcommands.
  command->callback([command, &session, run = std::move(run)] {
    if (command->get_subcommands().empty()) session.chosen = run;
  });
  return command;
}

}  // namespace bayplan::cli
