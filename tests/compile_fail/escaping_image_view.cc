// A view of a record escapes from the read closure, alone or among others.
#include <vector>

#include "bayplan/images/images.h"

#ifdef MISUSE
using Answer = std::vector<bayplan::images::ImageView>;
#else
using Answer = std::vector<bayplan::images::Image>;
#endif

bayplan::Result<Answer> all(const bayplan::metadata::Db& db) {
  return db.view([](const bayplan::metadata::ReadTx& tx) -> bayplan::Result<Answer> {
    Answer found;
    BAYPLAN_TRY(bayplan::images::walk(tx, "default", [&](const auto& image) -> bayplan::Result<void> {
#ifdef MISUSE
      found.push_back(image);
#else
      found.push_back(image.own());
#endif
      return {};
    }));
    return found;
  });
}
