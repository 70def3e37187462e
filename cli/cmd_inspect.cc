#include <memory>

#include "bucket_path.h"
#include "check_store.h"
#include "exit_codes.h"
#include "inspect_print.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

struct Arguments {
  std::string source;
  std::string path;
  std::size_t depth = kMaxTreeDepth;
};

using Figures = std::vector<std::pair<std::string, std::uint64_t>>;
using Words = std::vector<std::pair<std::string, std::string>>;

void print_figures(const Session& session, const Words& words, const Figures& figures) {
  if (session.json()) {
    json::Writer out = begin_json();
    for (const auto& [name, text] : words) out.member(name, text);
    for (const auto& [name, number] : figures) out.key(name).unsigned_integer(number);
    out.end_object();
    print_json(std::move(out));
    return;
  }
  Table table({"FIGURE", "VALUE"});
  for (const auto& [name, text] : words) table.row({name, text});
  for (const auto& [name, number] : figures) table.row({name, std::to_string(number)});
  table.print();
}

Result<int> print_stats(const Session& session) {
  BAYPLAN_ASSIGN(const auto root, session.open_records_read_only());
  BAYPLAN_ASSIGN(const auto stats, root.db.stats());
  print_figures(session, {{"uuid", stats.uuid}},
                {{"formatVersion", stats.format_version},
                 {"revision", stats.revision},
                 {"rows", stats.rows},
                 {"depth", stats.depth},
                 {"pageBytes", stats.page_bytes},
                 {"usedPages", stats.used_pages},
                 {"freePages", stats.free_pages},
                 {"fileBytes", stats.file_bytes},
                 {"mapBytes", stats.map_bytes},
                 {"readers", stats.readers},
                 {"maxReaders", stats.max_readers}});
  return 0;
}

// What a file says about itself.
Result<int> print_info(const Session& session, const Arguments& arguments) {
  if (arguments.source.empty()) return print_stats(session);
  BAYPLAN_ASSIGN(const InspectSource source, InspectSource::open(session, arguments.source));
  const metadata::FileFacts& facts = source.file()->facts();
  Words words{{"format", facts.format}};
  for (std::size_t i = 0; i < 2; ++i) {
    const metadata::MetaFacts& meta = facts.metas[i];
    words.emplace_back("meta" + std::to_string(i),
                       meta.transaction ? "transaction " + std::to_string(*meta.transaction) : meta.problem);
  }
  print_figures(session, words,
                {{"transaction", facts.transaction},
                 {"pageBytes", facts.page_bytes},
                 {"pages", facts.pages},
                 {"holder", facts.holder},
                 {"fileBytes", facts.file_bytes}});
  return source.finish(false);
}

std::string path_text(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : "/") + escape_key(key);
  return text;
}

// Every page and bucket, without knowing the schema.
Result<int> check_file(const Session& session, const std::string& path) {
  BAYPLAN_ASSIGN(const InspectSource source, InspectSource::open(session, path));
  std::uint64_t problems = 0;
  BAYPLAN_TRY(source.file()->check([&](const metadata::Damage& damage) -> Result<void> {
    ++problems;
    if (session.json()) {
      json::Writer line = begin_json();
      line.member("path", path_text(damage.path)).member("problem", damage.error.to_string()).end_object();
      print_json(std::move(line));
    } else {
      print_line((damage.path.empty() ? "file" : path_text(damage.path)) + ": " +
                 printable(damage.error.to_string()));
    }
    return session.control.cancel.check();
  }));
  BAYPLAN_TRY(source.file()->unchanged());
  if (session.json()) {
    json::Writer line = begin_json();
    line.key("clean").boolean(problems == 0).key("problems").unsigned_integer(problems).end_object();
    print_json(std::move(line));
  } else {
    print_line(problems == 0 ? "clean" : std::to_string(problems) + " problems");
  }
  return problems == 0 ? kOk : kDamage;
}

}  // namespace

void add_inspect_commands(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* inspect =
      app.add_subcommand("inspect", "Look into a store, or a file of one, without changing it");
  inspect->require_subcommand(1);
  inspect->fallthrough();
  inspect->add_option(
      "--source", arguments->source,
      "A bolt file, a data.mdb or a store's directory, damaged or not, read without the engine that wrote it "
      "and without touching anything; default: the store of --root");

  using Print = Result<int> (*)(const InspectSource&, const Arguments&, const Session&);
  const auto add = [&](const char* name, const char* description, Print print) {
    return add_command(*inspect, session, name, description, [&session, arguments, print]() -> Result<int> {
      BAYPLAN_ASSIGN(const InspectSource source, InspectSource::open(session, arguments->source));
      return print(source, *arguments, session);
    });
  };

  CLI::App* command = add("tree", "Print buckets, keys and decoded values",
                          [](const InspectSource& source, const Arguments& given, const Session&) {
                            return print_tree(source, given.path, given.depth);
                          });
  command->add_option("PATH", arguments->path,
                      "Bucket to start from, e.g. v1/default/images; / and % in keys as %2F and %25");
  command->add_option("--depth", arguments->depth, "Levels to show")
      ->check(CLI::Range(std::size_t{1}, kMaxTreeDepth));
  command = add("keys", "Print the keys of one bucket",
                [](const InspectSource& source, const Arguments& given, const Session& asked) {
                  return print_keys(source, given.path, asked.json());
                });
  command->add_option("PATH", arguments->path, "Path of a bucket");
  command = add("get", "Write one value, raw",
                [](const InspectSource& source, const Arguments& given, const Session&) {
                  return print_value(source, given.path);
                });
  command->add_option("PATH", arguments->path, "Path of a key")->required();
  command = add("dump", "Print everything below a bucket, byte for byte, as JSON lines",
                [](const InspectSource& source, const Arguments& given, const Session&) {
                  return print_dump(source, given.path);
                });
  command->add_option("PATH", arguments->path, "Path of a bucket");

  add_command(*inspect, session, "check",
              "Verify rows, records, references and files; with --source, pages and buckets; exit code 4 if "
              "anything is wrong",
              [&session, arguments] {
                return arguments->source.empty() ? check_store(session)
                                                 : check_file(session, arguments->source);
              });
  add_command(*inspect, session, "info", "What the file says about itself: format, transaction, pages",
              [&session, arguments] { return print_info(session, *arguments); });
  add_command(*inspect, session, "stats", "Figures of the environment",
              [&session] { return print_stats(session); });
}

}  // namespace bayplan::cli
