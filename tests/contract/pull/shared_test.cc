// Pulls that meet, and registries that send what they should not.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <future>
#include <list>
#include <semaphore>
#include <thread>

#include "pull_fixture.h"
#include "support/layout_registry.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using test::LayoutRegistry;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class Shared : public testing::Test {
 protected:
  static std::string tar(const std::string& content) { return test::TarBuilder().file("f", content).end(); }
  void serve() {
    registry.emplace(layout);
    registry->tag("a", a);
    registry->tag("b", b);
  }
  Result<PullReport> pull(const std::string& tag, const Control& control = {}) {
    return images::pull(
        puller.store(), kNs, "registry.test/x:" + tag, [this]() -> Result<Registry*> { return &*registry; },
        {}, {}, control);
  }
  const Descriptor& layer_of(const Descriptor& image, std::size_t at) {
    documents_.push_back(
        parse_manifest(layout.files().at(LayoutBuilder::blob_name(image.digest)), image.media_type, "m")
            .value());
    return documents_.back().layers.at(at);
  }

  const std::string big = tar(noise(1u << 20));
  LayoutBuilder layout;
  const Descriptor a = layout.image({big, tar("a")}, {.packing = test::Packing::none});
  const Descriptor b = layout.image({big, tar("b")}, {.packing = test::Packing::none});
  std::optional<LayoutRegistry> registry{};
  Puller puller;

 private:
  std::list<Manifest> documents_;
};

TEST_F(Shared, PullsOfTwoImagesFetchACommonLayerOnce) {
  serve();
  const Digest common = layer_of(a, 0).digest;
  std::binary_semaphore first_has_begun(0);
  std::binary_semaphore second_waits(0);
  std::atomic<int> begun = 0;
  registry->before_piece = [&](const Descriptor& blob, std::uint64_t offset,
                               const CancelToken&) -> Result<void> {
    if (blob.digest != common || offset != 0) return {};
    if (begun.fetch_add(1) != 0) return {};
    first_has_begun.release();
    second_waits.acquire();
    return {};
  };
  auto first = std::async(std::launch::async, [&] { return pull("a"); });
  first_has_begun.acquire();
  Control control;
  std::atomic<bool> waited = false;
  control.progress = [&](const Progress& progress) {
    if (progress.stage == "wait" && !waited.exchange(true)) second_waits.release();
  };
  const auto second = pull("b", control);
  ASSERT_EQ(said(second), "ok") << second.error().to_string();
  ASSERT_EQ(said(first.get()), "ok");
  EXPECT_EQ(begun, 1);
  EXPECT_THAT(puller.names(), SizeIs(2));
  EXPECT_THAT(puller.snapshots(), SizeIs(3));
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.problems(), IsEmpty());
}

TEST_F(Shared, WhoWaitsForAPullThatFailsTakesOver) {
  serve();
  std::binary_semaphore first_has_begun(0);
  std::binary_semaphore second_waits(0);
  std::atomic<bool> failed = false;
  registry->before_piece = [&](const Descriptor& blob, std::uint64_t offset,
                               const CancelToken&) -> Result<void> {
    if (blob.size < big.size() || offset == 0 || failed.exchange(true)) return {};
    first_has_begun.release();
    second_waits.acquire();
    return Error(Errc::io, "registry", {}, "gone");
  };
  auto first = std::async(std::launch::async, [&] { return pull("a"); });
  first_has_begun.acquire();
  Control control;
  std::atomic<bool> waited = false;
  control.progress = [&](const Progress& progress) {
    if (progress.stage == "wait" && !waited.exchange(true)) second_waits.release();
  };
  const auto second = pull("a", control);
  EXPECT_EQ(said(first.get()), "io");
  ASSERT_EQ(said(second), "ok") << second.error().to_string();
  EXPECT_LT(second->fetched, second->bytes + 1);
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
}

TEST_F(Shared, WhoWaitsCanBeCancelled) {
  serve();
  std::binary_semaphore first_has_begun(0);
  std::binary_semaphore go_on(0);
  std::atomic<bool> held = false;
  registry->before_piece = [&](const Descriptor&, std::uint64_t, const CancelToken&) -> Result<void> {
    if (held.exchange(true)) return {};
    first_has_begun.release();
    go_on.acquire();
    return {};
  };
  auto first = std::async(std::launch::async, [&] { return pull("a"); });
  first_has_begun.acquire();
  Control control;
  control.progress = [&](const Progress& progress) {
    if (progress.stage == "wait") control.cancel.cancel();
  };
  EXPECT_EQ(said(pull("a", control)), "cancelled");
  go_on.release();
  EXPECT_EQ(said(first.get()), "ok");
}

TEST_F(Shared, ACancellationIsNoticedWhileNothingArrives) {
  serve();
  Control control;
  std::atomic<bool> noticed = false;
  registry->before_piece = [&](const Descriptor&, std::uint64_t offset,
                               const CancelToken& transfer) -> Result<void> {
    if (offset == 0) return {};
    control.cancel.cancel();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!transfer.cancelled() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    noticed = transfer.cancelled();
    return transfer.check();
  };
  EXPECT_EQ(said(pull("a", control)), "cancelled");
  EXPECT_TRUE(noticed);
}

TEST_F(Shared, OtherBytesAreNotKept) {
  serve();
  const Descriptor top = layer_of(a, 1);
  std::string other = tar("x");
  registry->replace(top.digest, other);
  const auto pulled = pull("a");
  EXPECT_EQ(said(pulled), "digest_mismatch");
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_THAT(puller.blobs(), Each(Not(top.digest.to_string())));
  EXPECT_THAT(puller.ingests(), IsEmpty());
  serve();
  EXPECT_EQ(said(pull("a")), "ok");
}

TEST_F(Shared, AConnectionThatDiesLeavesWhatCame) {
  serve();
  registry->before_piece = [&](const Descriptor& blob, std::uint64_t offset,
                               const CancelToken&) -> Result<void> {
    if (blob.size < big.size() || offset < big.size() / 2) return {};
    return Error(Errc::io, "registry", {}, "gone");
  };
  EXPECT_EQ(said(pull("a")), "io");
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_THAT(puller.leases(), ElementsAre("pull-" + a.digest.to_string()));
  EXPECT_THAT(puller.ingests(), ElementsAre(StartsWith("blob-")));
  puller.collect();
  EXPECT_THAT(puller.ingests(), SizeIs(1));
  registry->before_piece = {};
  const auto again = pull("a");
  ASSERT_EQ(said(again), "ok");
  EXPECT_LT(again->fetched, big.size() * 3 / 4);
}

TEST_F(Shared, WrongBytesOfAnEarlierPullDoNotSpoilTheNext) {
  serve();
  const Digest common = layer_of(a, 0).digest;
  registry->replace(common, std::string(big.size(), 'x'));
  registry->before_piece = [&](const Descriptor& blob, std::uint64_t offset,
                               const CancelToken&) -> Result<void> {
    if (blob.digest != common || offset < big.size() / 2) return {};
    return Error(Errc::io, "registry", {}, "gone");
  };
  EXPECT_NE(said(pull("a")), "ok");  // they are no tar either
  EXPECT_THAT(puller.ingests(), ElementsAre("blob-" + common.to_string()));
  serve();
  const auto good = pull("b");
  ASSERT_EQ(said(good), "ok") << good.error().to_string();
  EXPECT_THAT(puller.problems(), IsEmpty());
}

TEST_F(Shared, AFileOfALayerIsOpenOnlyWhileItComes) {
  std::vector<std::string> tars;
  for (int i = 0; i < 300; ++i) tars.push_back(tar(std::to_string(i)));
  const Descriptor many = layout.image(tars, {.packing = test::Packing::none});
  serve();
  registry->tag("many", many);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{200, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto pulled =
      images::pull(puller.store(), kNs, "registry.test/x:many",
                   [this]() -> Result<Registry*> { return &*registry; }, {}, {.unpack = false}, {});
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_EQ(said(pulled), "ok") << pulled.error().to_string();
}

TEST_F(Shared, NothingIsLeftOfAPullThatGotNothing) {
  serve();
  registry->before_piece = [](const Descriptor&, std::uint64_t, const CancelToken&) -> Result<void> {
    return Error(Errc::io, "registry", {}, "gone");
  };
  EXPECT_EQ(said(pull("a")), "io");
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
  EXPECT_THAT(puller.blobs(), IsEmpty());
}

TEST_F(Shared, WithoutAClientNoRegistryIsAsked) {
  serve();
  EXPECT_EQ(said(images::pull(puller.store(), kNs, "registry.test/x:a", {}, {}, {}, {})),
            "failed_precondition");
}

}  // namespace
}  // namespace bayplan::images
