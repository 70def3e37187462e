#include "record_check.h"

#include <map>
#include <utility>

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "gc_kind.h"
#include "records.h"

namespace bayplan::snapshots {
namespace {

using metadata::Bucket;
namespace schema = metadata::schema;

class Checker {
 public:
  Checker(const Driver& driver, const metadata::BucketSource& source, std::string_view ns,
          const metadata::ProblemSink& sink)
      : driver_(driver), source_(source), place_{ns, driver.name()}, sink_(sink) {}

  Result<void> run() {
    BAYPLAN_ASSIGN(const auto snapshots,
                   metadata::namespace_bucket(source_, place_.ns, {schema::kSnapshots, place_.snapshotter}));
    if (!snapshots) return {};
    BAYPLAN_TRY(find_owners());
    return snapshots->for_each([&](const metadata::Entry& entry) -> Result<void> {
      BAYPLAN_ASSIGN(const auto record, snapshots->bucket(entry.key));
      if (record) return check(entry.key, *record);
      report(entry.key, "a value where a record belongs");
      return {};
    });
  }

 private:
  // A directory belongs to the first record that names it, in byte order of namespaces and keys.
  Result<void> find_owners() {
    BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(source_));
    for (const std::string& ns : namespaces) {
      BAYPLAN_ASSIGN(const auto bucket,
                     metadata::namespace_bucket(source_, ns, {schema::kSnapshots, place_.snapshotter}));
      if (!bucket) continue;
      BAYPLAN_TRY(bucket->for_each_bucket([&](std::string_view key, const Bucket& record) -> Result<void> {
        const auto id = records::directory_of(record);
        if (id) owners_.emplace(*id, std::pair(ns, std::string(key)));
        return {};
      }));
    }
    return {};
  }

  Result<void> check(std::string_view key, const Bucket& record) {
    const auto info = records::decode(key, record);
    if (!info && info.error().code() != Errc::corrupt) return info.error();
    if (!info) {
      report(key, info.error().to_string());
    } else {
      check_directory(*info);
      BAYPLAN_TRY(check_parent(*info));
    }
    return check_children(key, record);
  }

  void check_directory(const Info& info) {
    const auto& owner = owners_.at(info.directory);
    if (owner != std::pair(std::string(place_.ns), info.key)) {
      report(info.key, "its directory " + info.directory + " is that of " + quoted(owner.second) +
                           " in namespace " + quoted(owner.first) + " as well");
    }
    // What an unclean boot loses of others is made again when they are mounted.
    if (info.kind != Kind::committed) return;
    const auto layer = driver_.open_layer(info.directory);
    if (!layer) report(info.key, "its directory cannot be opened: " + layer.error().to_string());
  }

  Result<void> check_parent(const Info& info) {
    if (info.parent.empty()) return {};
    BAYPLAN_ASSIGN(const auto parent, records::find(source_, place_, info.parent));
    if (!parent) {
      report(info.key, "its parent " + quoted(info.parent) + " does not exist");
      return {};
    }
    const auto kind = records::kind_of(*parent);
    if (kind && *kind != Kind::committed)
      report(info.key, "its parent " + quoted(info.parent) + " is not committed");
    BAYPLAN_ASSIGN(const auto children, parent->bucket(schema::kChildren));
    std::optional<metadata::Entry> link;
    if (children) {
      BAYPLAN_ASSIGN(link, children->entry(info.key));
    }
    if (!link) report(info.key, "its parent " + quoted(info.parent) + " does not list it as a child");
    return {};
  }

  Result<void> check_children(std::string_view key, const Bucket& record) {
    BAYPLAN_ASSIGN(const auto children, record.bucket(schema::kChildren));
    if (!children) return {};
    return children->for_each([&](const metadata::Entry& link) -> Result<void> {
      BAYPLAN_ASSIGN(const auto child, records::find(source_, place_, link.key));
      std::string parent;
      if (child) {
        BAYPLAN_ASSIGN(parent, records::parent_of(*child));
      }
      if (!child || parent != key) report(key, "lists " + quoted(link.key) + " as a child, which it is not");
      return {};
    });
  }

  void report(std::string_view key, std::string what) {
    sink_({{std::string(kSnapshotKind), std::string(place_.ns),
            std::string(place_.snapshotter) + '/' + std::string(key)},
           std::move(what)});
  }

  const Driver& driver_;
  const metadata::BucketSource& source_;
  records::Place place_;
  const metadata::ProblemSink& sink_;
  std::map<std::string, std::pair<std::string, std::string>> owners_;  // directory to namespace and key
};

}  // namespace

Result<void> check_records(const Driver& driver, const metadata::BucketSource& source, std::string_view ns,
                           const metadata::ProblemSink& sink) {
  return Checker(driver, source, ns, sink).run();
}

}  // namespace bayplan::snapshots
