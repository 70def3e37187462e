#include "bayplan/metadata/db.h"

bayplan::Result<void> write_while_reading(const bayplan::metadata::Db& db) {
  return db.view([](const bayplan::metadata::ReadTx& tx) -> bayplan::Result<void> {
    BAYPLAN_ASSIGN(auto bucket, tx.bucket("settings"));
#ifdef MISUSE
    return bucket->put("colour", "blue");
#else
    return bucket ? bayplan::Result<void>{} : bayplan::Error(bayplan::Errc::not_found, "bucket", "settings");
#endif
  });
}
