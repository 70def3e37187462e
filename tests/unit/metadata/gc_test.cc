// The collector over kinds made for the test: objects are buckets objects/<kind>/<key> of a namespace, with a
// value "root" and a bucket of edges "<kind>:<key>".
#include "bayplan/metadata/gc.h"

#include <algorithm>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/namespaces.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class FakeKind final : public GcKind {
 public:
  explicit FakeKind(std::string name) : name_(std::move(name)) {}
  std::string_view kind() const override { return name_; }

  Result<void> roots(const BucketSource& source, std::string_view ns, const NodeSink& sink) const override {
    return each(source, ns, [&](const std::string& key, const Bucket& object) -> Result<void> {
      BAYPLAN_ASSIGN(const auto root, object.get("root"));
      return root ? sink({name_, std::string(ns), key}) : Result<void>{};
    });
  }
  Result<void> edges(const BucketSource& source, const GcNode& node, const NodeSink& sink) const override {
    BAYPLAN_ASSIGN(const auto edges,
                   namespace_bucket(source, node.ns, {"objects", name_, node.key, "edges"}));
    if (!edges) return {};
    return edges->for_each([&](const Entry& entry) -> Result<void> {
      const std::string text(entry.key);
      const auto colon = text.find(':');
      return sink({text.substr(0, colon), node.ns, text.substr(colon + 1)});
    });
  }
  Result<void> candidates(const BucketSource& source, std::string_view ns,
                          const NodeSink& sink) const override {
    return each(source, ns, [&](const std::string& key, const Bucket&) {
      return sink({name_, std::string(ns), key});
    });
  }
  Result<void> remove(WriteTx& tx, const GcNode& node) const override {
    BAYPLAN_ASSIGN(auto objects, open_namespace_bucket(tx, node.ns, {"objects", name_}));
    if (!objects) return Error(Errc::not_found, name_, node.key);
    return objects->delete_bucket(node.key);
  }
  Result<FileSweep> sweep_files(const Db&, const Control&) const override {
    ++sweeps;
    return FileSweep{2, 100};
  }
  Result<void> check(const BucketSource&, std::string_view ns, const ProblemSink& sink) const override {
    if (ns == "broken") sink({{name_, std::string(ns), "k"}, "said so"});
    if (ns == "worse") return Error(Errc::corrupt, name_, "k");
    return {};
  }

  mutable int sweeps = 0;

 private:
  template <class F>
  Result<void> each(const BucketSource& source, std::string_view ns, F visit) const {
    BAYPLAN_ASSIGN(const auto objects, namespace_bucket(source, ns, {"objects", name_}));
    if (!objects) return {};
    return objects->for_each_bucket(
        [&](std::string_view key, const Bucket& object) { return visit(std::string(key), object); });
  }
  std::string name_;
};

class Gc : public StoreTest {
 protected:
  void TearDown() override {
    fault::arm({});
    StoreTest::TearDown();
  }
  void add(const std::string& ns, const std::string& kind, const std::string& key, bool root,
           std::initializer_list<std::string_view> edges = {}) {
    update([&](WriteTx& tx) {
      auto object = create_namespace_bucket(tx, ns, {"objects", kind, key}).value();
      if (root) object.put("root", {}).value();
      auto out = object.create_bucket("edges").value();
      for (const auto edge : edges) out.put(edge, {}).value();
    });
  }
  bool exists(const std::string& ns, const std::string& kind, const std::string& key) {
    bool found = false;
    view([&](const ReadTx& tx) {
      found = namespace_bucket(tx, ns, {"objects", kind, key}).value().has_value();
    });
    return found;
  }
  Result<GcReport> run(bool dry = false) { return collect(db(), kinds_, {.dry_run = dry}, control_); }

  FakeKind image_{"image"};
  FakeKind blob_{"blob"};
  const std::vector<const GcKind*> kinds_{&image_, &blob_};
  Control control_;
};

TEST_F(Gc, keeps_what_roots_reach_and_removes_the_rest) {
  add("default", "image", "a", true, {"blob:1", "unheard-of:x", "blob:absent"});
  add("default", "blob", "1", false, {"blob:2"});
  add("default", "blob", "2", false, {"blob:1"});
  add("default", "blob", "3", false, {"blob:1"});
  add("default", "image", "dangling", false);
  const auto report = run();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->marked, 3u) << "what does not exist is not reachable";
  EXPECT_EQ(report->removed,
            (std::vector<GcNode>{{"blob", "default", "3"}, {"image", "default", "dangling"}}));
  EXPECT_EQ(report->files.files, 4u);
  EXPECT_EQ(report->files.bytes, 200u);
  EXPECT_TRUE(exists("default", "blob", "2"));
  EXPECT_FALSE(exists("default", "blob", "3"));
}

TEST_F(Gc, edges_do_not_cross_namespaces) {
  add("one", "image", "a", true, {"blob:1"});
  add("one", "blob", "1", false);
  add("two", "blob", "1", false);
  EXPECT_EQ(run().value().removed, (std::vector<GcNode>{{"blob", "two", "1"}}));
}

TEST_F(Gc, dry_run_removes_nothing) {
  add("default", "blob", "1", false);
  const std::uint64_t revision = db().stats().value().revision;
  const GcReport report = run(true).value();
  EXPECT_EQ(report.removed.size(), 1u);
  EXPECT_EQ(report.files.files, 0u);
  EXPECT_EQ(blob_.sweeps, 0);
  EXPECT_TRUE(exists("default", "blob", "1"));
  EXPECT_EQ(db().stats().value().revision, revision);
}

TEST_F(Gc, commits_nothing_when_there_is_nothing_to_remove) {
  add("default", "image", "a", true);
  const std::uint64_t revision = db().stats().value().revision;
  EXPECT_TRUE(run().value().removed.empty());
  EXPECT_EQ(db().stats().value().revision, revision);
  EXPECT_EQ(blob_.sweeps, 1) << "files are swept all the same";
}

TEST_F(Gc, an_empty_store_is_fine) { EXPECT_EQ(run().value().marked, 0u); }

TEST_F(Gc, cancelled_removes_nothing) {
  add("default", "blob", "1", false);
  control_.cancel.cancel();
  EXPECT_EQ(code(run()), Errc::cancelled);
  EXPECT_TRUE(exists("default", "blob", "1"));
}

TEST_F(Gc, cancelled_in_the_sweep_removes_nothing) {
  add("default", "blob", "1", false);
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::gc_marked) control_.cancel.cancel();
    return {};
  });
  EXPECT_EQ(code(run()), Errc::cancelled);
  EXPECT_TRUE(exists("default", "blob", "1"));
}

TEST_F(Gc, is_refused_inside_a_write_transaction) {
  update([&](WriteTx&) { EXPECT_EQ(code(run()), Errc::failed_precondition); });
}

TEST_F(Gc, stops_between_sweep_and_files_at_the_fault_point) {
  add("default", "blob", "1", false);
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::gc_swept) return {};
    return Error(Errc::io, "test", {});
  });
  EXPECT_EQ(code(run()), Errc::io);
  EXPECT_EQ(blob_.sweeps, 0);
  EXPECT_FALSE(exists("default", "blob", "1"));
}

TEST_F(Gc, checks_ask_each_kind_about_each_namespace) {
  add("broken", "blob", "1", false);
  add("fine", "blob", "1", false);
  add("worse", "blob", "1", false);
  const CheckReport report = check(db(), kinds_).value();
  ASSERT_EQ(report.problems.size(), 4u);
  EXPECT_EQ(report.problems[0].object, (GcNode{"image", "broken", "k"}));
  EXPECT_EQ(report.problems[0].what, "said so");
  EXPECT_EQ(report.problems[3].object, (GcNode{"blob", "worse", ""}));
}

}  // namespace
}  // namespace bayplan::metadata
