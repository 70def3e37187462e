// Random calls to the runtime service, by several processes, against a model in memory (item N3): after each
// one, everything that can be asked says what the model says.
//
// BAYPLAN_TEST_SEED is where chance begins, BAYPLAN_MODEL_STEPS how many calls there are.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "bayplan/containers/gc_kinds.h"
#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/storage_record.h"
#include "bayplan/images/import.h"
#include "bayplan/metadata/check.h"
#include "model_workers.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;

constexpr std::string_view kNs = metadata::kDefaultNamespace;

unsigned number_from_environment(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class RuntimeModel : public testing::Test {
 protected:
  images::Store open() const {
    return images::Store::open(dir_.path() / "store",
                               {.snapshotter = "native", .run_root = dir_.path() / "run"})
        .value();
  }
  void import_image() const {
    test::LayoutBuilder layout;
    layout.tag(layout.image({test::TarBuilder().file("file", "x").end()}));
    layout.write_to(dir_.path() / "layout");
    images::Store store = open();
    ASSERT_TRUE(images::import(store, kNs, dir_.path() / "layout", {.name = kModelImage}, {}));
  }

  // Pods are looked at from both sides.
  static std::string pod_of_container(const RuntimeService& service, const std::string& id) {
    for (const auto& [pod, members] : service.pods().value()) {
      for (const PodMember& member : members) {
        if (member.id == id) return pod;
      }
    }
    return {};
  }
  static Seen look(const images::Store& store, const RuntimeService& service, const std::string& id) {
    const auto record = store.db().view([&](const ReadTx& tx) { return storage::get(tx, kNs, id); }).value();
    const ContainerStatus status = service.container_status(id).value();
    EXPECT_EQ(status.metadata.pod, status.metadata.pod_id == id);
    return {pod_of_container(service, id), record.names, record.layer_names, status.metadata.attempt,
            status.mounted ? status.mounted->count : 0};
  }
  static Containers look_at_all(const images::Store& store, const RuntimeService& service) {
    Containers found;
    for (const std::string& id : service.list().value()) found[id] = look(store, service, id);
    return found;
  }
  // What is called so, for every name that there may be.
  static void expect_names(const images::Store& store, const Containers& expected) {
    std::map<std::string, std::string> holders;
    for (const auto& [id, seen] : expected) {
      for (const std::string& name : seen.names) holders[name] = id;
    }
    for (int name = 0; name < kNames; ++name) {
      const auto held =
          store.db().view([&](const ReadTx& tx) { return storage::named(tx, kNs, name_of(name)); }).value();
      EXPECT_EQ(held.value_or(""), holders[name_of(name)]) << name_of(name);
    }
  }
  static void expect_sound(const images::Store& store) {
    const CollectedKinds kinds(store);
    const metadata::CheckReport report = metadata::check(store.db(), kinds.list()).value();
    for (const auto& problem : report.problems) ADD_FAILURE() << problem.object.key << ": " << problem.what;
  }

  test::TempDir dir_;
};

TEST_F(RuntimeModel, N3_RandomCallsOfSeveralProcessesAreWhatTheModelSays) {
  constexpr std::size_t kWorkers = 3;
  const unsigned seed = number_from_environment("BAYPLAN_TEST_SEED", 1);
  const unsigned steps = number_from_environment("BAYPLAN_MODEL_STEPS", 150);
  SCOPED_TRACE("seed " + std::to_string(seed));
  import_image();
  ModelWorkers workers(dir_.path(), kWorkers);
  const auto store = std::make_shared<images::Store>(open());
  const RuntimeService service(store);
  ContainerModel model;
  std::size_t most = 0;
  std::mt19937 random(seed);
  const auto any = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  for (unsigned step = 0; step < steps && !HasFailure(); ++step) {
    // Containers are made more often than they go.
    const int kind = any(2 * Operation::kKinds);
    const Operation operation{
        kind < Operation::kKinds ? static_cast<Operation::Kind>(kind) : Operation::Kind::make_member,
        any(kIds), any(kNames), any(kPods)};
    SCOPED_TRACE("step " + std::to_string(step) + ": " + to_string(operation));
    const auto expected = model.apply(operation);
    const auto done = workers.apply(static_cast<std::size_t>(any(kWorkers)), operation);
    EXPECT_EQ(done ? errc_name(*done) : "ok", expected ? errc_name(*expected) : "ok");
    EXPECT_EQ(to_string(look_at_all(*store, service)), to_string(model.containers()));
    expect_names(*store, model.containers());
    most = std::max(most, model.containers().size());
  }
  ASSERT_FALSE(HasFailure());
  expect_sound(*store);
  EXPECT_GE(most, 3u) << "chance should make several";
  ASSERT_TRUE(service.wipe());
  expect_sound(*store);
}

}  // namespace
}  // namespace bayplan::containers
