// `inspect` on a containerd root: records by kind and by name, decoded.
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "support/containerd_root.h"

namespace bayplan::test {
namespace {

class InspectRecords : public testing::Test {
 protected:
  void SetUp() override { make_containerd_root(directory()); }
  std::filesystem::path directory() const { return command.directory() / "containerd"; }
  CommandResult inspect(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"inspect", "--source", directory().string()});
    return command.run(std::move(arguments));
  }
  std::string ok(std::vector<std::string> arguments) const {
    const CommandResult result = inspect(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  CommandLine command;
};

TEST_F(InspectRecords, ListsThem) {
  EXPECT_EQ(ok({"ls", "images"}), std::string("NAMESPACE  NAME           TARGET") + std::string(67, ' ') +
                                      "SIZE  UPDATED               STATE\ndefault    docker.io/a:1  " +
                                      kManifest + "  20    2023-11-14T22:13:20Z  ok\n");
  EXPECT_NE(ok({"ls", "snapshot"}).find("overlayfs/work  active     base    -     default/2/work"),
            std::string::npos)
      << ok({"ls", "snapshot"});
  EXPECT_EQ(ok({"--format", "json", "ls", "leases"}),
            "{\"schema\":1,\"kind\":\"leases\",\"namespace\":\"k8s.io\",\"name\":\"held\",\"record\":{"
            "\"createdat\":\"2023-11-14T22:13:20Z\",\"labels\":{\"containerd.io%2Fgc.expire\":"
            "\"2100-01-01T00:00:00Z\"},\"updatedat\":\"2023-11-14T22:13:20Z\"},\"problems\":[]}\n");
  EXPECT_EQ(ok({"--namespace", "default", "--format", "json", "ls", "leases"}), "");
  EXPECT_EQ(inspect({"ls", "pictures"}).exit_code, 1);
}

TEST_F(InspectRecords, ShowsOne) {
  const std::string web = ok({"show", "container", "web"});
  for (const char* line :
       {"containers default web\n", "  image = docker.io/a:1\n", "  runtime/name = io.containerd.runc.v2\n",
        "  snapshotKey = work\n", "  spec = types.containerd.io/spec (20 bytes)\n"})
    EXPECT_NE(web.find(line), std::string::npos) << web;
  EXPECT_NE(
      ok({"--format", "json", "show", "container", "web"})
          .find("\"spec\":{\"typeUrl\":\"types.containerd.io/spec\",\"value\":{\"ociVersion\":\"1.1\"}}"),
      std::string::npos);
  EXPECT_EQ(inspect({"show", "container", "absent"}).exit_code, 3);
  EXPECT_EQ(inspect({"--namespace", "k8s.io", "show", "container", "web"}).exit_code, 3);
}

TEST_F(InspectRecords, TellsOfEachFile) {
  const std::string info = ok({"info"});
  EXPECT_NE(info.find("meta.db                transaction  12"), std::string::npos) << info;
  EXPECT_NE(info.find("snapshotter.overlayfs  openIn       nobody"), std::string::npos) << info;
  EXPECT_EQ(ok({"check"}), "clean: transaction 12\n");
  EXPECT_EQ(ok({"get", "snapshotter.overlayfs/v1/snapshots/default%2F2%2Fwork/kind"}), "\2");
}

TEST_F(InspectRecords, DamageInOneHidesNoOther) {
  std::ofstream(containerd_snapshots(directory())) << "no bolt file";
  const CommandResult snapshots = inspect({"ls", "snapshots"});
  EXPECT_EQ(snapshots.exit_code, 4) << snapshots.err;
  EXPECT_NE(snapshots.out.find("overlayfs/work"), std::string::npos) << snapshots.out;
  EXPECT_NE(snapshots.err.find("snapshotter.overlayfs"), std::string::npos) << snapshots.err;
  std::ofstream(containerd_metadata(directory())) << "no bolt file";
  EXPECT_EQ(inspect({"ls", "images"}).exit_code, 4);
}

// By containerd's rules: an image keeps its manifest, the manifest's label its layer; nothing keeps the rest.
TEST_F(InspectRecords, SaysWhatKeepsWhat) {
  EXPECT_EQ(ok({"why", kLayer}), std::string("image default/docker.io/a:1 (an image)\n  content default/") +
                                     kManifest + " (target)\n    content default/" + kLayer +
                                     " (containerd.io/gc.ref.content.l.0)\n");
  EXPECT_NE(ok({"why", kLost}).find("nothing that is kept refers to it"), std::string::npos);
  EXPECT_NE(ok({"why", "snapshot/overlayfs/base"}).find("container default/web"), std::string::npos);
  EXPECT_EQ(inspect({"why", "absent"}).exit_code, 3);
  EXPECT_EQ(inspect({"--namespace", "k8s.io", "why", kLayer}).exit_code, 3);
  EXPECT_NE(ok({"referrers", "snapshot/overlayfs/base"}).find("snapshot default/overlayfs/work (parent)"),
            std::string::npos);
  const std::string gone = ok({"gc", "--dry-run"});
  EXPECT_EQ(gone.find(std::string("content default/") + kLost + ": unreferenced\n"), 0u) << gone;
  EXPECT_NE(gone.find("would remove 1 objects of 10 B"), std::string::npos) << gone;
  EXPECT_NE(ok({"df"}).find("content     default    3        60 B     1       10 B"), std::string::npos)
      << ok({"df"});
}

TEST_F(InspectRecords, DamageHidesNoKeeper) {
  const auto file = containerd_metadata(directory());
  std::ifstream in(file, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  const std::size_t label = bytes.find("createdat", bytes.find("docker.io/a:1"));
  ASSERT_NE(label, std::string::npos);
  bytes[bytes.find("digest", label)] = 'x';  // the image's target
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  const CommandResult base = inspect({"why", "snapshot/overlayfs/base"});
  EXPECT_EQ(base.exit_code, 4);
  EXPECT_NE(base.out.find("container default/web"), std::string::npos) << base.out << base.err;
  EXPECT_NE(base.err.find("docker.io%2Fa:1"), std::string::npos) << base.err;
}

// The same commands, on a store of ours.
TEST_F(InspectRecords, ReadsAStore) {
  command.ok({"image", "import", command.layout()});
  EXPECT_NE(command.ok({"inspect", "ls", "images"}).find("registry.test/small:1"), std::string::npos);
  EXPECT_NE(command.ok({"inspect", "show", "image", "registry.test/small:1"}).find("target/digest = sha256:"),
            std::string::npos);
  EXPECT_NE(command.ok({"inspect", "ls", "snapshots"}).find("committed"), std::string::npos);
}

}  // namespace
}  // namespace bayplan::test
