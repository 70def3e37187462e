// Two sources of the same buckets, compared from both sides.
#pragma once

#include <functional>

#include "store_test_base.h"

namespace bayplan::metadata {

/// Every key of `ours`, and of all buckets in it, forwards, backwards and sought, against `theirs`. `also` is
/// called for each entry, before what lies in it.
inline void expect_same_buckets(const Bucket& ours, const Bucket& theirs,
                                const std::function<void(const Entry& ours, const Entry& theirs)>& also) {
  EXPECT_EQ(ours.sequence().value(), theirs.sequence().value());
  const std::vector<std::string> keys = keys_of(theirs);
  EXPECT_EQ(keys_of(ours), keys);
  auto cursor = ours.cursor().value();
  EXPECT_EQ(key_of(cursor->next()), "-");
  EXPECT_EQ(key_of(cursor->last()), keys.empty() ? "-" : keys.back());
  for (std::size_t i = keys.size(); i > 1; --i) EXPECT_EQ(key_of(cursor->prev()), keys[i - 2]);
  EXPECT_EQ(key_of(cursor->prev()), "-");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(key_of(cursor->seek(keys[i])), keys[i]);
    EXPECT_EQ(key_of(cursor->seek(keys[i] + '\0')), i + 1 < keys.size() ? keys[i + 1] : "-");
    EXPECT_EQ(key_of(cursor->prev()), keys[i]);
    EXPECT_FALSE(ours.entry(keys[i] + '\0').value());
    const auto entry = ours.entry(keys[i]).value();
    ASSERT_TRUE(entry);
    const auto other = theirs.entry(keys[i]).value();
    EXPECT_EQ(entry->value, other->value);
    const bool is_bucket = entry->is_bucket;
    also(*entry, *other);
    if (is_bucket) expect_same_buckets(*ours.bucket(keys[i]).value(), *theirs.bucket(keys[i]).value(), also);
  }
}

}  // namespace bayplan::metadata
