// ContentTest with a database beside the store.
#pragma once

#include "bayplan/metadata/db.h"
#include "fixture.h"

namespace bayplan::content::test {

class RecordTest : public ContentTest {
 protected:
  static metadata::Db open_db(const std::filesystem::path& path, DiagnosticSink sink = {}) {
    metadata::OpenOptions options;
    options.map_bytes = 64u << 20;
    options.diagnostics = std::move(sink);
    return must(metadata::Db::open(path, options));
  }

  Result<void> try_record(std::string_view ns, ReadyBlob blob, const Labels& labels = {}) {
    return db_.update(
        [&](metadata::WriteTx& tx) { return add(tx, ns, std::move(blob), labels, metadata::referred()); });
  }
  /// Publishes and records `text`.
  Digest record(std::string_view text, const Labels& labels = {}, std::string_view ns = "default") {
    must(try_record(ns, ready(text), labels));
    return Digest::of(text);
  }
  Result<void> unrecord(std::string_view text, std::string_view ns = "default") {
    return db_.update([&](metadata::WriteTx& tx) { return remove(tx, ns, Digest::of(text)); });
  }
  Result<Info> stat_now(const Digest& digest, std::string_view ns = "default") const {
    return db_.view([&](const metadata::ReadTx& tx) { return stat(tx, ns, digest); });
  }
  Result<metadata::FileSweep> sweep_with(const Control& control) const {
    BAYPLAN_ASSIGN(metadata::FileSweep swept, store_.ingest_gc_kind().sweep_files(db_, control));
    BAYPLAN_ASSIGN(const metadata::FileSweep blobs, store_.gc_kind().sweep_files(db_, control));
    swept += blobs;
    return swept;
  }
  metadata::FileSweep sweep() const { return must(sweep_with({})); }

  std::vector<std::string> said_;  // file names in diagnostics
  metadata::Db db_ = open_db(dir_.path() / "metadata", [this](const Diagnostic& diagnostic) {
    for (const auto& [key, value] : diagnostic.fields) {
      if (key == "file") said_.push_back(value);
    }
  });
};

}  // namespace bayplan::content::test
