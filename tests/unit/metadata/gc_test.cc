// The collector over kinds made for the test.
#include "bayplan/metadata/gc.h"

#include <algorithm>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/namespaces.h"
#include "child_process.h"
#include "fake_kind.h"
#include "store_test_base.h"
#include "support/gc_telling.h"

namespace bayplan::metadata {
namespace {

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
      for (const auto edge : edges) put_edge(out, edge);
      note_change(tx, kind, ns, key, Change::updated).value();
    });
  }
  // "blob:1" or "label blob:1"; the word is the edge's type.
  static void put_edge(MutableBucket& edges, std::string_view edge) {
    const auto space = edge.find(' ');
    const bool plain = space == std::string_view::npos;
    edges.put(plain ? edge : edge.substr(space + 1), plain ? "" : edge.substr(0, space)).value();
  }
  void link(const std::string& kind, const std::string& key, std::string_view edge) {
    update([&](WriteTx& tx) {
      auto out = open_namespace_bucket(tx, "default", {"objects", kind, key, "edges"}).value().value();
      put_edge(out, edge);
      note_change(tx, kind, "default", key, Change::updated).value();
    });
  }
  void remove(const std::string& kind, const std::string& key) {
    update([&](WriteTx& tx) {
      open_namespace_bucket(tx, "default", {"objects", kind}).value()->delete_bucket(key).value();
    });
  }
  // Runs `action` once, when the collector comes to `point`.
  void at(fault::Point point, std::function<void()> action) {
    fault::arm(
        [point, action = std::move(action), done = false](fault::Point here) mutable -> std::optional<Error> {
          if (here != point || std::exchange(done, true)) return {};
          action();
          return {};
        });
  }
  bool has_notes() {
    bool found = false;
    view([&](const ReadTx& tx) { found = root_bucket(tx).bucket("collection").value().has_value(); });
    return found;
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
  FakeKind lease_{"lease"};
  const std::vector<const GcKind*> kinds_{&image_, &blob_, &lease_};
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
  EXPECT_EQ(test::removed_nodes(*report),
            (std::vector<GcNode>{{"blob", "default", "3"}, {"image", "default", "dangling"}}));
  EXPECT_EQ(report->removed.front().bytes, 7u);
  EXPECT_EQ(report->files.files, 6u);
  EXPECT_EQ(report->files.bytes, 300u);
  EXPECT_TRUE(exists("default", "blob", "2"));
  EXPECT_FALSE(exists("default", "blob", "3"));
}

TEST_F(Gc, edges_do_not_cross_namespaces) {
  add("one", "image", "a", true, {"blob:1"});
  add("one", "blob", "1", false);
  add("two", "blob", "1", false);
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "two", "1"}}));
}

// More than wait for one another, with names that are longer than what is set aside for them.
TEST_F(Gc, keeps_all_that_one_object_names) {
  const std::string long_name(5000, 'n');
  for (int n = 0; n < 200; ++n) {
    const std::string name = long_name + std::to_string(n);
    add("default", "blob", name, false);
    add("default", "image", "i" + std::to_string(n), true, {"blob:" + name});
  }
  add("default", "blob", long_name, false);
  const auto report = run();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->marked, 400u);
  EXPECT_EQ(test::removed_nodes(*report), (std::vector<GcNode>{{"blob", "default", long_name}}));
}

TEST_F(Gc, reports_in_byte_order_of_the_nodes) {
  for (const std::string ns : {"b", "a"}) {
    for (const std::string kind : {"lease", "blob", "image"}) {
      for (const std::string key : {"3", "1", "2"}) add(ns, kind, key, false, {"blob:2"});
    }
  }
  for (const bool dry : {true, false}) {
    const auto report = run(dry);
    ASSERT_TRUE(report) << report.error().to_string();
    const auto nodes = test::removed_nodes(*report);
    EXPECT_EQ(nodes.size(), 18u);
    EXPECT_TRUE(std::is_sorted(nodes.begin(), nodes.end())) << dry;
  }
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

TEST_F(Gc, flat_references_follow_the_structure_only) {
  add("default", "lease", "l", true, {"flat image:a"});
  add("default", "image", "a", false, {"blob:structure", "label blob:label"});
  add("default", "blob", "structure", false, {"blob:deeper", "label blob:label"});
  add("default", "blob", "deeper", false);
  add("default", "blob", "label", false);
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "label"}}));
}

TEST_F(Gc, what_is_reached_flat_and_otherwise_is_reached_otherwise) {
  add("default", "lease", "a-flat", true, {"flat image:a"});
  add("default", "lease", "b-full", true, {"image:a"});
  add("default", "image", "a", false, {"label blob:label"});
  add("default", "blob", "label", false);
  EXPECT_TRUE(run().value().removed.empty());
}

TEST_F(Gc, back_references_keep_while_their_target_is_kept) {
  add("default", "blob", "kept", false, {"back image:a", "label blob:deeper"});
  add("default", "blob", "deeper", false);
  add("default", "blob", "gone", false, {"back image:absent", "back image:dangling"});
  add("default", "image", "a", true);
  add("default", "image", "dangling", false);
  EXPECT_EQ(test::removed_nodes(run().value()),
            (std::vector<GcNode>{{"blob", "default", "gone"}, {"image", "default", "dangling"}}));
}

// What others do while it runs. Each is done between the marking and the sweep.

TEST_F(Gc, an_object_that_becomes_referenced_meanwhile_stays_with_all_it_needs) {
  add("default", "image", "a", true);
  add("default", "blob", "1", false, {"blob:2"});
  add("default", "blob", "2", false);
  add("default", "blob", "3", false);
  at(fault::Point::gc_started, [&] { link("image", "a", "blob:1"); });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "3"}}));
  EXPECT_TRUE(exists("default", "blob", "2"));
}

TEST_F(Gc, an_object_that_is_made_again_meanwhile_stays) {
  add("default", "blob", "1", false);
  add("default", "blob", "2", false);
  at(fault::Point::gc_started, [&] {
    remove("blob", "1");
    add("default", "blob", "1", false);
  });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
  EXPECT_TRUE(exists("default", "blob", "1"));
}

TEST_F(Gc, an_object_that_is_made_meanwhile_stays_with_all_it_needs) {
  add("default", "blob", "1", false);
  add("default", "blob", "2", false);
  at(fault::Point::gc_started, [&] { add("default", "blob", "new", false, {"blob:1"}); });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
}

TEST_F(Gc, an_object_that_its_kind_keeps_after_all_stays_with_all_it_needs) {
  add("default", "image", "a", false, {"blob:1"});
  add("default", "image", "b", false, {"blob:3"});
  add("default", "blob", "1", false, {"blob:2"});
  add("default", "blob", "2", false);
  add("default", "blob", "3", false);
  image_.held = {"a"};
  EXPECT_EQ(test::removed_nodes(run().value()),
            (std::vector<GcNode>{{"blob", "default", "3"}, {"image", "default", "b"}}));
  EXPECT_TRUE(exists("default", "image", "a"));
  EXPECT_TRUE(exists("default", "blob", "2"));
}

TEST_F(Gc, what_somebody_else_removed_first_is_not_reported) {
  add("default", "blob", "1", false);
  add("default", "blob", "2", false);
  at(fault::Point::gc_started, [&] { remove("blob", "1"); });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
}

TEST_F(Gc, an_object_that_a_back_reference_waited_for_keeps_it) {
  add("default", "blob", "1", false, {"back image:late"});
  add("default", "blob", "2", false);
  at(fault::Point::gc_started, [&] { add("default", "image", "late", true); });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
}

TEST_F(Gc, what_changes_before_the_notes_begin_is_looked_at_again) {
  add("default", "image", "a", true);
  add("default", "blob", "1", false);
  add("default", "blob", "2", false);
  at(fault::Point::gc_marked, [&] { link("image", "a", "blob:1"); });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
}

TEST_F(Gc, between_its_transactions_everybody_may_write) {
  for (int n = 0; n < 300; ++n) add("default", "blob", "garbage" + std::to_string(n), false);
  int parts = 0;
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::gc_removed) add("default", "blob", "new" + std::to_string(parts++), false);
    return {};
  });
  EXPECT_EQ(run().value().removed.size(), 300u);
  EXPECT_GE(parts, 300 / 64);
  for (int n = 0; n < parts; ++n) EXPECT_TRUE(exists("default", "blob", "new" + std::to_string(n))) << n;
}

// Whoever finds an object finds what it needs as well, however far the sweep is.
TEST_F(Gc, referrers_go_before_what_they_refer_to) {
  for (int n = 0; n < 200; ++n)
    add("default", "blob", std::to_string(n), false, {"blob:" + std::to_string((n * 7 + 1) % 200)});
  for (int n = 0; n < 200; ++n)
    add("default", "image", std::to_string(n), false, {"blob:" + std::to_string(n)});
  int parts = 0;
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::gc_removed) return {};
    ++parts;
    for (int n = 0; n < 200; ++n) {
      if (exists("default", "image", std::to_string(n))) {
        EXPECT_TRUE(exists("default", "blob", std::to_string(n)));
      }
    }
    return {};
  });
  EXPECT_EQ(run().value().removed.size(), 400u);
  EXPECT_GE(parts, 400 / 64);
}

TEST_F(Gc, leaves_no_notes) {
  for (int n = 0; n < 10; ++n) add("default", "blob", std::to_string(n), false);
  at(fault::Point::gc_started, [&] {
    EXPECT_TRUE(has_notes());
    for (int n = 0; n < 1000; ++n) add("default", "image", std::to_string(n), true);
  });
  EXPECT_EQ(run().value().removed.size(), 10u);
  EXPECT_FALSE(has_notes());
  add("default", "blob", "x", false);
  EXPECT_FALSE(has_notes()) << "nobody leaves notes when nobody collects";
}

TEST_F(Gc, an_error_in_the_sweep_leaves_no_notes_and_removes_no_more) {
  for (int n = 0; n < 100; ++n) add("default", "blob", std::to_string(n), false);
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::gc_removed) return {};
    return Error(Errc::io, "test", {});
  });
  EXPECT_EQ(code(run()), Errc::io);
  fault::arm({});
  EXPECT_FALSE(has_notes());
  EXPECT_GE(run().value().removed.size(), 100u - 64u);
}

TEST_F(Gc, two_at_once_are_refused) {
  add("default", "blob", "1", false);
  std::optional<Errc> second;
  at(fault::Point::gc_started, [&] { second = code(run()); });
  EXPECT_EQ(run().value().removed.size(), 1u);
  EXPECT_EQ(second, Errc::busy);
}

TEST_F(Gc, another_process_is_refused_meanwhile_and_may_write) {
  add("default", "image", "a", true);
  add("default", "blob", "1", false);
  add("default", "blob", "2", false);
  Signal go;
  Signal done;
  close();
  const pid_t child = start_child([&] {
    go.wait();
    reopen();
    const bool refused = code(run()) == Errc::busy;
    link("image", "a", "blob:1");
    close();
    done.send();
    return refused ? 0 : 1;
  });
  reopen();
  at(fault::Point::gc_started, [&] {
    go.send();
    done.wait();
  });
  EXPECT_EQ(test::removed_nodes(run().value()), (std::vector<GcNode>{{"blob", "default", "2"}}));
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(Gc, what_a_dead_collector_left_is_cleared_when_the_store_is_opened) {
  for (int n = 0; n < 500; ++n) add("default", "blob", std::to_string(n), false);
  close();
  EXPECT_EQ(run_in_child([&] {
              reopen();
              fault::arm([&](fault::Point point) -> std::optional<Error> {
                if (point == fault::Point::gc_removed) ::_exit(7);
                return {};
              });
              static_cast<void>(run());
              return 0;
            }),
            7);
  reopen({.read_only = true});
  EXPECT_TRUE(has_notes());
  reopen();
  EXPECT_FALSE(has_notes()) << "whoever opens the store for writing ends them";
  int left = 0;
  while (!exists("default", "blob", std::to_string(left))) ++left;
  const std::string kept = "blob:" + std::to_string(left);
  add("default", "image", "a", true, {kept});
  const auto report = run();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_LE(report->removed.size(), 500u - 2u);
  EXPECT_TRUE(exists("default", "blob", std::to_string(left)));
  EXPECT_FALSE(has_notes());
}

TEST_F(Gc, why_tells_every_chain_from_a_root) {
  add("default", "image", "a", true, {"blob:index"});
  add("default", "image", "b", true, {"blob:manifest"});
  add("default", "blob", "index", false, {"blob:manifest"});
  add("default", "blob", "manifest", false, {"blob:layer"});
  add("default", "blob", "layer", false, {"blob:manifest"});
  add("default", "image", "gone", false, {"blob:layer"});
  view([&](const ReadTx& tx) {
    const GcAnswer answer = why(tx, kinds_, {"blob", "default", "layer"}, 10, control_).value();
    EXPECT_TRUE(answer.exists);
    EXPECT_FALSE(answer.more);
    ASSERT_EQ(answer.chains.size(), 2u);
    ASSERT_EQ(answer.chains[0].size(), 3u) << "the shortest first";
    EXPECT_EQ(answer.chains[0][0].node, (GcNode{"image", "default", "b"}));
    EXPECT_EQ(answer.chains[0][0].why, "marked");
    EXPECT_EQ(answer.chains[0][1].node, (GcNode{"blob", "default", "manifest"}));
    EXPECT_EQ(answer.chains[0][1].why, "an edge");
    EXPECT_EQ(answer.chains[0][2].node, (GcNode{"blob", "default", "layer"}));
    EXPECT_EQ(answer.chains[1].size(), 4u);
    EXPECT_TRUE(why(tx, kinds_, {"blob", "default", "layer"}, 1, control_).value().more);
  });
}

TEST_F(Gc, why_of_what_nothing_keeps_or_nobody_knows) {
  add("default", "blob", "1", false);
  add("default", "blob", "2", false, {"blob:absent", "blob:1"});
  view([&](const ReadTx& tx) {
    const auto ask = [&](const GcNode& node) { return why(tx, kinds_, node, 10, control_); };
    EXPECT_TRUE(ask({"blob", "default", "1"})->exists);
    EXPECT_TRUE(ask({"blob", "default", "1"})->chains.empty());
    EXPECT_FALSE(ask({"blob", "default", "absent"})->exists);
    EXPECT_FALSE(ask({"blob", "default", "unheard-of"})->exists);
    EXPECT_FALSE(ask({"blob", "elsewhere", "1"})->exists);
    EXPECT_EQ(code(ask({"stranger", "default", "1"})), Errc::invalid_argument);
  });
}

TEST_F(Gc, referrers_are_told_whether_kept_or_not) {
  add("default", "image", "a", true, {"blob:1"});
  add("default", "blob", "2", false, {"blob:1", "label blob:absent"});
  add("default", "blob", "1", false, {"back image:a"});
  view([&](const ReadTx& tx) {
    const auto of = [&](const std::string& key) {
      std::vector<std::string> found;
      for (const GcLink& link : referrers(tx, kinds_, {"blob", "default", key}, control_).value())
        found.push_back(link.node.kind + " " + link.node.key + " " + link.why);
      std::sort(found.begin(), found.end());
      return found;
    };
    EXPECT_EQ(of("1"), (std::vector<std::string>{"blob 2 an edge", "image a an edge", "image a an edge"}));
    EXPECT_EQ(of("absent"), (std::vector<std::string>{"blob 2 an edge"}));
    EXPECT_TRUE(of("2").empty());
  });
}

TEST_F(Gc, checks_ask_each_kind_about_each_namespace) {
  add("broken", "blob", "1", false);
  add("fine", "blob", "1", false);
  add("worse", "blob", "1", false);
  const std::vector<const GcKind*> kinds{&image_, &blob_};
  const CheckReport report = check(db(), kinds).value();
  ASSERT_EQ(report.problems.size(), 4u);
  EXPECT_EQ(report.problems[0].object, (GcNode{"image", "broken", "k"}));
  EXPECT_EQ(report.problems[0].what, "said so");
  EXPECT_EQ(report.problems[3].object, (GcNode{"blob", "worse", ""}));
}

}  // namespace
}  // namespace bayplan::metadata
