// bbolt's Tx_MoveBucket cases, the two that lose data there, and moves across the size limits of inline
// buckets.
#include "contract.h"

namespace bayplan::metadata {
namespace {

// A bucket with content at two levels and a sequence; `bytes` of values.
template <class Bucket_>
void populate(Bucket_ bucket, std::size_t bytes) {
  bucket.put("foo", "bar").value();
  bucket.set_sequence(5).value();
  auto sub = bucket.create_bucket("sub").value();
  sub.put("deep", "1").value();
  for (std::size_t i = 0; i < bytes / 100; ++i) sub.put(padded(i), std::string(96, 'v')).value();
}

}  // namespace

TYPED_TEST(BucketContract, Tx_MoveBucket_NormalCase) {
  std::string before;
  this->update([&](auto& tx) {
    populate(tx.create_bucket("a").value().create_bucket("moved").value(), 3000);
    before = deep_listing(*tx.bucket("a").value()->bucket("moved").value());
    tx.create_bucket("b").value();
  });
  this->update([](auto& tx) {
    auto a = *tx.bucket("a").value();
    auto b = *tx.bucket("b").value();
    a.move_bucket("moved", b, "moved").value();
  });
  this->view([&](const auto& tx) {
    EXPECT_EQ(listing(*tx.bucket("a").value()), "");
    EXPECT_EQ(deep_listing(*tx.bucket("b").value()->bucket("moved").value()), before);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_SameGrandparent) {
  std::string before;
  this->update([&](auto& tx) {
    auto parent = tx.create_bucket("parent").value();
    parent.create_bucket("left").value();
    parent.create_bucket("right").value();
    populate(parent.bucket("left").value()->create_bucket("moved").value(), 0);
    before = deep_listing(*parent.bucket("left").value()->bucket("moved").value());
  });
  this->update([](auto& tx) {
    auto left = *tx.bucket("parent").value()->bucket("left").value();
    auto right = *tx.bucket("parent").value()->bucket("right").value();
    left.move_bucket("moved", right, "moved").value();
  });
  this->view([&](const auto& tx) {
    const auto parent = *tx.bucket("parent").value();
    EXPECT_EQ(listing(*parent.bucket("left").value()), "");
    EXPECT_EQ(deep_listing(*parent.bucket("right").value()->bucket("moved").value()), before);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_FromTopLevel) {
  this->update([](auto& tx) {
    auto root = tx.root();
    auto a = tx.create_bucket("a").value();
    populate(tx.create_bucket("moved").value(), 200);
    root.move_bucket("moved", a, "inner").value();
    EXPECT_FALSE(tx.bucket("moved").value().has_value());
    EXPECT_EQ(a.bucket("inner").value()->get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_ToTopLevel) {
  this->update([](auto& tx) { populate(tx.create_bucket("a").value().create_bucket("moved").value(), 200); });
  this->update([](auto& tx) {
    auto root = tx.root();
    tx.bucket("a").value()->move_bucket("moved", root, "outer").value();
  });
  this->view([](const auto& tx) {
    EXPECT_EQ(listing(root_bucket(tx)), "a/ outer/ ");
    EXPECT_EQ(tx.bucket("outer").value()->sequence().value(), 5u);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_Renames) {
  this->update([](auto& tx) {
    auto root = tx.root();
    tx.create_bucket("old").value().put("foo", "bar").value();
    root.move_bucket("old", root, "new").value();
    auto bucket = *tx.bucket("new").value();
    bucket.create_bucket("x").value().put("in", "side").value();
    bucket.move_bucket("x", bucket, "a").value();
    EXPECT_EQ(listing(bucket), "a/ foo=bar ");
    EXPECT_EQ(bucket.bucket("a").value()->get("in").value(), "side");
  });
  EXPECT_EQ(this->top_level(), "new/ ");
}

TYPED_TEST(BucketContract, Tx_MoveBucket_NotFound) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    EXPECT_EQ(code(a.move_bucket("absent", b, "x")), Errc::not_found);
    EXPECT_EQ(code(a.move_bucket("", b, "x")), Errc::not_found);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_ExistsInTarget) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    a.create_bucket("moved").value();
    b.create_bucket("taken").value().put("kept", "1").value();
    EXPECT_EQ(code(a.move_bucket("moved", b, "taken")), Errc::already_exists);
    EXPECT_EQ(listing(a), "moved/ ");
    EXPECT_EQ(listing(*b.bucket("taken").value()), "kept=1 ");
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_PlainKeyInSource) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    a.put("plain", "1").value();
    EXPECT_EQ(code(a.move_bucket("plain", b, "x")), Errc::failed_precondition);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_PlainKeyInTarget) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    a.create_bucket("moved").value();
    b.put("plain", "1").value();
    EXPECT_EQ(code(a.move_bucket("moved", b, "plain")), Errc::failed_precondition);
    EXPECT_EQ(code(a.move_bucket("moved", b, "")), Errc::invalid_argument);
    EXPECT_EQ(code(a.move_bucket("moved", b, std::string(32769, 'k'))), Errc::too_large);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_SameBucket) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    a.create_bucket("moved").value().put("foo", "bar").value();
    EXPECT_EQ(code(a.move_bucket("moved", a, "moved")), Errc::already_exists);
    EXPECT_EQ(a.bucket("moved").value()->get("foo").value(), "bar");
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_BothRoot) {
  this->update([](auto& tx) {
    auto root = tx.root();
    tx.create_bucket("a").value();
    EXPECT_EQ(code(root.move_bucket("a", root, "a")), Errc::already_exists);
  });
}

TYPED_TEST(BucketContract, Tx_MoveBucket_DiffTx) {
  this->update([](auto& tx) {
    auto root = tx.root();
    tx.create_bucket("a").value();
    EXPECT_TRUE(tx.savepoint([&](auto& inner) -> Result<void> {
      auto target = inner.create_bucket("b").value();
      EXPECT_EQ(code(root.move_bucket("a", target, "x")), Errc::closed);
      auto inner_root = inner.root();
      EXPECT_EQ(code(inner_root.move_bucket("a", root, "x")), Errc::invalid_argument);
      return {};
    }));
  });
}

// bbolt: k1 is gone.
TYPED_TEST(BucketContract, Tx_MoveBucket_KeepsPendingChanges) {
  this->update([](auto& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    auto small = a.create_bucket("small").value();
    small.put("k1", "pending").value();
    auto large = a.create_bucket("large").value();
    for (std::size_t i = 0; i < 500; ++i) large.put(padded(i), std::string(50, 'v')).value();
    a.move_bucket("small", b, "small").value();
    a.move_bucket("large", b, "large").value();
    small.put("late", "still a valid handle").value();
    large.put("late", "still a valid handle").value();
  });
  this->view([](const auto& tx) {
    const auto b = *tx.bucket("b").value();
    EXPECT_EQ(listing(*b.bucket("small").value()), "k1=pending late=still a valid handle ");
    EXPECT_EQ(keys_of(*b.bucket("large").value()).size(), 501u);
  });
}

// bbolt: everything becomes unreachable.
TYPED_TEST(BucketContract, Tx_MoveBucket_IntoItselfOrBelow) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{5000}}) {
    this->update([&](auto& tx) {
      auto root = tx.root();
      auto a = tx.create_bucket("a").value();
      auto b = a.create_bucket("b").value();
      b.put("ballast", std::string(bytes, 'b')).value();
      auto c = b.create_bucket(std::string(600, 'c')).value();
      for (auto* target : {&a, &b, &c}) {
        EXPECT_EQ(code(root.move_bucket("a", *target, "x")), Errc::invalid_argument);
      }
      EXPECT_EQ(code(a.move_bucket("b", c, "x")), Errc::invalid_argument);
      EXPECT_EQ(listing(root), "a/ ");
      tx.delete_bucket("a").value();
    });
  }
}

TYPED_TEST(BucketContract, Tx_MoveBucket_BetweenLongKeysThatShareAChain) {
  const std::string stem(600, 'k');
  this->update([&](auto& tx) {
    auto root = tx.root();
    tx.create_bucket(stem + "1").value().put("foo", "bar").value();
    root.move_bucket(stem + "1", root, stem + "2").value();
  });
  this->view([&](const auto& tx) {
    EXPECT_EQ(keys_of(root_bucket(tx)), std::vector<std::string>{stem + "2"});
    EXPECT_EQ(tx.bucket(stem + "2").value()->get("foo").value(), "bar");
  });
}

// Every combination of small and large buckets moved into small and large ones, with handles held on both
// sides.
TYPED_TEST(BucketContract, Tx_MoveBucket_AcrossSizes) {
  constexpr std::size_t kSizes[] = {0, 300, 700, 1000, 3000};
  for (const std::size_t moved_bytes : kSizes) {
    for (const std::size_t target_bytes : kSizes) {
      std::string before;
      this->update([&](auto& tx) {
        auto from = tx.create_bucket("from").value();
        populate(from.create_bucket("moved").value(), moved_bytes);
        auto to = tx.create_bucket("to").value().create_bucket("nested").value();
        populate(to, target_bytes);
        before = deep_listing(*from.bucket("moved").value());
      });
      this->update([&](auto& tx) {
        auto from = *tx.bucket("from").value();
        auto held = *from.bucket("moved").value();
        auto held_sub = *held.bucket("sub").value();
        auto to = *tx.bucket("to").value()->bucket("nested").value();
        auto to_sub = *to.bucket("sub").value();
        from.move_bucket("moved", to_sub, "arrived").value();
        EXPECT_EQ(deep_listing(*to_sub.bucket("arrived").value()), before);
        EXPECT_EQ(deep_listing(held), before);
        held_sub.put("late", std::string(100, 'l')).value();
        EXPECT_EQ(held.next_sequence().value(), 6u);
        EXPECT_EQ(to.get("foo").value(), "bar");
      });
      this->view([&](const auto& tx) {
        EXPECT_EQ(listing(*tx.bucket("from").value()), "");
        const auto arrived = *root_bucket(tx).descend({"to", "nested", "sub", "arrived"}).value();
        EXPECT_EQ(arrived.sequence().value(), 6u);
        EXPECT_EQ(arrived.bucket("sub").value()->get("late").value(), std::string(100, 'l'));
        EXPECT_EQ(keys_of(*arrived.bucket("sub").value()).size(), moved_bytes / 100 + 2);
      });
      this->update([&](auto& tx) {
        tx.delete_bucket("from").value();
        tx.delete_bucket("to").value();
      });
    }
  }
}

}  // namespace bayplan::metadata
