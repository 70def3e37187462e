#include "bayplan/base/file.h"
#include "bayplan/base/file_watch.h"
#include "bayplan/content/writer.h"
#include "ingest_records.h"
#include "store_access.h"

namespace bayplan::content {
namespace {

/// How soon a cancellation is noticed; and the end of a writer where the kernel tells of it before it
/// unlocks.
constexpr std::chrono::milliseconds kLookAgain{100};

template <class T>
bool is(const Result<T>& result, Errc code) {
  return !result && result.error().code() == code;
}

}  // namespace

Result<void> await_writer(const Store& store, const metadata::Db& db, std::string_view ns,
                          std::string_view ref, const CancelToken& cancel) {
  // A new one is locked before it is recorded.
  BAYPLAN_ASSIGN(const std::string backend,
                 db.view([&](const metadata::ReadTx& tx) { return ingests::current_backend(tx, ns, ref); }));
  const std::string name = ingests::directory_of(backend);
  const auto dir = file::open_dir_at(StoreAccess::dirs(store)->ingest.get(), name);
  if (is(dir, Errc::not_found)) return {};
  if (!dir) return dir.error();
  // It stays open as long as this waits: closing it would wake all others who do.
  const FileWatch watch(dir->get(), FileWatch::For::close);
  for (;;) {
    BAYPLAN_TRY(cancel.check());
    watch.forget();
    const auto looked = file::try_lock_shared(dir->get(), name);
    if (!is(looked, Errc::busy)) return looked;
    watch.wait(kLookAgain);
  }
}

}  // namespace bayplan::content
