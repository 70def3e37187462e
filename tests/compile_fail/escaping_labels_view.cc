// A view of labels escapes from the read closure.
#include "bayplan/images/images.h"

auto labels_of(const bayplan::metadata::Db& db) {
#ifdef MISUSE
  using Answer = bayplan::metadata::LabelsView;
#else
  using Answer = bayplan::Labels;
#endif
  return db.view([](const bayplan::metadata::ReadTx& tx) -> bayplan::Result<Answer> {
    BAYPLAN_ASSIGN(const auto image, bayplan::images::view(tx, "default", "app:1"));
#ifdef MISUSE
    return image.labels;
#else
    return image.labels.own();
#endif
  });
}
