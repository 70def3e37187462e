// Every row of the hostile registry through the registry client. `--table [PART]` prints what becomes of
// each, or of those whose "group/name" holds PART.
#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

#include "client.h"
#include "hostile/good_registry.h"
#include "hostile/hostile_main.h"

namespace bayplan::test {
namespace {

using images::RemoteRepository;

// Blobs go nowhere, so that the memory that is seen is the client's.
class NullSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte>) override { return {}; }
};

template <class T>
Result<void> nothing_of(Result<T> result) {
  if (!result) return std::move(result).error();
  return {};
}

Result<void> push(images::Registry& registry, const RemoteRepository& repository,
                  const images::PushBlobOptions& options) {
  const std::string bytes(3'000'000, 'p');
  const Descriptor blob{"application/octet-stream", Digest::of(bytes), bytes.size()};
  const images::BodySource body = [&bytes](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<MemorySource>(std::string_view(bytes).substr(offset));
  };
  return nothing_of(registry.push_blob(repository, blob, body, options, {}));
}

Result<void> ask(const HostileCase& hostile, images::Registry& registry, const RemoteRepository& repository) {
  const GoodImage& image = good_image();
  const Descriptor& manifest = image.registry.tagged();
  NullSink nowhere;
  switch (hostile.ask) {
    case Ask::ping:
      return registry.ping(repository, {});
    case Ask::resolve:
      return nothing_of(registry.resolve(repository, kTag, {}));
    case Ask::manifest:
      return nothing_of(registry.fetch_manifest(repository, kTag, {}));
    case Ask::pinned:
      return nothing_of(registry.fetch_manifest(repository, manifest.digest, {}));
    case Ask::blob:
      return registry.fetch_blob(repository, image.layer, 0, nowhere, {});
    case Ask::rest:
      return registry.fetch_blob(repository, image.layer, kRestFrom, nowhere, {});
    case Ask::tags:
      return nothing_of(registry.tags(repository, {}));
    case Ask::referrers:
      return nothing_of(registry.referrers(repository, manifest.digest, {}, {}));
    case Ask::push_blob:
      return push(registry, repository, {});
    case Ask::push_chunks:
      return push(registry, repository, {.chunk_bytes = 1'000'000});
    case Ask::push_manifest: {
      const std::string& bytes = image.registry.bytes(manifest.digest);
      return nothing_of(registry.push_manifest(repository, kTag, manifest.media_type, bytes, {}));
    }
    case Ask::pull:
      break;
  }
  return Error(Errc::unsupported, "row", hostile.name, "is for pulls");
}

Result<void> be_registry_client(const HostileCase& hostile, const RemoteRepository& repository) {
  const auto no_wait = [](std::chrono::milliseconds, const CancelToken& cancel) { return cancel.check(); };
  BAYPLAN_ASSIGN(const auto registry, registry::open_client_with(options_of(hostile), std::nullopt, no_wait));
  return ask(hostile, *registry, repository);
}

class HostileRegistry : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileRegistry, IsRefusedOrContained) { expect_as_it_must_be(GetParam(), be_registry_client); }

INSTANTIATE_TEST_SUITE_P(, HostileRegistry, testing::ValuesIn(hostile_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace bayplan::test

int main(int argc, char** argv) {
  using namespace bayplan::test;
  return hostile_main(argc, argv, hostile_cases(), be_registry_client);
}
