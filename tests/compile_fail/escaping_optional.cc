#include "bayplan/metadata/db.h"

using bayplan::Result;

bool escape(const bayplan::metadata::Db& db) {
  auto found = db.view([](const bayplan::metadata::ReadTx& tx) {
#ifdef MISUSE
    return tx.bucket("settings");
#else
    return Result<bool>(tx.bucket("settings").has_value());
#endif
  });
  return found.has_value();
}
