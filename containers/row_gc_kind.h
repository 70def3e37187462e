// The kind of objects whose records lie in one bucket of the namespace. Each says of its own, in a struct R:
//
//   kWord, kBucket                         what the collector calls it, and where in the namespace it is
//   tell(ns, id, record, sink)             the object and its edges
//   remove(tx, ns, id)                     the record
//   check(ns, id, record, report)          what is wrong with it
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::containers {

using ProblemText = std::function<void(std::string)>;

template <class R>
class RowGcKind : public metadata::GcKind {
 public:
  std::string_view kind() const override { return R::kWord; }

  Result<void> scan(const metadata::BucketSource& source, std::string_view ns,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {R::kBucket}));
    if (!records) return {};
    return records->for_each_bucket(
        [&](std::string_view id, const metadata::Bucket& record) { return R::tell(ns, id, record, sink); });
  }

  Result<void> look(const metadata::BucketSource& source, std::string_view ns, std::string_view id,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {R::kBucket, id}));
    return record ? R::tell(ns, id, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override {
    return R::remove(tx, node.ns, node.key);
  }

  Result<void> check(const metadata::BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {R::kBucket}));
    if (!records) return {};
    return records->for_each([&](const metadata::Entry& entry) -> Result<void> {
      const std::string_view id = entry.key;
      const ProblemText report = [&](std::string what) {
        sink({{std::string(R::kWord), std::string(ns), std::string(id)}, std::move(what)});
      };
      BAYPLAN_ASSIGN(const auto record, records->bucket(id));
      if (record) return R::check(ns, id, *record, report);
      report("a value where a record belongs");
      return {};
    });
  }
};

}  // namespace bayplan::containers
