// Buckets small enough to live inside their parent's row (about 1 KiB, values of about 512 bytes) that
// outgrow it or fall back below, under open handles, cursors and savepoints.
#include "contract.h"

namespace bayplan::metadata {
namespace {

// A record like containerd's image: three fields, target/ and labels/.
template <class Bucket_>
void write_record(Bucket_ record) {
  record.put("createdat", "2026-11-21T00:00:00Z").value();
  record.put("updatedat", "2026-11-21T00:00:00Z").value();
  auto target = record.create_bucket("target").value();
  target.put("digest", "sha256:" + std::string(64, 'a')).value();
  target.put("mediatype", "application/vnd.oci.image.index.v1+json").value();
  target.put("size", "\x01\x02").value();
  record.create_bucket("labels").value().put("containerd.io/gc.ref", "x").value();
}

}  // namespace

// Buckets of 900 to 1100 bytes in one value too large for it, in two, in ten.
TYPED_TEST(BucketContract, Buckets_AroundTheInlineLimit) {
  for (const std::size_t parts : {std::size_t{2}, std::size_t{3}, std::size_t{10}}) {
    this->in_widgets([&](auto& bucket) {
      auto group = bucket.create_bucket(padded(parts)).value();
      for (std::size_t total = 900; total <= 1100; total += 7) {
        auto sub = group.create_bucket(padded(total)).value();
        for (std::size_t i = 0; i < parts; ++i) sub.put(padded(i), std::string(total / parts, 'v')).value();
      }
    });
    this->view([&](const auto& tx) {
      const auto group = *tx.bucket("widgets").value()->bucket(padded(parts)).value();
      for (std::size_t total = 900; total <= 1100; total += 7) {
        const auto sub = *group.bucket(padded(total)).value();
        EXPECT_EQ(keys_of(sub).size(), parts);
        for (std::size_t i = 0; i < parts; ++i)
          EXPECT_EQ(sub.get(padded(i)).value(), std::string(total / parts, 'v'));
      }
    });
  }
}

// A nested record grows from nothing to 5 KiB key by key, each in its own transaction, and shrinks again.
TYPED_TEST(BucketContract, Buckets_GrowAndShrink_InManyTransactions) {
  constexpr std::size_t kKeys = 80;
  this->in_widgets([](auto& bucket) { write_record(bucket.create_bucket("record").value()); });
  const auto labels_after = [&](std::size_t count) {
    this->view([&](const auto& tx) {
      const auto record = *tx.bucket("widgets").value()->bucket("record").value();
      EXPECT_EQ(record.get("createdat").value(), "2026-11-21T00:00:00Z");
      EXPECT_EQ(record.bucket("target").value()->get("size").value(), "\x01\x02");
      EXPECT_EQ(keys_of(*record.bucket("labels").value()).size(), count + 1);
    });
  };
  for (std::size_t i = 0; i < kKeys; ++i) {
    this->in_widgets([&](auto& bucket) {
      auto labels = *bucket.bucket("record").value()->bucket("labels").value();
      labels.put("label" + padded(i), std::string(60, 'l')).value();
    });
    labels_after(i + 1);
  }
  for (std::size_t i = kKeys; i-- > 0;) {
    this->in_widgets([&](auto& bucket) {
      auto labels = *bucket.bucket("record").value()->bucket("labels").value();
      labels.erase("label" + padded(i)).value();
    });
    labels_after(i);
  }
}

// The same in one transaction, through handles that were opened while everything was small.
TYPED_TEST(BucketContract, Buckets_GrowAndShrink_UnderHeldHandles) {
  this->in_widgets([](auto& bucket) {
    auto record = bucket.create_bucket("record").value();
    write_record(record);
    auto target = *record.bucket("target").value();
    auto labels = *record.bucket("labels").value();
    auto second = *bucket.bucket("record").value()->bucket("labels").value();
    for (std::size_t i = 0; i < 80; ++i) {
      labels.put("label" + padded(i), std::string(60, 'l')).value();
      ASSERT_EQ(second.get("label" + padded(i)).value(), std::string(60, 'l'));
      ASSERT_EQ(target.get("size").value(), "\x01\x02");
      ASSERT_EQ(target.next_sequence().value(), i + 1);
    }
    target.put("size", "3").value();
    record.put("updatedat", "later").value();
    for (std::size_t i = 0; i < 80; ++i) second.erase("label" + padded(i)).value();
    EXPECT_EQ(listing(labels), "containerd.io/gc.ref=x ");
  });
  this->reopen();
  this->view([](const auto& tx) {
    const auto record = *tx.bucket("widgets").value()->bucket("record").value();
    EXPECT_EQ(record.get("updatedat").value(), "later");
    EXPECT_EQ(record.bucket("target").value()->get("size").value(), "3");
    EXPECT_EQ(record.bucket("target").value()->sequence().value(), 80u);
  });
}

// A bucket outgrows its parent's row inside a savepoint that is undone: as before, handles included.
TYPED_TEST(BucketContract, Buckets_SpillInAnUndoneSavepoint) {
  std::string before;
  this->in_widgets([](auto& bucket) { write_record(bucket.create_bucket("record").value()); });
  this->update([&](auto& tx) {
    auto widgets = *tx.bucket("widgets").value();
    auto record = *widgets.bucket("record").value();
    auto labels = *record.bucket("labels").value();
    labels.put("pending", "1").value();
    before = deep_listing(widgets);
    const auto cursor = labels.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "containerd.io/gc.ref");
    for (int round = 0; round < 3; ++round) {
      EXPECT_FALSE(tx.savepoint([](auto& inner) -> Result<void> {
        auto inner_labels =
            *inner.bucket("widgets").value()->bucket("record").value()->bucket("labels").value();
        for (std::size_t i = 0; i < 50; ++i) inner_labels.put(padded(i), std::string(100, 'l')).value();
        inner_labels.set_sequence(99).value();
        inner.bucket("widgets").value()->bucket("record").value()->delete_bucket("target").value();
        return cancelled();
      }));
      EXPECT_EQ(deep_listing(widgets), before);
      EXPECT_EQ(labels.sequence().value(), 0u);
      EXPECT_EQ(record.bucket("target").value()->get("size").value(), "\x01\x02");
    }
    EXPECT_EQ(key_of(cursor->next()), "pending");
    labels.put("later", "2").value();
  });
  this->view([](const auto& tx) {
    const auto labels = *root_bucket(tx).descend({"widgets", "record", "labels"}).value();
    EXPECT_EQ(listing(labels), "containerd.io/gc.ref=x later=2 pending=1 ");
  });
}

// Kept this time: the outer handles go on in what the savepoint made of their buckets.
TYPED_TEST(BucketContract, Buckets_SpillInAKeptSavepoint) {
  this->in_widgets([](auto& bucket) { write_record(bucket.create_bucket("record").value()); });
  this->update([&](auto& tx) {
    auto record = *tx.bucket("widgets").value()->bucket("record").value();
    auto labels = *record.bucket("labels").value();
    auto target = *record.bucket("target").value();
    const auto cursor = labels.cursor().value();
    EXPECT_EQ(key_of(cursor->first()), "containerd.io/gc.ref");
    tx.savepoint([](auto& inner) -> Result<void> {
        auto inner_labels =
            *inner.bucket("widgets").value()->bucket("record").value()->bucket("labels").value();
        for (std::size_t i = 0; i < 50; ++i) inner_labels.put("x" + padded(i), std::string(100, 'l')).value();
        return {};
      }).value();
    EXPECT_EQ(key_of(cursor->next()), "x0000");
    EXPECT_EQ(keys_of(labels).size(), 51u);
    labels.put("a", "first").value();
    target.put("size", "3").value();
    EXPECT_EQ(record.bucket("target").value()->get("size").value(), "3");
    EXPECT_EQ(key_of(cursor->first()), "a");
  });
  this->view([](const auto& tx) {
    const auto record = *root_bucket(tx).descend({"widgets", "record"}).value();
    EXPECT_EQ(record.bucket("target").value()->get("size").value(), "3");
    EXPECT_EQ(keys_of(*record.bucket("labels").value()).size(), 52u);
  });
}

TYPED_TEST(BucketContract, Cursor_AcrossASpill) {
  this->in_widgets([](auto& bucket) {
    auto small = bucket.create_bucket("small").value();
    for (std::size_t i = 0; i < 10; ++i) small.put(padded(i * 10), "v").value();
  });
  this->in_widgets([](auto& bucket) {
    auto small = *bucket.bucket("small").value();
    const auto forward = small.cursor().value();
    const auto backward = small.cursor().value();
    EXPECT_EQ(key_of(forward->seek("0040")), "0040");
    EXPECT_EQ(key_of(backward->seek("0050")), "0050");
    small.put("0045", std::string(2000, 'b')).value();
    EXPECT_EQ(key_of(forward->next()), "0045");
    EXPECT_EQ(key_of(backward->prev()), "0045");
    small.erase("0045").value();
    EXPECT_EQ(key_of(forward->next()), "0050");
    EXPECT_EQ(key_of(backward->prev()), "0040");
    small.put("0040", std::string(600, 'b')).value();
    EXPECT_EQ(key_of(backward->prev()), "0030");
    EXPECT_EQ(backward->next().value()->value.size(), 600u);
  });
}

TYPED_TEST(BucketContract, Cursor_DeleteWhileIterating_InASmallBucket) {
  this->in_widgets([](auto& bucket) {
    auto small = bucket.create_bucket("small").value();
    for (std::size_t i = 0; i < 10; ++i) small.put(padded(i), "v").value();
  });
  this->in_widgets([](auto& bucket) {
    auto small = *bucket.bucket("small").value();
    const auto cursor = small.cursor().value();
    std::size_t visited = 0;
    for (auto entry = cursor->first().value(); entry; entry = cursor->next().value(), ++visited) {
      EXPECT_EQ(entry->key, padded(visited));
      small.erase(entry->key).value();
    }
    EXPECT_EQ(visited, 10u);
  });
}

TYPED_TEST(BucketContract, Buckets_DeleteOuterClosesInnerHandles) {
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{2000}}) {
    this->in_widgets([&](auto& bucket) {
      auto outer = bucket.create_bucket("outer").value();
      auto middle = outer.create_bucket("middle").value();
      auto inner = middle.create_bucket("inner").value();
      inner.put("k", std::string(bytes, 'v')).value();
      const auto cursor = inner.cursor().value();
      bucket.delete_bucket("outer").value();
      for (auto* stale : {&outer, &middle, &inner}) {
        EXPECT_EQ(code(stale->get("k")), Errc::closed);
        EXPECT_EQ(code(stale->put("k", "v")), Errc::closed);
        EXPECT_EQ(code(stale->sequence()), Errc::closed);
      }
      EXPECT_EQ(code(cursor->next()), Errc::closed);
      auto again = bucket.create_bucket("outer").value();
      EXPECT_EQ(listing(again), "");
      EXPECT_EQ(code(middle.create_bucket("x")), Errc::closed);
      bucket.delete_bucket("outer").value();
    });
  }
}

// Handles of a committed small bucket, deleted and made again under the same name in one transaction.
TYPED_TEST(BucketContract, Buckets_RecreatedSmallBucketIsAnother) {
  this->in_widgets([](auto& bucket) { write_record(bucket.create_bucket("record").value()); });
  this->in_widgets([](auto& bucket) {
    auto record = *bucket.bucket("record").value();
    auto labels = *record.bucket("labels").value();
    record.delete_bucket("labels").value();
    auto fresh = record.create_bucket("labels").value();
    EXPECT_EQ(code(labels.put("a", "stale")), Errc::closed);
    fresh.put("a", "fresh").value();
    EXPECT_EQ(listing(*record.bucket("labels").value()), "a=fresh ");
  });
}

TYPED_TEST(BucketContract, Buckets_SequencesOfSmallBuckets) {
  this->in_widgets([](auto& bucket) {
    for (const char* name : {"a", "b", "c"}) bucket.create_bucket(name).value();
    bucket.bucket("b").value()->set_sequence(~std::uint64_t{0}).value();
  });
  for (std::uint64_t round = 1; round <= 3; ++round) {
    this->in_widgets([&](auto& bucket) {
      EXPECT_EQ(bucket.bucket("a").value()->next_sequence().value(), round);
      EXPECT_EQ(code(bucket.bucket("b").value()->next_sequence()), Errc::too_large);
    });
  }
  this->in_widgets([](auto& bucket) {
    auto a = *bucket.bucket("a").value();
    a.put("big", std::string(3000, 'b')).value();
    EXPECT_EQ(a.sequence().value(), 3u) << "kept when the bucket outgrows its parent's row";
    EXPECT_EQ(bucket.bucket("c").value()->sequence().value(), 0u);
    a.set_sequence(0).value();
  });
  this->view([](const auto& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_EQ(bucket.bucket("a").value()->sequence().value(), 0u);
    EXPECT_EQ(bucket.bucket("b").value()->sequence().value(), ~std::uint64_t{0});
  });
}

TYPED_TEST(BucketContract, Buckets_TwelveLevelsOfTinyBuckets) {
  constexpr std::size_t kLevels = 12;
  this->in_widgets([](auto& bucket) {
    auto at = bucket;
    for (std::size_t level = 0; level < kLevels; ++level) {
      at.put("k", padded(level)).value();
      at = at.create_bucket("next").value();
    }
    at.put("deepest", "1").value();
  });
  const auto at_level = [](auto bucket, std::size_t level) {
    for (; level > 0; --level) bucket = *bucket.bucket("next").value();
    return bucket;
  };
  // Written at each level in turn, until the lowest, then the middle one, outgrow what is around them.
  for (std::size_t level = 0; level < kLevels; ++level) {
    this->in_widgets([&](auto& bucket) {
      auto at = at_level(bucket, level);
      EXPECT_EQ(at.get("k").value(), padded(level));
      at.put("k", padded(level) + "!").value();
      at.next_sequence().value();
    });
  }
  for (const std::size_t level : {kLevels, kLevels / 2}) {
    this->in_widgets(
        [&](auto& bucket) { at_level(bucket, level).put("big", std::string(600, 'b')).value(); });
    this->reopen();
    this->view([&](const auto& tx) {
      const Bucket bucket = *tx.bucket("widgets").value();
      for (std::size_t at = 0; at < kLevels; ++at) {
        EXPECT_EQ(at_level(bucket, at).get("k").value(), padded(at) + "!");
        EXPECT_EQ(at_level(bucket, at).sequence().value(), 1u);
      }
      EXPECT_EQ(at_level(bucket, kLevels).get("deepest").value(), "1");
      EXPECT_EQ(at_level(bucket, level).get("big").value(), std::string(600, 'b'));
    });
  }
  this->update([](auto& tx) { tx.delete_bucket("widgets").value(); });
  EXPECT_EQ(this->top_level(), "");
}

// Many records in one bucket; every third grows large, every fifth goes, all in one transaction.
TYPED_TEST(BucketContract, Buckets_ManyRecordsOfMixedSizes) {
  constexpr std::size_t kRecords = 300;
  this->in_widgets([](auto& bucket) {
    for (std::size_t i = 0; i < kRecords; ++i) write_record(bucket.create_bucket(padded(i)).value());
  });
  this->in_widgets([](auto& bucket) {
    for (std::size_t i = 0; i < kRecords; ++i) {
      if (i % 3 == 0) bucket.bucket(padded(i)).value()->put("spec", std::string(i * 10, 's')).value();
      if (i % 5 == 0) bucket.delete_bucket(padded(i)).value();
    }
  });
  this->reopen();
  this->view([](const auto& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    for (std::size_t i = 0; i < kRecords; ++i) {
      const auto record = bucket.bucket(padded(i)).value();
      ASSERT_EQ(record.has_value(), i % 5 != 0);
      if (!record) continue;
      EXPECT_EQ(record->get("spec").value().has_value(), i % 3 == 0);
      EXPECT_EQ(record->bucket("target").value()->get("size").value(), "\x01\x02");
      if (i % 3 != 0) continue;
      EXPECT_EQ(record->get("spec").value()->size(), i * 10);
    }
  });
}

}  // namespace bayplan::metadata
