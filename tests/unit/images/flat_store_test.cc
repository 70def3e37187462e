// The seed's image store (S60-S68), and what it becomes.
#include "bayplan/images/flat_store.h"

#include <gmock/gmock.h>

#include "bayplan/images/images.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/store_root.h"
#include "support/all_or_nothing.h"
#include "support/bucket_dump.h"
#include "support/temp_dir.h"
#include "unit/images/outcome.h"

namespace bayplan::images::flat {
namespace {

using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;
using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";

Descriptor target(std::string_view content) { return {kManifest, Digest::of(content), content.size()}; }

class FlatStore : public testing::Test {
 protected:
  static Result<void> put_now(const metadata::Db& db, std::string_view name, const Descriptor& target) {
    return db.update([&](WriteTx& tx) { return put(tx, name, target); });
  }
  Result<void> put_now(std::string_view name, std::string_view content) {
    return put_now(db_, name, target(content));
  }
  Result<Image> get_now(std::string_view name) {
    return db_.view([&](const ReadTx& tx) { return get(tx, name); });
  }
  Result<void> remove_now(std::string_view name) {
    return db_.update([&](WriteTx& tx) { return remove(tx, name); });
  }
  Result<std::vector<std::string>> list_now(bool tolerant = true) {
    problems_.clear();
    return db_.view([&](const ReadTx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> names;
      const metadata::ListProblem problem = [&](std::string_view, const Error& error) {
        problems_.push_back(error.to_string());
      };
      BAYPLAN_TRY(list(
          tx,
          [&](const Image& image) -> Result<void> {
            names.push_back(image.name);
            return {};
          },
          tolerant ? problem : metadata::ListProblem{}));
      return names;
    });
  }
  /// Runs `change` with the bucket of all images.
  template <class F>
  void tamper(F change) {
    const auto changed = db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto images, tx.root().descend({"v1", "images"}));
      return change(*images);
    });
    ASSERT_EQ(outcome(changed), "ok");
  }
  std::vector<std::string> dumped() {
    return db_
        .view([](const ReadTx& tx) -> Result<std::vector<std::string>> { return test::dump(tx.root()); })
        .value();
  }

  test::TempDir dir_;
  metadata::Db db_ = metadata::Db::open(dir_.path() / "metadata").value();
  std::vector<std::string> problems_;
};

// The seed's comment and code, key for key: sub-bucket per image, size a zig-zag varint.
TEST_F(FlatStore, S60_tree_is_the_seeds) {
  init(db_).value();
  const Digest digest = Digest::parse("sha256:" + std::string(64, 'a')).value();
  put_now(db_, "docker.io/library/redis:latest", {kManifest, digest, 1234}).value();
  put_now(db_, "a", {"text/plain", digest, 64}).value();
  EXPECT_THAT(dumped(), ElementsAre("v1/", "v1/images/", "v1/images/a/",
                                    "v1/images/a/digest = \"sha256:" + std::string(64, 'a') + "\"",
                                    "v1/images/a/mediatype = \"text/plain\"", "v1/images/a/size = 8001",
                                    "v1/images/\"docker.io/library/redis:latest\"/",
                                    "v1/images/\"docker.io/library/redis:latest\"/digest = \"sha256:" +
                                        std::string(64, 'a') + "\"",
                                    "v1/images/\"docker.io/library/redis:latest\"/mediatype = "
                                    "\"application/vnd.oci.image.manifest.v1+json\"",
                                    "v1/images/\"docker.io/library/redis:latest\"/size = a413"));
}

TEST_F(FlatStore, S61_init_is_idempotent_and_has_a_transaction_of_its_own) {
  init(db_).value();
  put_now("a", "x").value();
  init(db_).value();
  EXPECT_THAT(list_now().value(), ElementsAre("a"));
  const auto nested = db_.update([&](WriteTx&) { return init(db_); });
  EXPECT_EQ(outcome(nested), "failed_precondition");
}

TEST_F(FlatStore, S62_S64_before_init_nothing_is_found) {
  EXPECT_EQ(outcome(put_now("a", "x")), "not_found");
  EXPECT_EQ(outcome(remove_now("a")), "not_found");
  EXPECT_EQ(outcome(get_now("a")), "not_found");
  EXPECT_EQ(outcome(list_now()), "not_found");
  EXPECT_THAT(dumped(), IsEmpty());
  db_.update([](WriteTx& tx) -> Result<void> { return tx.create_bucket("v1").value(), Result<void>(); })
      .value();
  EXPECT_EQ(outcome(list_now()), "not_found");
}

TEST_F(FlatStore, S62_put_overwrites_and_leaves_other_keys_alone) {
  init(db_).value();
  put_now("a", "first").value();
  tamper([](MutableBucket& images) -> Result<void> {
    BAYPLAN_ASSIGN(auto record, images.bucket("a"));
    BAYPLAN_TRY(record->put("comment", "kept"));
    BAYPLAN_ASSIGN(auto nested, record->create_bucket("nested"));
    return nested.put("k", "kept");
  });
  put_now("a", "second one").value();
  EXPECT_EQ(get_now("a").value(), (Image{"a", target("second one")}));
  EXPECT_THAT(dumped(), testing::IsSupersetOf({std::string("v1/images/a/comment = \"kept\""),
                                               std::string("v1/images/a/nested/k = \"kept\"")}));
}

TEST_F(FlatStore, S62_put_refuses_what_cannot_be) {
  init(db_).value();
  EXPECT_EQ(outcome(put_now("", "x")), "invalid_argument");
  EXPECT_EQ(outcome(put_now(std::string(metadata::kMaxKeyBytes + 1, 'a'), "x")), "too_large");
  Descriptor huge = target("x");
  huge.size = std::uint64_t{1} << 63;
  EXPECT_EQ(outcome(put_now(db_, "a", huge)), "invalid_argument");
  EXPECT_THAT(list_now().value(), IsEmpty());
}

TEST_F(FlatStore, S63_S65_what_is_not_there_is_not_found) {
  init(db_).value();
  EXPECT_EQ(outcome(get_now("a")), "not_found");
  EXPECT_EQ(outcome(remove_now("a")), "not_found");
  put_now("a", "x").value();
  EXPECT_EQ(get_now("a").value(), (Image{"a", target("x")}));
  remove_now("a").value();
  EXPECT_EQ(outcome(get_now("a")), "not_found");
  EXPECT_EQ(outcome(remove_now("a")), "not_found");
}

TEST_F(FlatStore, S64_list_is_in_key_order) {
  init(db_).value();
  EXPECT_THAT(list_now().value(), IsEmpty());
  for (const char* name : {"b", "a:1", "Z", "a"}) put_now(name, "x").value();
  EXPECT_THAT(list_now().value(), ElementsAre("Z", "a", "a:1", "b"));
}

TEST_F(FlatStore, S66_codes_are_seen_through_context) {
  init(db_).value();
  const auto found = get_now("a").with_context("pull", "a").with_context("command", "run");
  EXPECT_EQ(found.error().code(), Errc::not_found);
}

TEST_F(FlatStore, S67_unknown_keys_are_passed_over) {
  init(db_).value();
  put_now("a", "x").value();
  tamper([](MutableBucket& images) -> Result<void> {
    BAYPLAN_ASSIGN(auto record, images.bucket("a"));
    BAYPLAN_TRY(record->put("annotations?", "later"));
    return record->create_path({"labels", "deeper"}).value(), Result<void>();
  });
  EXPECT_EQ(get_now("a").value(), (Image{"a", target("x")}));
  EXPECT_THAT(list_now().value(), ElementsAre("a"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(FlatStore, S67_D9_a_damaged_record_is_reported_and_the_others_are_listed) {
  init(db_).value();
  for (const char* name : {"bad digest", "bad size", "good", "no type", "zzz"}) put_now(name, "x").value();
  tamper([](MutableBucket& images) -> Result<void> {
    BAYPLAN_TRY(images.put("plain", "value"));
    BAYPLAN_TRY((*images.bucket("bad digest"))->put("digest", "sha256:no"));
    BAYPLAN_TRY((*images.bucket("bad size"))->put("size", "\xff"));
    return (*images.bucket("no type"))->erase("mediatype");
  });
  EXPECT_THAT(list_now().value(), ElementsAre("good", "zzz"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("bad digest"), HasSubstr("bad size"), HasSubstr("no type"),
                                     HasSubstr("plain")));
  EXPECT_EQ(outcome(list_now(false)), "corrupt");
  for (const char* name : {"bad digest", "bad size", "no type", "plain"}) {
    EXPECT_EQ(outcome(get_now(name)), "corrupt") << name;
    EXPECT_THAT(get_now(name).error().to_string(), HasSubstr(name));
  }
  EXPECT_EQ(outcome(put_now("plain", "x")), "failed_precondition");
  put_now("bad size", "xyz").value();
  EXPECT_EQ(get_now("bad size").value(), (Image{"bad size", target("xyz")}));
  for (const char* name : {"bad digest", "no type", "plain"}) remove_now(name).value();
  EXPECT_THAT(list_now(false).value(), ElementsAre("bad size", "good", "zzz"));
}

TEST_F(FlatStore, S68_what_is_rolled_back_was_never_there) {
  init(db_).value();
  put_now("kept", "x").value();
  const auto given_up = db_.update([](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(put(tx, "new", target("x")));
    BAYPLAN_TRY(remove(tx, "kept"));
    EXPECT_EQ(outcome(get(tx, "new")), "ok");
    return Error(Errc::cancelled, "test", {});
  });
  EXPECT_EQ(outcome(given_up), "cancelled");
  EXPECT_THAT(list_now().value(), ElementsAre("kept"));
}

TEST_F(FlatStore, S68_a_reader_keeps_what_it_saw) {
  init(db_).value();
  const auto read = db_.view([&](const ReadTx& tx) -> Result<void> {
    EXPECT_EQ(outcome(get(tx, "new")), "not_found");
    BAYPLAN_TRY(put_now("new", "x"));
    EXPECT_EQ(outcome(get(tx, "new")), "not_found");
    return {};
  });
  EXPECT_EQ(outcome(read), "ok");
  EXPECT_EQ(outcome(get_now("new")), "ok");
}

TEST_F(FlatStore, is_all_or_nothing) {
  init(db_).value();
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [](WriteTx& tx) { return put(tx, "a", target("x")); }), 4);
  EXPECT_EQ(metadata::expect_all_or_nothing(db_, [](WriteTx& tx) { return put(tx, "a", target("yy")); }), 3);
  EXPECT_EQ(metadata::expect_all_or_nothing(db_, [](WriteTx& tx) { return remove(tx, "a"); }), 1);
}

TEST_F(FlatStore, a_namespace_called_images_is_not_taken_for_it) {
  const Labels digest_like = {
      {"digest", Digest::of("x").to_string()}, {"mediatype", kManifest}, {"size", "@"}};
  db_.update([&](WriteTx& tx) { return metadata::create_namespace(tx, "images", digest_like); }).value();
  for (const auto& result : {init(db_), put_now("labels", "x"), remove_now("labels")}) {
    EXPECT_EQ(outcome(result), "version_mismatch");
  }
  EXPECT_EQ(outcome(get_now("labels")), "version_mismatch");
  EXPECT_EQ(outcome(list_now()), "version_mismatch");
}

TEST_F(FlatStore, is_not_taken_for_a_namespace_called_images) {
  init(db_).value();
  put_now("labels", "x").value();
  const auto before = dumped();
  EXPECT_THAT(db_.view([](const ReadTx& tx) { return metadata::list_namespaces(tx); }).value(), IsEmpty());
  const auto labels = db_.view([](const ReadTx& tx) { return metadata::namespace_labels(tx, "images"); });
  EXPECT_EQ(outcome(labels), "not_found");
  const auto changed = db_.update([&](WriteTx& tx) -> Result<void> {
    EXPECT_EQ(outcome(metadata::set_namespace_label(tx, "images", "k", "v")), "not_found");
    EXPECT_EQ(outcome(metadata::remove_namespace(tx, "images")), "not_found");
    for (const char* ns : {"images", "default"}) {
      EXPECT_EQ(outcome(metadata::create_namespace(tx, ns)), "version_mismatch") << ns;
      EXPECT_EQ(outcome(images::create(tx, ns, {"a", target("x"), {}})), "version_mismatch") << ns;
    }
    return {};
  });
  EXPECT_EQ(outcome(changed), "ok");
  EXPECT_EQ(dumped(), before);
}

TEST_F(FlatStore, becomes_namespace_default_when_the_store_is_opened) {
  const auto root = dir_.path() / "store";
  const Time before = now();
  {
    const auto store = metadata::open_store_root(root).value();
    init(store.db).value();
    put_now(store.db, "docker.io/library/redis:7", target("redis")).value();
    put_now(store.db, "images", target("another")).value();
  }
  const auto store = metadata::open_store_root(root).value();
  const auto found = store.db.view([](const ReadTx& tx) -> Result<std::vector<images::Image>> {
    std::vector<images::Image> all;
    BAYPLAN_TRY(walk(tx, "default", [&](const images::ImageView& image) -> Result<void> {
      all.push_back(image.own());
      return {};
    }));
    return all;
  });
  ASSERT_EQ(outcome(found), "ok");
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->front().name, "docker.io/library/redis:7");
  EXPECT_EQ(found->front().target, target("redis"));
  EXPECT_EQ(found->back().name, "images");
  EXPECT_GE(found->front().created, before);
  EXPECT_EQ(found->front().created, found->front().updated);
  EXPECT_EQ(outcome(init(store.db)), "version_mismatch");
}

// What stops the migration is still there, and can be taken away.
TEST_F(FlatStore, a_damaged_record_stops_the_migration_until_it_is_removed) {
  const auto root = dir_.path() / "store";
  {
    const auto store = metadata::open_store_root(root).value();
    db_ = store.db;
    init(db_).value();
    put_now("bad", "x").value();
    put_now("good", "x").value();
    tamper([](MutableBucket& images) { return (*images.bucket("bad"))->put("size", "\xff"); });
    db_ = metadata::Db();
  }
  const auto refused = metadata::open_store_root(root);
  ASSERT_EQ(outcome(refused), "corrupt");
  EXPECT_THAT(refused.error().to_string(), HasSubstr("image \"bad\""));
  db_ = metadata::Db::open(root / "metadata").value();
  EXPECT_THAT(list_now().value(), ElementsAre("good"));
  remove_now("bad").value();
  db_ = metadata::Db();
  EXPECT_EQ(outcome(metadata::open_store_root(root)), "ok");
}

}  // namespace
}  // namespace bayplan::images::flat
