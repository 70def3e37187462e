// The kind of a record that its owner alone removes: a root that keeps what it names. R is as for
// RecordStore, and says besides:
//
//   kReason                            what makes it a root, in words
//   tell_edges(record, sink)           what it keeps besides what its labels name
//   check(ns, value, source, report)   what is wrong with a record that decodes
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "record_store.h"

namespace bayplan::containers {

using ProblemText = std::function<void(std::string)>;

template <class R>
class RecordGcKind : public metadata::GcKind {
 public:
  std::string_view kind() const override { return R::kWord; }

  Result<void> scan(const metadata::BucketSource& source, std::string_view ns,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, metadata::namespace_bucket(source, ns, {R::kBucket}));
    if (!records) return {};
    return records->for_each_bucket(
        [&](std::string_view id, const metadata::Bucket& record) { return tell(ns, id, record, sink); });
  }

  Result<void> look(const metadata::BucketSource& source, std::string_view ns, std::string_view id,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {R::kBucket, id}));
    return record ? tell(ns, id, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override {
    return RecordStore<R>::remove(tx, node.ns, node.key);
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
      if (record) return check_record(ns, id, *record, report);
      report("a value where a record belongs");
      return {};
    });
  }

 private:
  // Decodes no more than it needs: a record that is damaged elsewhere still keeps what it names.
  static Result<void> tell(std::string_view ns, std::string_view id, const metadata::Bucket& record,
                           metadata::GcSink& sink) {
    BAYPLAN_TRY(sink.object({.key = id, .root = true, .collectable = false, .reason = R::kReason}));
    BAYPLAN_TRY(R::tell_edges(record, sink));
    return metadata::label_edges(ns, record, sink);
  }

  static Result<void> check_record(std::string_view ns, std::string_view id, const metadata::Bucket& record,
                                   const ProblemText& report) {
    const auto value = RecordStore<R>::decode(id, record);
    if (value) return R::check(ns, *value, record.source(), report);
    if (value.error().code() != Errc::corrupt) return value.error();
    report(value.error().to_string());
    return {};
  }
};

}  // namespace bayplan::containers
