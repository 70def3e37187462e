// Writers by reference in one store, as containerd's content suite uses them.
#pragma once

#include <string>

#include "bayplan/content/writer.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "unit/content/db_fixture.h"
#include "unit/content/streams.h"

namespace bayplan::content::test {

class WriterTest : public RecordTest {
 protected:
  Result<Writer> try_open(const std::string& ref, const WriterOptions& options = {},
                          std::string_view ns = "default") {
    return open_writer(store_, db_, ns, ref, options);
  }
  Writer open(const std::string& ref, const WriterOptions& options = {}, std::string_view ns = "default") {
    return must(try_open(ref, options, ns));
  }
  static void write(Writer& writer, std::string_view text) { must(writer.write(as_bytes(text))); }
  static Result<Info> commit(Writer writer, const Expected& expected = {}, const Labels& labels = {}) {
    return std::move(writer).commit(labels, metadata::referred(), expected);
  }
  Result<IngestStatus> status(const std::string& ref, std::string_view ns = "default") const {
    return db_.view([&](const metadata::ReadTx& tx) { return ingest_status(store_, tx, ns, ref); });
  }
  /// The references of the ingests that match.
  std::vector<std::string> listed(const std::vector<std::string>& filters = {},
                                  std::string_view ns = "default") const {
    std::vector<std::string> refs;
    const auto filter = must(must(metadata::Filter::parse(filters)).bind(ingest_fields()));
    must(db_.view([&](const metadata::ReadTx& tx) -> Result<void> {
      BAYPLAN_TRY(list_ingests(store_, tx, ns, filter, {}, [&](const IngestStatus& found) -> Result<void> {
        refs.push_back(found.ref);
        return {};
      }));
      return {};
    }));
    return refs;
  }
  Result<void> abort(const std::string& ref) { return abort_ingest(store_, db_, "default", ref); }

  void make_lease(const std::string& id) {
    must(db_.update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(metadata::leases::create(tx, "default", {.id = id}));
      return {};
    }));
  }
  std::vector<std::string> leased(const std::string& id) const {
    std::vector<std::string> found;
    must(db_.view([&](const metadata::ReadTx& tx) {
      return metadata::leases::walk_resources(tx, "default", id,
                                              [&](const metadata::leases::Resource& what) -> Result<void> {
                                                found.push_back(what.type + " " + what.id);
                                                return {};
                                              });
    }));
    return found;
  }
};

}  // namespace bayplan::content::test
