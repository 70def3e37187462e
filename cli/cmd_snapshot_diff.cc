#include <unistd.h>

#include <map>
#include <memory>

#include "bayplan/base/file.h"
#include "bayplan/base/new_file.h"
#include "bayplan/content/compress.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct DiffArguments {
  std::string key;
  std::string target = "-";
  std::string compression = "none";
  std::optional<int> level{};
};

const std::map<std::string, content::Compression> kCompressions{{"none", content::Compression::none},
                                                                {"gzip", content::Compression::gzip},
                                                                {"zstd", content::Compression::zstd}};

Result<snapshots::DiffReport> write_layer(const snapshots::LayerDiff& diff, const DiffArguments& arguments,
                                          file::FdSink out, const Control& control) {
  BAYPLAN_ASSIGN(const auto compressor,
                 content::compress(out, kCompressions.at(arguments.compression), arguments.level));
  BAYPLAN_ASSIGN(auto report, diff.write(*compressor, control));
  BAYPLAN_TRY(compressor->finish());
  BAYPLAN_TRY(out.flush());
  return report;
}

Result<snapshots::DiffReport> write_file(const snapshots::LayerDiff& diff, const DiffArguments& arguments,
                                         const Control& control) {
  BAYPLAN_ASSIGN(const auto path, file::NewPath::open(arguments.target));
  BAYPLAN_ASSIGN(const UniqueFd fd, path.create_file());
  snapshots::DiffReport report;
  const auto write = [&]() -> Result<void> {
    BAYPLAN_ASSIGN(report, write_layer(diff, arguments, {fd.get(), arguments.target}, control));
    return file::sync_data(fd.get(), arguments.target);
  };
  BAYPLAN_TRY(path.settle(write()));
  return report;
}

Result<int> diff_snapshot(const Session& session, const DiffArguments& arguments) {
  const bool to_stdout = arguments.target == "-";
  if (to_stdout) BAYPLAN_TRY(refuse_terminal("diff"));
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto diff, store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().diff(tx, session.ns, arguments.key);
  }));
  ProgressBar bar;
  Control control = session.control;
  control.progress = bar.sink();
  BAYPLAN_ASSIGN(
      const auto report,
      to_stdout ? write_layer(diff, arguments, {STDOUT_FILENO, "standard output", control.cancel}, control)
                : write_file(diff, arguments, control));
  for (const auto& warning : report.warnings) {
    std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
  }
  if (to_stdout) return 0;
  if (!session.json()) {
    print_line(std::to_string(report.entries) + " entries, " + human_bytes(report.bytes) + " of files");
    return 0;
  }
  json::Writer out = begin_json();
  out.key("entries").unsigned_integer(report.entries).key("removals").unsigned_integer(report.removals);
  out.key("bytes").unsigned_integer(report.bytes).end_object();
  print_json(std::move(out));
  return 0;
}

}  // namespace

void add_snapshot_diff_command(CLI::App& snapshot, Session& session) {
  auto arguments = std::make_shared<DiffArguments>();
  CLI::App* command =
      add_command(snapshot, session, "diff", "Write what a snapshot changes in its parent, as a layer",
                  [&session, arguments] { return diff_snapshot(session, *arguments); });
  command->add_option("KEY", arguments->key, "Snapshot")->required();
  command->add_option("TARGET", arguments->target, "File to make; default: standard output");
  command->add_option("--compress", arguments->compression, "none, gzip or zstd")
      ->check(CLI::IsMember(kCompressions));
  command->add_option("--level", arguments->level, "Of the compression; gzip 0 to 3, zstd 1 to 19");
}

}  // namespace bayplan::cli
