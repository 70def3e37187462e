#include "bayplan/metadata/db.h"

using bayplan::Result;

bool escape(const bayplan::metadata::Db& db) {
#ifdef MISUSE
  using Value = std::string_view;
#else
  using Value = std::string;
#endif
  auto value = db.view([](const bayplan::metadata::ReadTx& tx) -> Result<Value> {
    BAYPLAN_ASSIGN(auto bucket, tx.bucket("settings"));
    BAYPLAN_ASSIGN(auto text, bucket->require("colour"));
    return Value(text);
  });
  return value.has_value();
}
