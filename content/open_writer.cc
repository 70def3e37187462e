#include "bayplan/base/fault.h"
#include "bayplan/content/writer.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "ingest_records.h"
#include "records.h"
#include "store_access.h"
#include "writer_state.h"

namespace bayplan::content {
namespace {

using metadata::BucketSource;
using metadata::Db;
using metadata::ReadTx;
using metadata::WriteTx;

// One is lost when somebody aborts the ingest, or makes it, while the lock is waited for.
constexpr int kAttempts = 100;

Result<bool> has_blob(const BucketSource& source, std::string_view ns, const Digest& digest) {
  const auto info = stat(source, ns, digest);
  if (info) return true;
  if (info.error().code() == Errc::not_found) return false;
  return info.error();
}

// Whether the namespace has it, and then the lease lists it.
Result<bool> keeps_blob(const Db& db, std::string_view ns, const Digest& digest, const std::string& lease) {
  BAYPLAN_ASSIGN(const bool there, db.view([&](const ReadTx& tx) { return has_blob(tx, ns, digest); }));
  if (!there || lease.empty()) return there;
  return db.update([&](WriteTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(const bool still, has_blob(tx, ns, digest));
    if (!still) return false;
    BAYPLAN_TRY(metadata::leases::add_resource(
        tx, ns, lease, {std::string(metadata::schema::kContent), digest.to_string()}));
    return true;
  });
}

Result<bool> is_shared(const BucketSource& source, const Digest& digest) {
  BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(source));
  for (const std::string& ns : namespaces) {
    BAYPLAN_ASSIGN(const Labels labels, metadata::namespace_labels(source, ns));
    const auto label = labels.find(std::string(metadata::kShareableLabel));
    if (label == labels.end() || label->second != "true") continue;
    BAYPLAN_ASSIGN(const bool there, has_blob(source, ns, digest));
    if (there) return true;
  }
  return false;
}

Result<std::optional<ReadyFile>> adopt_known(const Store& store, const Db& db, const Expected& expected) {
  if (!expected.digest) return std::optional<ReadyFile>();
  if (StoreAccess::sharing(store) == Sharing::isolated) {
    BAYPLAN_ASSIGN(const bool shared,
                   db.view([&](const ReadTx& tx) { return is_shared(tx, *expected.digest); }));
    if (!shared) return std::optional<ReadyFile>();
  }
  return adopt_file(*StoreAccess::dirs(store), *expected.digest, expected.size);
}

Result<RefDir> lock_directory(const Store& store, const Db& db, std::string_view ns, std::string_view ref) {
  BAYPLAN_ASSIGN(const std::string backend,
                 db.view([&](const ReadTx& tx) { return ingests::current_backend(tx, ns, ref); }));
  BAYPLAN_ASSIGN(RefDir dir, RefDir::lock(StoreAccess::dirs(store), ref, ingests::directory_of(backend)));
  BAYPLAN_TRY(fault::at(fault::Point::writer_locked));
  return dir;
}

Result<WriterBytes> open_bytes(const Store& store, const Db& db, std::string_view ref, const RefDir& dir,
                               const Expected& expected) {
  BAYPLAN_ASSIGN(auto adopted, adopt_known(store, db, expected));
  if (adopted) return WriterBytes{.file = {}, .adopted = std::move(adopted)};
  return resume_bytes(dir, ref, expected);
}

}  // namespace

Result<Writer> open_writer(const Store& store, const Db& db, std::string_view ns, std::string_view ref,
                           const WriterOptions& options) {
  BAYPLAN_TRY(metadata::validate_namespace(ns));
  BAYPLAN_TRY(ingests::validate_ref(ref));
  const Expected& expected = options.expected;
  if (expected.digest) {
    BAYPLAN_ASSIGN(const bool there, keeps_blob(db, ns, *expected.digest, options.lease));
    if (there) return Error(Errc::already_exists, "blob", expected.digest->to_string());
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    BAYPLAN_ASSIGN(RefDir dir, lock_directory(store, db, ns, ref));
    BAYPLAN_ASSIGN(WriterBytes bytes, open_bytes(store, db, ref, dir, expected));
    BAYPLAN_ASSIGN(const auto record, db.submit([&](WriteTx& tx) {
                                          return ingests::start(tx, ns, ref, expected.digest, options.lease);
                                        }).get());
    if (ingests::directory_of(record.backend) != dir.name()) continue;
    return Writer(std::make_unique<Writer::State>(db, ns, ref, options, std::move(dir), std::move(bytes)));
  }
  return Error(Errc::busy, "ingest", ref, "it was made and removed all the time");
}

}  // namespace bayplan::content
