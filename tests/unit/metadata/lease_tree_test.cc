// Namespaces and leases as they lie in the store, key for key as containerd's metadata database has them.
#include "bayplan/base/digest.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/walk.h"
#include "lease_store.h"

namespace bayplan::metadata::leases {
namespace {

class LeaseTree : public LeaseTest {
 protected:
  /// Every bucket as "path/", every value as "path=hex".
  std::vector<std::string> dump() {
    std::vector<std::string> lines;
    std::vector<std::string> path;
    const auto at = [&] {
      std::string text;
      for (const std::string& part : path) text += part;
      return text;
    };
    view([&](const ReadTx& tx) {
      const auto enter = [&](std::string_view key, const Bucket&, std::size_t depth) -> Result<void> {
        path.push_back(depth == 1 ? std::string() : std::string(key) + "/");
        if (depth > 1) lines.push_back(at());
        return {};
      };
      const auto value = [&](const Entry& entry) -> Result<void> {
        lines.push_back(at() + std::string(entry.key) + "=" + hex(entry.value));
        return {};
      };
      const auto leave = [&]() -> Result<void> {
        path.pop_back();
        return {};
      };
      metadata::walk(tx.root(), {enter, value, leave}).value();
    });
    return lines;
  }
  static std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      text += kDigits[static_cast<unsigned char>(c) >> 4];
      text += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return text;
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
  const std::string created = hex(codec::encode_time(lease.created));
  EXPECT_EQ(created.size(), 30u);
  EXPECT_EQ(dump(), (std::vector<std::string>{
                        "v1/", "v1/default/", "v1/default/labels/", "v1/default/labels/env=70726f64",
                        "v1/default/leases/", "v1/default/leases/l/", "v1/default/leases/l/content/",
                        "v1/default/leases/l/content/" + digest + "=",
                        "v1/default/leases/l/createdat=" + created, "v1/default/leases/l/images/",
                        "v1/default/leases/l/images/a:1=", "v1/default/leases/l/ingests/",
                        "v1/default/leases/l/ingests/upload=", "v1/default/leases/l/labels/",
                        // 1970-01-01T00:00:00Z
                        "v1/default/leases/l/labels/containerd.io/gc.expire="
                        "313937302d30312d30315430303a30303a30305a",
                        "v1/default/leases/l/labels/k=76", "v1/default/leases/l/snapshots/",
                        "v1/default/leases/l/snapshots/overlayfs/",
                        "v1/default/leases/l/snapshots/overlayfs/key=", "v1/version=08"}));
}

TEST_F(LeaseTree, has_an_owner_beside_containerds_keys) {
  create({.id = "l", .owner = owner()}).value();
  std::vector<std::string> owned;
  for (const std::string& line : dump()) {
    constexpr std::string_view kPrefix = "v1/default/leases/l/bayplan.owner/";
    if (line.starts_with(kPrefix)) owned.push_back(line.substr(kPrefix.size()));
  }
  EXPECT_EQ(owned,
            (std::vector<std::string>{"", "bootid=" + hex(owner().boot_id), "file=" + hex("0123456789abcdef"),
                                      "pid=54", "pidns=" + hex(codec::encode_varint(4026531836)),
                                      "rundevice=36", "runinode=" + hex(codec::encode_varint(1234)),
                                      "starttime=" + hex(codec::encode_varint(100))}));
}

}  // namespace
}  // namespace bayplan::metadata::leases
