#include <memory>

#include "check_store.h"
#include "inspect_graph.h"
#include "inspect_info.h"
#include "inspect_print.h"
#include "inspect_records.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

struct Arguments {
  std::string source;
  std::string path;
  std::size_t depth = kMaxTreeDepth;
  std::string kind;
  std::string name;
  std::size_t limit = 20;
};

constexpr const char* kKinds =
    "namespaces, images, containers, content, ingests, snapshots, leases, sandboxes, tasks or mounts";

// Whoever looks for something does not know which namespace it is in: empty unless asked for.
std::string given_namespace(const CLI::App& inspect, const Session& session) {
  return inspect.get_parent()->get_option("--namespace")->count() == 0 ? std::string() : session.ns;
}

using Figures = std::vector<std::pair<std::string, std::uint64_t>>;

void print_figures(const Session& session, const std::string& uuid, const Figures& figures) {
  if (session.json()) {
    json::Writer out = begin_json();
    out.member("uuid", uuid);
    for (const auto& [name, number] : figures) out.key(name).unsigned_integer(number);
    out.end_object();
    print_json(std::move(out));
    return;
  }
  Table table({"FIGURE", "VALUE"});
  table.row({"uuid", uuid});
  for (const auto& [name, number] : figures) table.row({name, std::to_string(number)});
  table.print();
}

Result<int> print_stats(const Session& session) {
  BAYPLAN_ASSIGN(const auto root, session.open_records_read_only());
  BAYPLAN_ASSIGN(const auto stats, root.db.stats());
  print_figures(session, stats.uuid,
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

GraphQuestion question(const Arguments& given, const CLI::App& inspect, const Session& session) {
  return {.object = given.name, .ns = given_namespace(inspect, session), .limit = given.limit};
}

using Print = std::function<Result<int>(const InspectSource&, const Arguments&, const Session&)>;
using Add = std::function<CLI::App*(const char* name, const char* description, const Print& print)>;

void add_graph_commands(CLI::App& inspect, const Add& add, const std::shared_ptr<Arguments>& arguments) {
  CLI::App* command =
      add("why", "Show what keeps an object from being collected",
          [&inspect](const InspectSource& source, const Arguments& given, const Session& asked) {
            return inspect_why(source, asked, question(given, inspect, asked));
          });
  command->add_option("OBJECT", arguments->name, "A digest, a name, or KIND/KEY")->required();
  command->add_option("--limit", arguments->limit, "Chains to show (20)")->check(CLI::Range(1, 1'000'000));
  command = add("referrers", "Show who refers to an object, kept or not, there or not",
                [&inspect](const InspectSource& source, const Arguments& given, const Session& asked) {
                  return inspect_referrers(source, asked, question(given, inspect, asked));
                });
  command->add_option("OBJECT", arguments->name, "A digest, a name, or KIND/KEY")->required();
  command = add("gc", "Show what a collection would remove now",
                [](const InspectSource& source, const Arguments&, const Session& asked) {
                  return inspect_gc(source, asked);
                });
  command->add_flag_function(
      "--dry-run", [](std::int64_t) {}, "Always so: nothing is ever removed here");
  add("df", "Show objects and bytes by kind and namespace, and how many of them nothing keeps",
      [](const InspectSource& source, const Arguments&, const Session& asked) {
        return inspect_df(source, asked);
      });
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
      "A store's directory, containerd's root directory, a data.mdb or a bolt file, damaged or not, read "
      "without the engine that wrote it and without touching anything; default: the store of --root");

  const Add add = [&](const char* name, const char* description, const Print& print) {
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

  command = add("ls", "List the records of a kind, of all namespaces unless --namespace is given",
                [inspect](const InspectSource& source, const Arguments& given, const Session& asked) {
                  return list_records(source, asked, given.kind, given_namespace(*inspect, asked));
                });
  command->add_option("KIND", arguments->kind, kKinds)->required();
  command = add("show", "Print one record, every field decoded",
                [inspect](const InspectSource& source, const Arguments& given, const Session& asked) {
                  return show_record(source, asked, given.kind, given.name, given_namespace(*inspect, asked));
                });
  command->add_option("KIND", arguments->kind, kKinds)->required();
  command->add_option("NAME", arguments->name, "As `ls` prints it; of a snapshot SNAPSHOTTER/KEY")
      ->required();

  add_graph_commands(*inspect, add, arguments);
  add_command(*inspect, session, "check",
              "Verify rows, records, references and files; with --source, pages and buckets; exit code 4 if "
              "anything is wrong",
              [&session, arguments]() -> Result<int> {
                if (arguments->source.empty()) return check_store(session);
                BAYPLAN_ASSIGN(const InspectSource source, InspectSource::open(session, arguments->source));
                return check_files(source, session);
              });
  add("info", "What the files say about themselves: format, transaction, pages, who has them open",
      [](const InspectSource& source, const Arguments&, const Session& asked) {
        return print_info(source, asked);
      });
  add_command(*inspect, session, "stats", "Figures of the environment",
              [&session] { return print_stats(session); });
}

}  // namespace bayplan::cli
