// Connections that are cut, and a registry that is restarted.
#include "cutting_proxy.h"
#include "registry_fixture.h"

namespace bayplan::registry {
namespace {

using test::CuttingProxy;

class Cuts : public RegistryTest {
 protected:
  images::RemoteRepository through(const CuttingProxy& proxy) const {
    images::RemoteRepository repository = registry_.repository();
    repository.endpoint.port = proxy.port();
    return repository;
  }
  test::DockerRegistry registry_;
};

TEST_F(Cuts, DownloadGoesOnAndReadsNothingTwice) {
  const std::string blob = noise(20'000'000);
  ASSERT_DONE(push(registry_.repository(), blob));
  const CuttingProxy proxy(registry_.port(), CuttingProxy::Count::to_client,
                           {300, 1'500'000, 1, 2'000'000, 3'000'001, 4'000'000});
  const std::uint64_t before = client_->statistics().bytes_received;
  const auto fetched = fetch(through(proxy), blob);
  ASSERT_DONE(fetched);
  EXPECT_TRUE(*fetched == blob);
  EXPECT_LE(client_->statistics().bytes_received - before, blob.size() * 11 / 10);
  EXPECT_GE(proxy.connections(), 7u);
}

TEST_F(Cuts, UploadInOneBeginsAnewWhereTheRegistryLostIt) {
  const std::string blob = noise(5'000'000);
  const CuttingProxy proxy(registry_.port(), CuttingProxy::Count::to_server, {2'000'000, 3'000'000});
  EXPECT_DONE(push(through(proxy), blob));
  EXPECT_TRUE(*fetch(registry_.repository(), blob) == blob);
}

TEST_F(Cuts, UploadInChunksFinishes) {
  const std::string blob = noise(5'000'000);
  const CuttingProxy proxy(registry_.port(), CuttingProxy::Count::to_server, {2'500'000, 1'500'000, 400});
  EXPECT_DONE(push(through(proxy), blob, {.chunk_bytes = 1'000'000}));
  EXPECT_TRUE(*fetch(registry_.repository(), blob) == blob);
}

TEST_F(Cuts, RestartedRegistryIsFoundAgain) {
  const std::string blob = noise(1'000'000);
  ASSERT_DONE(push(registry_.repository(), blob));
  registry_.restart();  // the connections in the pool are dead now
  EXPECT_TRUE(*fetch(registry_.repository(), blob) == blob);
  EXPECT_EQ(*push(registry_.repository(), blob), images::PushedBlob::existed);
}

TEST_F(Cuts, RestartedInTheMiddleOfADownload) {
  const std::string blob = noise(60'000'000);
  ASSERT_DONE(push(registry_.repository(), blob));
  class Restarting final : public ByteSink {
   public:
    explicit Restarting(test::DockerRegistry& registry) : registry_(registry) {}
    Result<void> write(std::span<const std::byte> bytes) override {
      if (text.size() < 2'000'000 && text.size() + bytes.size() >= 2'000'000) registry_.restart();
      text.append(as_text(bytes));
      return {};
    }
    std::string text;

   private:
    test::DockerRegistry& registry_;
  } sink(registry_);
  EXPECT_DONE(client_->fetch_blob(registry_.repository(), descriptor_of(kLayerType, blob), 0, sink, {}));
  EXPECT_TRUE(sink.text == blob);
}

}  // namespace
}  // namespace bayplan::registry
