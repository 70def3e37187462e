#include "bayplan/metadata/db.h"

using bayplan::Result;

Result<void> escape(bayplan::metadata::WriteTx& tx) {
  auto made = tx.savepoint([](bayplan::metadata::WriteTx& inner) {
#ifdef MISUSE
    return inner.bucket("settings");
#else
    return inner.delete_bucket("settings");
#endif
  });
  if (!made) return made.error();
  return {};
}
