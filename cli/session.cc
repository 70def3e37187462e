#include "session.h"

#include <utility>

namespace bayplan::cli {
namespace {

metadata::OpenOptions look_only() {
  metadata::OpenOptions options;
  options.read_only = true;
  options.create = false;
  return options;
}

// `opened` of `root`, which may not be there.
template <class Opened>
Result<Opened> or_advice(Result<Opened> opened, const std::filesystem::path& root) {
  if (opened || opened.error().code() != Errc::not_found) return opened;
  std::error_code unknown;
  if (opened.error().kind() != "store" && std::filesystem::exists(root, unknown)) return opened;
  return std::move(opened).error().with_advice(
      "no store here yet; 'image import' and 'image pull' make one; --root or BAYPLAN_ROOT names another");
}

}  // namespace

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
  return or_advice(images::Store::open(root, options), root);
}

Result<images::Store> Session::open_store_read_only() const {
  images::StoreOptions options = store_options();
  options.metadata = look_only();
  return or_advice(images::Store::open(root, options), root);
}

Result<metadata::StoreRoot> Session::open_records_read_only() const {
  return or_advice(metadata::open_store_root(root, look_only()), root);
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
