// Image records: durable create, get and list. Later subjects get files of their own beside this one.
#include <benchmark/benchmark.h>

#include "fixture.h"

namespace bayplan::bench {
namespace {

constexpr std::string_view kNamespace = metadata::kDefaultNamespace;

void create_durable(benchmark::State& state) {
  const FreshDirectory directory;
  const metadata::Db db = filled_db(directory, static_cast<std::uint64_t>(state.range(0)));
  std::uint64_t next = 1'000'000;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    db.update([&](metadata::WriteTx& tx) {
        return images::create(tx, kNamespace, image_record(next++));
      }).value();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(create_durable)->Arg(1000)->Unit(benchmark::kMicrosecond)->UseRealTime();

void get(benchmark::State& state) {
  const FreshDirectory directory;
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const metadata::Db db = filled_db(directory, count);
  std::uint64_t n = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const std::string name = image_record(n++ % count).name;
    auto image = db.view([&](const metadata::ReadTx& tx) { return images::get(tx, kNamespace, name); });
    benchmark::DoNotOptimize(image.value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(get)->Arg(1000)->Unit(benchmark::kMicrosecond);

void list(benchmark::State& state) {
  const FreshDirectory directory;
  const metadata::Db db = filled_db(directory, static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    std::size_t bytes = 0;
    db.view([&](const metadata::ReadTx& tx) {
        return images::walk(tx, kNamespace, [&](const images::ImageView& image) -> Result<void> {
          bytes += image.name.size();
          return {};
        });
      }).value();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(list)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bayplan::bench
