#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/metadata/watcher.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

using metadata::BucketHandle;
using metadata::Change;
using metadata::Entry;
using metadata::Event;
using metadata::Field;
using metadata::FieldType;

/// What is printed of an event.
struct Shown {
  std::string topic;
  Event event;
};

struct Arguments {
  std::vector<std::string> filters;
  const CLI::Option* format = nullptr;
  const CLI::Option* ns = nullptr;
};

constexpr std::array kFields = {Field{.name = "key", .type = FieldType::key},
                                Field{.name = "topic", .key = "topic", .type = FieldType::text},
                                Field{.name = "kind", .key = "kind", .type = FieldType::text},
                                Field{.name = "namespace", .key = "namespace", .type = FieldType::text},
                                Field{.name = "change", .key = "change", .type = FieldType::text}};

/// One event, as filters read records.
class EventRecord final : public metadata::BucketSource {
 public:
  explicit EventRecord(const Shown& shown) : shown_(shown) {}

  BucketHandle root_handle() const override { return {}; }
  Result<std::optional<Entry>> find(const BucketHandle&, std::string_view key) const override {
    std::string_view value = shown_.topic;
    if (key == "kind") value = shown_.event.kind;
    if (key == "namespace") value = shown_.event.ns;
    if (key == "change") value = to_string(shown_.event.change);
    return std::optional(Entry{.key = key, .value = value});
  }
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle&, std::string_view) const override {
    return std::optional<BucketHandle>();
  }
  Result<std::uint64_t> sequence(const BucketHandle&) const override { return 0; }
  Result<std::unique_ptr<metadata::BucketCursor>> open_cursor(const BucketHandle&) const override {
    return Error(Errc::unsupported, "event", shown_.event.key, "has no keys to walk");
  }

 private:
  const Shown& shown_;
};

// containerd's words; where it has no event, the same pattern.
std::string folder_of(const std::string& kind) {
  if (kind == "content" || kind == "snapshot") return kind;
  return kind + (kind.ends_with('x') ? "es" : "s");
}

/// Of a snapshot that came into being: by commit or by prepare, as containerd calls them.
Result<bool> is_committed(const metadata::ReadTx& tx, const Event& event) {
  const std::size_t slash = event.key.find('/');
  const std::string snapshotter = event.key.substr(0, slash);
  BAYPLAN_ASSIGN(const auto record,
                 metadata::namespace_bucket(tx, event.ns,
                                            {metadata::schema::kSnapshots, snapshotter,
                                             std::string_view(event.key).substr(slash + 1)}));
  if (!record) return false;
  BAYPLAN_ASSIGN(const auto kind, record->get(metadata::schema::kKind));
  return kind && kind->size() == 1 && kind->front() == static_cast<char>(snapshots::Kind::committed);
}

Result<std::string> topic_of(const metadata::ReadTx& tx, const Event& event) {
  const std::string folder = "/" + folder_of(event.kind) + "/";
  const bool snapshot = event.kind == "snapshot";
  if (event.change == Change::updated) return folder + "update";
  if (event.change == Change::removed) return folder + (snapshot ? "remove" : "delete");
  if (!snapshot) return folder + "create";
  BAYPLAN_ASSIGN(const bool committed, is_committed(tx, event));
  return folder + (committed ? "commit" : "prepare");
}

void print_event(const Shown& shown, Time time, bool table) {
  const Event& event = shown.event;
  if (table) {
    return print_line(
        printable(format_rfc3339(time) + "  " + event.ns + "  " + shown.topic + "  " + event.key));
  }
  json::Writer out = begin_json();
  out.member("timestamp", format_rfc3339(time)).member("namespace", event.ns);
  out.member("topic", shown.topic).member("kind", event.kind).member("key", event.key);
  out.member("change", to_string(event.change)).key("revision").unsigned_integer(event.revision);
  out.end_object();
  print_json(std::move(out));
}

Result<void> show(const Shown& shown, bool table) {
  print_event(shown, now(), table);
  if (std::fflush(stdout) == 0) return {};
  return Error::from_errno(errno, "output", "standard output", "write");
}

Result<int> follow(const Session& session, const Arguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(arguments.filters));
  BAYPLAN_ASSIGN(const auto bound, filter.bind(kFields));
  const bool table = arguments.format->count() != 0 && !session.json();
  const bool one_namespace = arguments.ns->count() != 0;
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(auto watcher, metadata::Watcher::begin(store.db()));
  while (true) {
    BAYPLAN_ASSIGN(auto events, watcher.next(session.control));
    for (Event& event : events) {
      if (one_namespace && event.ns != session.ns) continue;
      BAYPLAN_ASSIGN(std::string topic, topic_of(watcher.snapshot(), event));
      const Shown shown{std::move(topic), std::move(event)};
      const EventRecord record(shown);
      BAYPLAN_ASSIGN(const bool wanted, bound.matches(shown.event.key, root_bucket(record)));
      if (wanted) BAYPLAN_TRY(show(shown, table));
    }
  }
}

}  // namespace

void add_events_command(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = add_command(
      app, session, "events",
      "Show what changes from now on, whichever process changes it, a line of JSON each, until interrupted; "
      "of all namespaces, unless one is given",
      [&session, arguments] { return follow(session, *arguments); });
  command->add_option(
      "-f,--filter", arguments->filters,
      "Only what matches; fields: topic, kind, key, namespace, change, e.g. topic==\"/images/create\"");
  arguments->format = app.get_option("--format");
  arguments->ns = app.get_option("--namespace");
}

}  // namespace bayplan::cli
