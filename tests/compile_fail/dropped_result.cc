#include "bayplan/metadata/db.h"

void forget(bayplan::metadata::MutableBucket& bucket) {
#ifdef MISUSE
  bucket.put("colour", "blue");
#else
  bayplan::ignore_error(bucket.put("colour", "blue"), "the test shows the one way to drop a result");
#endif
}
