// The kind of a record that its owner alone removes: a root that keeps what it names. R is as for
// RecordStore, and says besides:
//
//   kReason                            what makes it a root, in words
//   tell_edges(record, sink)           what it keeps besides what its labels name
//   check(ns, value, source, report)   what is wrong with a record that decodes
#pragma once

#include <string_view>

#include "record_store.h"
#include "row_gc_kind.h"

namespace bayplan::containers {

template <class R>
struct RecordRow {
  static constexpr std::string_view kWord = R::kWord;
  static constexpr std::string_view kBucket = R::kBucket;

  // Decodes no more than it needs: a record that is damaged elsewhere still keeps what it names.
  static Result<void> tell(std::string_view ns, std::string_view id, const metadata::Bucket& record,
                           metadata::GcSink& sink) {
    BAYPLAN_TRY(sink.object({.key = id, .root = true, .collectable = false, .reason = R::kReason}));
    BAYPLAN_TRY(R::tell_edges(record, sink));
    return metadata::label_edges(ns, record, sink);
  }

  static Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id) {
    return RecordStore<R>::remove(tx, ns, id);
  }

  static Result<void> check(std::string_view ns, std::string_view id, const metadata::Bucket& record,
                            const ProblemText& report) {
    const auto value = RecordStore<R>::decode(id, record);
    if (value) return R::check(ns, *value, record.source(), report);
    if (value.error().code() != Errc::corrupt) return value.error();
    report(value.error().to_string());
    return {};
  }
};

template <class R>
using RecordGcKind = RowGcKind<RecordRow<R>>;

}  // namespace bayplan::containers
