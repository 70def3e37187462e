#include <memory>

#include "bucket_path.h"
#include "check_store.h"
#include "decode_value.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

/// Deeper buckets are no store of ours; the limit keeps a damaged one from exhausting the stack.
constexpr std::size_t kMaxDepth = 64;

Result<metadata::Db> open_db(const Session& session) {
  metadata::OpenOptions options;
  options.read_only = true;
  options.create = false;
  BAYPLAN_ASSIGN(auto root, metadata::open_store_root(session.root, options));
  return root.db;
}

Result<std::optional<metadata::Bucket>> descend(const metadata::BucketSource& source,
                                                const std::vector<std::string>& steps) {
  metadata::Bucket bucket = root_bucket(source);
  for (const auto& step : steps) {
    BAYPLAN_ASSIGN(auto next, bucket.bucket(step));
    if (!next) return std::optional<metadata::Bucket>{};
    bucket = *next;
  }
  return std::optional<metadata::Bucket>{bucket};
}

Result<void> print_bucket(const metadata::Bucket& bucket, std::size_t depth, std::size_t max_depth) {
  return bucket.for_each([&](const metadata::Entry& entry) -> Result<void> {
    const std::string indent(depth * 2, ' ');
    if (!entry.is_bucket) {
      print_line(indent + escape_key(entry.key) + " = " + describe_value(entry.key, entry.value));
      return {};
    }
    print_line(indent + escape_key(entry.key) + "/");
    if (depth + 1 >= max_depth) return {};
    BAYPLAN_ASSIGN(const auto child, bucket.bucket(entry.key));
    if (!child)
      return Error(Errc::corrupt, "bucket", entry.key, "is listed by its parent and cannot be opened");
    return print_bucket(*child, depth + 1, max_depth);
  });
}

Result<int> print_tree(const Session& session, const std::string& path, std::size_t depth) {
  BAYPLAN_ASSIGN(const auto steps, parse_bucket_path(path));
  BAYPLAN_ASSIGN(const auto db, open_db(session));
  BAYPLAN_TRY(db.view([&](const metadata::ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto bucket, descend(tx, steps));
    if (!bucket) return Error(Errc::not_found, "bucket", path);
    return print_bucket(*bucket, 0, std::min(depth, kMaxDepth));
  }));
  return 0;
}

Result<int> print_value(const Session& session, const std::string& path) {
  BAYPLAN_ASSIGN(auto steps, parse_bucket_path(path));
  if (steps.empty()) return Error(Errc::invalid_argument, "path", path, "names no key");
  const std::string key = std::move(steps.back());
  steps.pop_back();
  BAYPLAN_ASSIGN(const auto db, open_db(session));
  BAYPLAN_TRY(db.view([&](const metadata::ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto bucket, descend(tx, steps));
    if (!bucket) return Error(Errc::not_found, "key", path);
    BAYPLAN_ASSIGN(const auto value, bucket->get(key));
    if (!value) return Error(Errc::not_found, "key", path).with_advice("a bucket is shown by `inspect tree`");
    std::fwrite(value->data(), 1, value->size(), stdout);
    return {};
  }));
  return 0;
}

Result<int> print_stats(const Session& session) {
  BAYPLAN_ASSIGN(const auto db, open_db(session));
  BAYPLAN_ASSIGN(const auto stats, db.stats());
  const std::vector<std::pair<std::string, std::uint64_t>> rows = {{"formatVersion", stats.format_version},
                                                                   {"revision", stats.revision},
                                                                   {"rows", stats.rows},
                                                                   {"depth", stats.depth},
                                                                   {"pageBytes", stats.page_bytes},
                                                                   {"usedPages", stats.used_pages},
                                                                   {"freePages", stats.free_pages},
                                                                   {"fileBytes", stats.file_bytes},
                                                                   {"mapBytes", stats.map_bytes},
                                                                   {"readers", stats.readers},
                                                                   {"maxReaders", stats.max_readers}};
  if (session.json()) {
    json::Writer out = begin_json();
    out.member("uuid", stats.uuid);
    for (const auto& [name, number] : rows) out.key(name).unsigned_integer(number);
    out.end_object();
    print_json(std::move(out));
    return 0;
  }
  Table table({"FIGURE", "VALUE"});
  table.row({"uuid", stats.uuid});
  for (const auto& [name, number] : rows) table.row({name, std::to_string(number)});
  table.print();
  return 0;
}

}  // namespace

void add_inspect_commands(CLI::App& app, Session& session) {
  CLI::App* inspect = app.add_subcommand("inspect", "Look into a store without changing it");
  inspect->require_subcommand(1);

  auto tree_path = std::make_shared<std::string>();
  auto depth = std::make_shared<std::size_t>(kMaxDepth);
  CLI::App* command =
      add_command(*inspect, session, "tree", "Print buckets, keys and decoded values",
                  [&session, tree_path, depth] { return print_tree(session, *tree_path, *depth); });
  command->add_option("PATH", *tree_path,
                      "Bucket to start from, e.g. v1/default/images; / and % in keys as %2F and %25");
  command->add_option("--depth", *depth, "Levels to show")->check(CLI::Range(std::size_t{1}, kMaxDepth));

  auto path = std::make_shared<std::string>();
  command = add_command(*inspect, session, "get", "Write one value, raw",
                        [&session, path] { return print_value(session, *path); });
  command->add_option("PATH", *path, "Path of a key")->required();

  add_command(*inspect, session, "check",
              "Verify rows, records, references and files; exit code 4 if anything is wrong",
              [&session] { return check_store(session); });
  add_command(*inspect, session, "stats", "Figures of the environment",
              [&session] { return print_stats(session); });
}

}  // namespace bayplan::cli
