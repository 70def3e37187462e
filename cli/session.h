// What every command shares: the global options, the store they name, and how a command is chosen and run.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bayplan/images/store.h"
#include "bayplan/metadata/store_root.h"

namespace bayplan::cli {

enum class Format { table, json };

struct Session {
  std::filesystem::path root;      ///< --root, BAYPLAN_ROOT
  std::filesystem::path run_root;  ///< --run-root, BAYPLAN_RUN_ROOT
  std::string ns;                  ///< --namespace, BAYPLAN_NAMESPACE
  Format format = Format::table;   ///< --format
  std::string snapshotter;         ///< --snapshotter, BAYPLAN_SNAPSHOTTER
  Control control;                 ///< cancelled by SIGINT and SIGTERM

  /// What the command line asked for; set by a subcommand's callback, run by main after parsing. Answers an
  /// exit code.
  std::function<Result<int>()> chosen;

  /// The store, created when missing: for what makes something in it. Errors: those of images::Store::open.
  Result<images::Store> open_store() const;
  /// The store for changing what is there: a mistyped --root is not_found, and makes no store.
  Result<images::Store> open_present_store() const;
  /// The store for looking only: never created, no write transactions.
  Result<images::Store> open_store_read_only() const;
  /// The same of its records alone. Errors: those of metadata::open_store_root.
  Result<metadata::StoreRoot> open_records_read_only() const;

  bool json() const noexcept { return format == Format::json; }

 private:
  images::StoreOptions store_options() const;
};

/// Adds the subcommand `name` whose `run` is chosen when it is given.
CLI::App* add_command(CLI::App& parent, Session& session, const std::string& name,
                      const std::string& description, std::function<Result<int>()> run);

// One file per noun adds its verbs.
void add_image_commands(CLI::App& app, Session& session);
void add_content_commands(CLI::App& app, Session& session);
void add_snapshot_commands(CLI::App& app, Session& session);
void add_container_commands(CLI::App& app, Session& session);
void add_pod_commands(CLI::App& app, Session& session);
void add_sandbox_commands(CLI::App& app, Session& session);
void add_namespace_commands(CLI::App& app, Session& session);
void add_lease_commands(CLI::App& app, Session& session);
void add_gc_command(CLI::App& app, Session& session);
void add_system_commands(CLI::App& app, Session& session);
void add_events_command(CLI::App& app, Session& session);
void add_inspect_commands(CLI::App& app, Session& session);

}  // namespace bayplan::cli
