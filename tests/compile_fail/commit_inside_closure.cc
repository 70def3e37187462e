#include "bayplan/metadata/db.h"

bayplan::Result<void> commit_early(const bayplan::metadata::Db& db) {
  return db.update([&](bayplan::metadata::WriteTx& tx) -> bayplan::Result<void> {
    BAYPLAN_TRY(tx.create_bucket("settings"));
#ifdef MISUSE
    using bayplan::metadata::Durability;
    return db.commit(nullptr, Durability::full, Durability::full);
#else
    return {};
#endif
  });
}
