// The stored tree of one container and one sandbox, key for key and byte for byte containerd's
// (writeContainer in core/metadata/containers.go, write in core/metadata/sandbox.go).
#include <gmock/gmock.h>

#include "bayplan/containers/name_registrar.h"
#include "bayplan/containers/tasks.h"
#include "bayplan/metadata/leases.h"
#include "record_test.h"

namespace bayplan::containers {
namespace {

using metadata::Any;
using namespace std::string_literals;

// Go's time.MarshalBinary in UTC, by the book: version 1, seconds since year 1, nanoseconds, offset -1.
std::string go_time(Time time) {
  const auto since_1970 = time.time_since_epoch().count();
  const auto seconds = static_cast<std::uint64_t>(since_1970 / 1'000'000'000 + 62'135'596'800);
  const auto nanoseconds = static_cast<std::uint32_t>(since_1970 % 1'000'000'000);
  std::string bytes = "\1";
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(seconds >> shift & 0xff);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(nanoseconds >> shift & 0xff);
  return bytes + "\xff\xff";
}

class RecordGolden : public RecordTest {};

TEST_F(RecordGolden, TimesAreGos) {
  EXPECT_EQ(go_time(parse_rfc3339("1970-01-01T00:00:00.000000258Z").value()),
            "\x01\x00\x00\x00\x0e\x77\x91\xf7\x00\x00\x00\x01\x02\xff\xff"s);
}

TEST_F(RecordGolden, AContainerIsContainerds) {
  Container container = sample("c");
  container.sandbox_id = "pod";
  container.runtime = {"io.containerd.runc.v2", Any{"runtimeoptions.v1.Options", "\x0a\x01x"}};
  container.extensions = {{"io.cri.metadata", {"meta", R"({"a":1})"}}, {"empty", {}}};
  container.labels = {{"role", "web"}, {"gone", ""}};
  ASSERT_TRUE(create(container));
  const Dump expected = {
      {"createdat", go_time(get("c").created)},
      {"updatedat", go_time(get("c").created)},
      {"spec",
       "\x0a\x36types.containerd.io/opencontainers/runtime-spec/1/Spec\x12\x16{\"ociVersion\":\"1.1.0\"}"s},
      {"image", "docker.io/library/a:1"},
      {"snapshotter", "overlay"},
      {"snapshotKey", "key"},
      {"sandboxid", "pod"},
      {"runtime/", ""},
      {"runtime/name", "io.containerd.runc.v2"},
      {"runtime/options", "\x0a\x19runtimeoptions.v1.Options\x12\x03\x0a\x01x"s},
      {"extensions/", ""},
      {"extensions/empty", ""},
      {"extensions/io.cri.metadata", "\x0a\x04meta\x12\x07{\"a\":1}"s},
      {"labels/", ""},
      {"labels/role", "web"},
  };
  EXPECT_EQ(dump("containers", "c"), expected);
}

TEST_F(RecordGolden, WhatAContainerLacksIsStoredAsContainerdDoes) {
  Container container;
  container.id = "c";
  container.spec = "{}";
  ASSERT_TRUE(create(container));
  const Dump expected = {
      {"createdat", go_time(get("c").created)},
      {"updatedat", go_time(get("c").created)},
      {"spec", "\x0a\x36types.containerd.io/opencontainers/runtime-spec/1/Spec\x12\x02{}"s},
      {"image", ""},
      {"snapshotter", ""},
      {"snapshotKey", ""},
      {"sandboxid", ""},
      {"runtime/", ""},
      {"runtime/name", "io.containerd.runc.v2"},
  };
  EXPECT_EQ(dump("containers", "c"), expected);
}

TEST_F(RecordGolden, ASandboxIsContainerds) {
  const sandboxes::Sandbox sandbox{.id = "s",
                                   .sandboxer = "podsandbox",
                                   .runtime = {"io.containerd.runc.v2", Any{"options", "o"}},
                                   .spec = Any{"spec", "{}"},
                                   .extensions = {{"name", {"type", "value"}}},
                                   .labels = {{"role", "pod"}}};
  ASSERT_TRUE(db_.update([&](metadata::WriteTx& tx) { return sandboxes::create(tx, kNs, sandbox); }));
  const Time created =
      db_.view([](const metadata::ReadTx& tx) { return sandboxes::get(tx, kNs, "s"); })->created;
  const Dump expected = {
      {"createdat", go_time(created)},
      {"updatedat", go_time(created)},
      {"spec", "\x0a\x04spec\x12\x02{}"s},
      {"sandboxer", "podsandbox"},
      {"runtime/", ""},
      {"runtime/name", "io.containerd.runc.v2"},
      {"runtime/options", "\x0a\x07options\x12\x01o"s},
      {"extensions/", ""},
      {"extensions/name", "\x0a\x04type\x12\x05value"s},
      {"labels/", ""},
      {"labels/role", "pod"},
  };
  EXPECT_EQ(dump("sandboxes", "s"), expected);
}

TEST_F(RecordGolden, ATaskAndAReservationAreOurs) {
  ASSERT_TRUE(create(sample("c")));
  const tasks::Task task{.id = "c", .pid = 300, .pid_namespace = 5, .start_time = 64, .boot_id = "boot"};
  ASSERT_TRUE(db_.update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(tasks::create(tx, kNs, task));
    BAYPLAN_TRY(metadata::leases::create(tx, kNs, {.id = "l", .persistent = true}));
    return NameRegistrar({}, std::string(kNs)).reserve(tx, "web", "c", "l");
  }));
  const Time created = db_.view([](const metadata::ReadTx& tx) { return tasks::get(tx, kNs, "c"); })->created;
  const Dump expected = {{"createdat", go_time(created)},
                         {"bootid", "boot"},
                         {"pid", "\xd8\x04"},
                         {"pidns", "\x0a"},
                         {"starttime", "\x80\x01"}};
  EXPECT_EQ(dump("bayplan.tasks", "c"), expected);
  EXPECT_EQ(dump("bayplan.reservations", "web"), (Dump{{"key", "c"}, {"lease", "l"}}));
}

}  // namespace
}  // namespace bayplan::containers
