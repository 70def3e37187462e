// Every function that changes a container or a sandbox does so wholly or not at all, in the caller's
// transaction.
#include "record_test.h"
#include "support/all_or_nothing.h"

namespace bayplan::containers {
namespace {

using metadata::Any;
using metadata::expect_all_or_nothing;
using metadata::WriteTx;
using sandboxes::Sandbox;

class RecordsAreAllOrNothing : public RecordTest {
 protected:
  static Container container(const std::string& id) {
    Container made = sample(id);
    made.sandbox_id = "s";
    made.runtime.options = Any{"t", "v"};
    made.extensions = {{"a", {"t", "1"}}, {"b", {"t", "2"}}};
    made.labels = {{"a", "1"}, {"b", "2"}};
    return made;
  }
  static Sandbox sandbox(const std::string& id) {
    return {.id = id,
            .sandboxer = "podsandbox",
            .runtime = {"runc", Any{"t", "v"}},
            .spec = Any{"t", "{}"},
            .extensions = {{"a", {"t", "1"}}, {"b", {"t", "2"}}},
            .labels = {{"a", "1"}, {"b", "2"}}};
  }
};

TEST_F(RecordsAreAllOrNothing, ContainersCreate) {
  const int writes = expect_all_or_nothing(
      db_, [](WriteTx& tx) { return containers::create(tx, kNs, container("c"), Pins::snapshot_and_image); });
  EXPECT_GE(writes, 17) << "a row each of what the record holds";
}

TEST_F(RecordsAreAllOrNothing, ContainersUpdate) {
  ASSERT_TRUE(create(container("c")));
  Container given = container("c");
  given.image = given.snapshot_key = "other";
  given.spec = R"({"ociVersion":"1.2.0"})";
  given.extensions = {{"b", {"t", "changed"}}, {"c", {}}};
  given.labels = {{"b", "changed"}, {"c", "3"}};
  const int writes =
      expect_all_or_nothing(db_, [&](WriteTx& tx) { return containers::update(tx, kNs, given); });
  EXPECT_GE(writes, 10);
  given.extensions.clear();
  expect_all_or_nothing(db_, [&](WriteTx& tx) { return containers::update(tx, kNs, given); });
}

TEST_F(RecordsAreAllOrNothing, ContainersSetLabelsAndRemove) {
  ASSERT_TRUE(create(container("c")));
  EXPECT_GE(expect_all_or_nothing(db_,
                                  [](WriteTx& tx) {
                                    return set_labels(tx, kNs, "c", {{"c", "3"}});
                                  }),
            4);
  EXPECT_GE(expect_all_or_nothing(db_, [](WriteTx& tx) { return containers::remove(tx, kNs, "c"); }), 1);
}

TEST_F(RecordsAreAllOrNothing, SandboxesCreate) {
  const int writes =
      expect_all_or_nothing(db_, [](WriteTx& tx) { return sandboxes::create(tx, kNs, sandbox("s")); });
  EXPECT_GE(writes, 13);
}

TEST_F(RecordsAreAllOrNothing, SandboxesUpdateAndRemove) {
  ASSERT_TRUE(db_.update([](WriteTx& tx) { return sandboxes::create(tx, kNs, sandbox("s")); }));
  Sandbox given = sandbox("s");
  given.runtime.options.reset();
  given.spec.reset();
  given.extensions = {{"b", {"t", "changed"}}, {"c", {}}};
  given.labels = {{"b", "changed"}, {"c", "3"}};
  EXPECT_GE(expect_all_or_nothing(db_, [&](WriteTx& tx) { return sandboxes::update(tx, kNs, given); }), 10);
  EXPECT_GE(expect_all_or_nothing(db_, [](WriteTx& tx) { return sandboxes::remove(tx, kNs, "s"); }), 1);
}

}  // namespace
}  // namespace bayplan::containers
