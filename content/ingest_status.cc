#include <algorithm>
#include <array>

#include "bayplan/base/file.h"
#include "bayplan/content/writer.h"
#include "bayplan/metadata/schema.h"
#include "ingest_records.h"
#include "ingest_state.h"
#include "ref_dir.h"
#include "store_access.h"

namespace bayplan::content {
namespace {

namespace schema = metadata::schema;
using ingests::IngestRecord;
using metadata::BucketSource;
using metadata::Field;
using metadata::FieldType;

constexpr std::array<Field, 3> kFields = {{
    {.name = "ref"},
    {.name = "expected", .key = schema::kExpected, .type = FieldType::text},
    {.name = "expireat", .key = schema::kExpireAt, .type = FieldType::time},
}};

Time time_of(const struct timespec& time) {
  return Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

// What its directory says; what is absent or damaged there stays as it is.
void add_files(const BlobDirs& dirs, const std::string& name, IngestStatus& status) {
  const auto dir = file::open_dir_at(dirs.ingest.get(), name);
  if (!dir) return;
  const auto locked = file::try_lock_shared(dir->get(), name);
  if (!locked && locked.error().code() == Errc::busy) status.writer = holder_of(dir->get());
  const auto state = read_state(dir->get());
  if (!state) return;
  status.total = state->total;
  status.started = state->started;
  status.updated = state->updated;
  const auto data = file::stat_at(dir->get(), "data");
  if (!data || !S_ISREG(data->st_mode)) return;
  status.offset = static_cast<std::uint64_t>(data->st_size);
  status.updated = std::max(status.updated, time_of(data->st_mtim));
}

IngestStatus status_of(const BlobDirs& dirs, const IngestRecord& record) {
  IngestStatus status{.ref = record.ref, .expected = record.expected, .expires = record.expires};
  add_files(dirs, ingests::directory_of(record.backend), status);
  return status;
}

}  // namespace

Result<IngestStatus> ingest_status(const Store& store, const BucketSource& source, std::string_view ns,
                                   std::string_view ref) {
  BAYPLAN_ASSIGN(const IngestRecord record, ingests::get(source, ns, ref));
  return status_of(*StoreAccess::dirs(store), record);
}

metadata::FieldTable ingest_fields() noexcept { return kFields; }

Result<metadata::ListEnd> list_ingests(const Store& store, const BucketSource& source, std::string_view ns,
                                       const metadata::BoundFilter& filter,
                                       const metadata::ListOptions& options,
                                       const std::function<Result<void>(const IngestStatus&)>& visit,
                                       const metadata::ListProblem& problem) {
  BAYPLAN_ASSIGN(const auto records, ingests::ingest_bucket(source, ns));
  if (!records) return metadata::ListEnd{};
  const auto shown = [&](std::string_view ref, const metadata::Bucket& bucket) -> Result<void> {
    BAYPLAN_ASSIGN(const IngestRecord record, ingests::decode_record(ref, bucket));
    return visit(status_of(*StoreAccess::dirs(store), record));
  };
  return metadata::list(*records, filter, options, {shown, problem});
}

Result<void> abort_ingest(const Store& store, const metadata::Db& db, std::string_view ns,
                          std::string_view ref, std::string_view lease) {
  BAYPLAN_ASSIGN(const IngestRecord record,
                 db.view([&](const metadata::ReadTx& tx) { return ingests::get(tx, ns, ref); }));
  BAYPLAN_ASSIGN(const RefDir dir,
                 RefDir::lock(StoreAccess::dirs(store), ref, ingests::directory_of(record.backend)));
  BAYPLAN_TRY(db.update(
      [&](metadata::WriteTx& tx) -> Result<void> {
        BAYPLAN_ASSIGN(const IngestRecord present, ingests::get(tx, ns, ref));
        if (present.backend != record.backend)
          return Error(Errc::busy, "ingest", ref, "it was begun anew meanwhile");
        return ingests::end(tx, ns, ref, lease);
      },
      {.reclaiming = true}));
  dir.remove();
  return {};
}

}  // namespace bayplan::content
