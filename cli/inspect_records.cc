#include "inspect_records.h"

#include <algorithm>

#include "bucket_path.h"
#include "decode_value.h"
#include "inspect_troubles.h"
#include "print.h"

namespace bayplan::cli {
namespace {

using metadata::RecordKind;
using metadata::StoredField;
using metadata::StoredRecord;

struct Column {
  std::string title;
  std::vector<std::string_view> path;
};

// What a line of `ls` shows of a record, behind its namespace and name.
std::vector<Column> columns(RecordKind kind) {
  const Column created{"CREATED", {"createdat"}};
  switch (kind) {
    case RecordKind::images:
      return {{"TARGET", {"target", "digest"}}, {"SIZE", {"target", "size"}}, {"UPDATED", {"updatedat"}}};
    case RecordKind::containers:
      return {{"IMAGE", {"image"}},
              {"SNAPSHOTTER", {"snapshotter"}},
              {"SNAPSHOT", {"snapshotKey"}},
              {"RUNTIME", {"runtime", "name"}},
              created};
    case RecordKind::content:
      return {{"SIZE", {"size"}}, created};
    case RecordKind::ingests:
      return {{"BACKEND", {"ref"}}, {"EXPECTED", {"expected"}}, {"EXPIRES", {"expireat"}}};
    case RecordKind::snapshots:
      return {{"KIND", {"kind"}}, {"PARENT", {"parent"}}, {"SIZE", {"size"}}, {"NAME", {"name"}}, created};
    case RecordKind::leases:
      return {created, {"EXPIRES", {"labels", "containerd.io/gc.expire"}}};
    case RecordKind::sandboxes:
      return {{"SANDBOXER", {"sandboxer"}}, {"RUNTIME", {"runtime", "name"}}, created};
    case RecordKind::tasks:
      return {{"PID", {"pid"}}, created};
    case RecordKind::mounts:
      return {{"TARGET", {"target"}}, {"COUNT", {"count"}}};
    case RecordKind::namespaces:
      break;
  }
  return {};
}

std::string cell(const StoredRecord& record, const Column& column) {
  const auto found = std::find_if(record.fields.begin(), record.fields.end(), [&](const StoredField& field) {
    return std::equal(field.path.begin(), field.path.end(), column.path.begin(), column.path.end());
  });
  return found == record.fields.end() ? "-" : describe(found->value);
}

// Buckets as objects: fields come in the order of their keys, those of one bucket together.
void write_fields(json::Writer& out, const std::vector<StoredField>& fields) {
  std::vector<std::string> open;
  out.begin_object();
  for (const StoredField& field : fields) {
    const std::size_t depth = field.path.size() - 1;
    std::size_t same = 0;
    while (same < open.size() && same < depth && open[same] == field.path[same]) ++same;
    for (; open.size() > same; open.pop_back()) out.end_object();
    for (; open.size() < depth; open.push_back(field.path[open.size()]))
      out.key(escape_key(field.path[open.size()])).begin_object();
    write_value(out.key(escape_key(field.path.back())), field.value);
  }
  for (; !open.empty(); open.pop_back()) out.end_object();
  out.end_object();
}

void print_record_json(const StoredRecord& record) {
  json::Writer out = begin_json();
  out.member("kind", to_string(record.kind));
  out.member("namespace", escape_key(record.ns)).member("name", escape_key(record.key));
  write_fields(out.key("record"), record.fields);
  out.key("problems").begin_array();
  for (const std::string& problem : record.problems) out.string(problem);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_record(const StoredRecord& record) {
  print_line(printable(words(record)));
  for (const StoredField& field : record.fields) {
    std::string path;
    for (const std::string& key : field.path) path += (path.empty() ? "" : "/") + escape_key(key);
    print_line("  " + path + " = " + describe(field.value));
  }
  for (const std::string& problem : record.problems) print_line("  !! " + printable(problem));
}

}  // namespace

Result<int> list_records(const InspectSource& source, const Session& session, const std::string& kind_word,
                         const std::string& ns) {
  BAYPLAN_ASSIGN(const RecordKind kind, metadata::parse_record_kind(kind_word));
  BAYPLAN_ASSIGN(const metadata::RecordReader reader, source.records());
  const auto shown = columns(kind);
  std::vector<std::string> header{"NAMESPACE", "NAME"};
  for (const Column& column : shown) header.push_back(column.title);
  header.emplace_back("STATE");
  Table table(header);
  Troubles troubles;
  BAYPLAN_TRY(reader.for_each(
      kind, ns,
      [&](const StoredRecord& record) -> Result<void> {
        troubles.tell(record);
        if (session.json()) {
          print_record_json(record);
        } else {
          std::vector<std::string> cells{record.ns, record.key};
          for (const Column& column : shown) cells.push_back(cell(record, column));
          cells.emplace_back(record.problems.empty() ? "ok" : "damaged");
          table.row(std::move(cells));
        }
        source.forget();
        return session.control.cancel.check();
      },
      std::ref(troubles)));
  if (!session.json()) table.print();
  return source.finish(troubles.any());
}

Result<int> show_record(const InspectSource& source, const Session& session, const std::string& kind_word,
                        const std::string& name, const std::string& ns) {
  BAYPLAN_ASSIGN(const RecordKind kind, metadata::parse_record_kind(kind_word));
  BAYPLAN_ASSIGN(const metadata::RecordReader reader, source.records());
  Troubles troubles;
  std::vector<std::string> spaces;
  BAYPLAN_TRY(reader.for_each_key(
      RecordKind::namespaces, kind == RecordKind::namespaces ? std::string_view(name) : std::string_view(ns),
      [&](const std::string& space, const std::string&) -> Result<void> {
        spaces.push_back(space);
        return {};
      },
      std::ref(troubles)));
  bool shown = false;
  for (const std::string& space : spaces) {
    BAYPLAN_ASSIGN(const auto record, reader.find(kind, space, name));
    if (!record) continue;
    shown = true;
    troubles.tell(*record);
    session.json() ? print_record_json(*record) : print_record(*record);
    source.forget();
  }
  if (shown) return source.finish(troubles.any());
  if (troubles.any()) return Error(Errc::corrupt, kind_word, name, "is not among what can be read");
  return Error(Errc::not_found, kind_word, name).with_advice("`inspect ls` lists all");
}

}  // namespace bayplan::cli
