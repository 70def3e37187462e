// A pull that is cut at random points: process killed, connections cut, registry restarted. It finishes, and
// hardly a byte comes twice. BAYPLAN_CUT_MIB makes the image as big (default 64), BAYPLAN_TEST_SEED repeats a
// run.
#include <cstdlib>
#include <random>
#include <sstream>

#include "contract/registry/cutting_proxy.h"
#include "pull_fixture.h"
#include "support/run_command.h"

namespace bayplan::images {
namespace {

using test::BackgroundCommand;
using test::CuttingProxy;
using test::LayoutBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr std::uint64_t kNever = UINT64_MAX;

enum class Cut : unsigned char { connections, restart };

class Resume : public PullTest {
 protected:
  static constexpr unsigned kCuts = 20;
  static constexpr unsigned kLayers = 4;

  Resume() {
    LayoutBuilder layout;
    const std::size_t mib = number_of("BAYPLAN_CUT_MIB", 64);
    std::vector<std::string> tars;
    for (unsigned i = 0; i < kLayers; ++i)
      tars.push_back(tar("layer" + std::to_string(i), noise((mib << 20) / kLayers, i)));
    target_ = layout.image(tars, {.packing = test::Packing::none}).digest;
    for (const auto& [name, bytes] : layout.files()) bytes_ += name.starts_with("blobs/") ? bytes.size() : 0;
    push(layout,
         {"application/vnd.oci.image.manifest.v1+json", *target_,
          layout.files().at(LayoutBuilder::blob_name(*target_)).size()},
         "1");
  }

  std::string source() const { return "127.0.0.1:" + std::to_string(proxy_.port()) + "/a/b:1"; }

  /// Runs a process until it dies, with a cut on its way, each after so many bytes that came; answers whether
  /// it got to its end.
  bool run(Cut cut, std::uint64_t say, std::uint64_t die) {
    BackgroundCommand worker({BAYPLAN_PULL_WORKER, (puller.directory() / "store").string(), source(),
                              "say=" + std::to_string(say), "die=" + std::to_string(die)});
    for (;;) {
      const std::string line = worker.line();
      if (line == "said") {
        if (cut == Cut::restart) registry.restart();
        proxy_.cut_all();
        ++(cut == Cut::restart ? restarted_ : connections_cut_);
        continue;
      }
      std::istringstream words(line);
      std::string word;
      unsigned pulls = 0;
      std::uint64_t fetched = 0;
      std::uint64_t received = 0;
      words >> word;
      if (word == "done") words >> pulls >> fetched;
      words >> received;
      received_ += received;
      killed_ += word == "done" ? 0 : 1;
      EXPECT_EQ(worker.exit_code(), word == "done" ? 0 : 137) << line;
      return word == "done";
    }
  }

  /// What clients read from the network, and what the store has now; each blob is hashed again.
  void print_received() {
    std::printf("%llu bytes received for an image of %llu: %.3f\n",
                static_cast<unsigned long long>(received_), static_cast<unsigned long long>(bytes_),
                static_cast<double>(received_) / static_cast<double>(bytes_));
    const auto image = puller.image(source());
    ASSERT_TRUE(image) << image.error().to_string();
    const auto bad = damaged_blobs();
    EXPECT_THAT(bad, IsEmpty());
    std::printf("stored: %s, %zu blobs, %zu of them damaged\n", image->target.digest.to_string().c_str(),
                puller.blobs().size(), bad.size());
  }
  std::vector<std::string> damaged_blobs() {
    std::vector<std::string> bad;
    for (const std::string& blob : puller.blobs()) {
      const Digest digest = Digest::parse(blob).value();
      const auto verified = puller.store().db().view([&](const metadata::ReadTx& tx) -> Result<void> {
        BAYPLAN_ASSIGN(const content::Info info, content::stat(tx, kNs, digest));
        BAYPLAN_ASSIGN(const auto reader,
                       puller.store().blobs().open_blob(digest, info.size, content::Verify::no));
        return reader.verify();
      });
      if (!verified) bad.push_back(verified.error().to_string());
    }
    return bad;
  }

  std::optional<Digest> target_{};
  std::uint64_t bytes_ = 0;
  std::uint64_t received_ = 0;
  unsigned killed_ = 0;
  unsigned connections_cut_ = 0;
  unsigned restarted_ = 0;
  CuttingProxy proxy_{registry.port(), CuttingProxy::Count::to_client, {}};
};

TEST_F(Resume, CutAtTwentyRandomPoints) {
  const std::uint64_t seed = number_of("BAYPLAN_TEST_SEED", std::random_device()());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const auto some = [&] { return 1 + random() % (bytes_ / kCuts); };
  for (unsigned i = 0; i < kCuts; i += 2) {
    const std::uint64_t say = some();
    ASSERT_FALSE(run(i % 4 == 0 ? Cut::connections : Cut::restart, say, say + some()))
        << "after " << i << " cuts";
  }
  EXPECT_TRUE(run(Cut::connections, kNever, kNever));
  std::printf("%u processes killed, %u times all connections cut, %u registries restarted\n", killed_,
              connections_cut_, restarted_);
  std::printf("%llu bytes given to the network, ",
              static_cast<unsigned long long>(proxy_.bytes_to_clients()));
  print_received();
  EXPECT_EQ(killed_ + connections_cut_ + restarted_, kCuts);
  EXPECT_GE(received_, bytes_);
  EXPECT_LE(received_, bytes_ * 11 / 10);
  EXPECT_EQ(puller.image(source())->target.digest, *target_);
  EXPECT_THAT(puller.snapshots(), SizeIs(kLayers));
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
  EXPECT_THAT(puller.problems(), IsEmpty());
}

TEST_F(Resume, AfterItsDeathTheLeaseKeepsWhatCame) {
  EXPECT_FALSE(run(Cut::connections, kNever, bytes_ / 2));
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_THAT(puller.snapshots(), IsEmpty());
  EXPECT_THAT(puller.leases(), ElementsAre("pull-" + target_->to_string()));
  const auto before = puller.ingests();
  EXPECT_THAT(before, testing::Contains(StartsWith("blob-sha256:")));
  puller.collect();
  EXPECT_EQ(puller.ingests(), before);
  const std::uint64_t first = received_;
  EXPECT_TRUE(run(Cut::connections, kNever, kNever));
  EXPECT_LE(received_, bytes_ * 11 / 10);
  EXPECT_LT(received_ - first, bytes_ * 3 / 4);
}

TEST_F(Resume, FiftyPullsInTwoProcessesAreOneTransfer) {
  const std::string store = puller.directory() / "store";
  BackgroundCommand first({BAYPLAN_PULL_WORKER, store, source(), "pulls=25"});
  BackgroundCommand second({BAYPLAN_PULL_WORKER, store, source(), "pulls=25"});
  std::uint64_t fetched = 0;
  std::uint64_t received = 0;
  unsigned pulls = 0;
  for (BackgroundCommand* worker : {&first, &second}) {
    std::istringstream words(worker->line());
    std::string word;
    unsigned ok = 0;
    std::uint64_t reported = 0;
    std::uint64_t came = 0;
    words >> word >> ok >> reported >> came;
    EXPECT_EQ(worker->exit_code(), 0);
    pulls += ok;
    fetched += reported;
    received += came;
  }
  EXPECT_EQ(pulls, 50u);
  EXPECT_EQ(fetched, bytes_);
  EXPECT_EQ(received, bytes_);
  received_ = received;
  std::printf("%u pulls in two processes: ", pulls);
  print_received();
  EXPECT_THAT(puller.names(), ElementsAre(source()));
  EXPECT_THAT(puller.snapshots(), SizeIs(kLayers));
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.problems(), IsEmpty());
}

}  // namespace
}  // namespace bayplan::images
