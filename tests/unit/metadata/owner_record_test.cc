#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "lease_records.h"
#include "lease_store.h"

namespace bayplan::metadata::leases {
namespace {

class OwnerRecords : public LeaseTest {
 protected:
  void SetUp() override {
    LeaseTest::SetUp();
    create({.id = "l", .owner = owner()}).value();
  }
  // What the lease reads as after `change(bucket)`, which is undone.
  template <class F>
  std::optional<Errc> read_after(F change) {
    std::optional<Errc> outcome;
    const auto undone = db().update([&](WriteTx& tx) -> Result<void> {
      auto bucket = open_namespace_bucket(tx, kNs, {"leases", "l", schema::kOwner}).value();
      change(*bucket);
      outcome = code(leases::get(tx, kNs, "l"));
      return Error(Errc::cancelled, "test", {});
    });
    EXPECT_EQ(code(undone), Errc::cancelled);
    return outcome;
  }
};

TEST_F(OwnerRecords, every_key_is_needed) {
  for (const std::string_view key : {schema::kFile, schema::kBootId, schema::kPid, schema::kPidNamespace,
                                     schema::kStartTime, schema::kRunDevice, schema::kRunInode}) {
    EXPECT_EQ(read_after([&](MutableBucket& bucket) { bucket.erase(key).value(); }), Errc::corrupt) << key;
    EXPECT_EQ(read_after([&](MutableBucket& bucket) { bucket.put(key, {}).value(); }), Errc::corrupt) << key;
  }
  EXPECT_EQ(read_after([](MutableBucket&) {}), std::nullopt);
}

TEST_F(OwnerRecords, values_are_checked) {
  EXPECT_EQ(read_after([](MutableBucket& bucket) { bucket.put(schema::kFile, "../../../etc/x").value(); }),
            Errc::corrupt);
  EXPECT_EQ(
      read_after([](MutableBucket& bucket) { bucket.put(schema::kPid, codec::encode_varint(-1)).value(); }),
      Errc::corrupt);
  EXPECT_EQ(
      read_after([](MutableBucket& bucket) { bucket.put(schema::kBootId, std::string(65, 'b')).value(); }),
      Errc::corrupt);
}

TEST_F(OwnerRecords, only_what_an_owner_makes_is_stored) {
  const auto refused = [&](auto change) {
    Owner bad = owner();
    change(bad);
    EXPECT_EQ(code(create({.id = "bad", .owner = bad})), Errc::invalid_argument);
  };
  refused([](Owner& bad) { bad.file.clear(); });
  refused([](Owner& bad) { bad.file = "0123456789ABCDEF"; });
  refused([](Owner& bad) { bad.pid = 0; });
  refused([](Owner& bad) { bad.boot_id.clear(); });
}

}  // namespace
}  // namespace bayplan::metadata::leases
