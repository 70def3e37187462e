// Namespaces and leases as they lie in the store, key for key as containerd's metadata database has them.
#include "bayplan/base/digest.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"
#include "support/bucket_dump.h"

namespace bayplan::metadata::leases {
namespace {

class LeaseTree : public LeaseTest {
 protected:
  std::vector<std::string> dump() {
    std::vector<std::string> lines;
    view([&](const ReadTx& tx) { lines = test::dump(tx.root()); });
    return lines;
  }
};

TEST_F(LeaseTree, is_containerds) {
  const std::string digest = Digest::of("x").to_string();
  update([](WriteTx& tx) { create_namespace(tx, "default", {{"env", "prod"}}).value(); });
  const Lease lease = create({.id = "l", .labels = {{"k", "v"}}, .expires = Time{}}).value();
  for (const Resource& resource : std::vector<Resource>{
           {"content", digest}, {"images", "a:1"}, {"ingests", "upload"}, {"snapshots/overlayfs", "key"}}) {
    add("l", resource).value();
  }
  const std::string created = test::hex(codec::encode_time(lease.created));
  EXPECT_EQ(created.size(), 30u);
  EXPECT_EQ(dump(), (std::vector<std::string>{
                        "v1/",
                        "v1/default/",
                        "v1/default/labels/",
                        "v1/default/labels/env = \"prod\"",
                        "v1/default/leases/",
                        "v1/default/leases/l/",
                        "v1/default/leases/l/content/",
                        "v1/default/leases/l/content/" + digest + " = \"\"",
                        "v1/default/leases/l/createdat = " + created,
                        "v1/default/leases/l/images/",
                        "v1/default/leases/l/images/a:1 = \"\"",
                        "v1/default/leases/l/ingests/",
                        "v1/default/leases/l/ingests/upload = \"\"",
                        "v1/default/leases/l/labels/",
                        "v1/default/leases/l/labels/\"containerd.io/gc.expire\" = \"1970-01-01T00:00:00Z\"",
                        "v1/default/leases/l/labels/k = \"v\"",
                        "v1/default/leases/l/snapshots/",
                        "v1/default/leases/l/snapshots/overlayfs/",
                        "v1/default/leases/l/snapshots/overlayfs/key = \"\"",
                        "v1/version = 08",
                    }));
}

TEST_F(LeaseTree, has_an_owner_beside_containerds_keys) {
  create({.id = "l", .owner = owner()}).value();
  std::vector<std::string> owned;
  for (const std::string& line : dump()) {
    constexpr std::string_view kPrefix = "v1/default/leases/l/bayplan.owner/";
    if (line.starts_with(kPrefix)) owned.push_back(line.substr(kPrefix.size()));
  }
  const auto number = [](std::int64_t value) { return test::shown(codec::encode_varint(value)); };
  EXPECT_EQ(owned, (std::vector<std::string>{"", "bootid = \"" + owner().boot_id + "\"",
                                             "file = \"0123456789abcdef\"", "pid = \"T\"",
                                             "pidns = " + number(4026531836), "rundevice = \"6\"",
                                             "runinode = " + number(1234), "starttime = " + number(100)}));
}

}  // namespace
}  // namespace bayplan::metadata::leases
