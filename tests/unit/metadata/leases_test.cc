#include "bayplan/metadata/leases.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "lease_store.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::metadata::leases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class Leases : public LeaseTest {};

// containerd's core/metadata/leases_test.go
TEST_F(Leases, TestLeases) {
  const Time before = now();
  for (const char* id : {"tx1", "tx2"}) {
    const Lease lease = create({.id = id}).value();
    EXPECT_EQ(lease.id, id);
    EXPECT_GE(lease.created, before);
    EXPECT_LE(lease.created, now());
    EXPECT_EQ(get(id).value(), lease);
  }
  EXPECT_EQ(code(create({.id = "tx1"})), Errc::already_exists);
  EXPECT_THAT(ids(), ElementsAre("tx1", "tx2"));
  remove("tx1").value();
  EXPECT_EQ(code(remove("tx1")), Errc::not_found);
  EXPECT_EQ(code(get("tx1")), Errc::not_found);
  remove("tx2").value();
  EXPECT_EQ(code(remove("tx2")), Errc::not_found);
  EXPECT_THAT(ids(), ElementsAre());
}

TEST_F(Leases, generated_ids_are_nanoseconds_and_four_characters_of_base64url) {
  const std::string first = create({}).value().id;
  const std::string second = create({}).value().id;
  EXPECT_THAT(first, MatchesRegex("[0-9]+-[A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-]"));
  EXPECT_NE(first, second);
  EXPECT_THAT(ids(), ElementsAre(first, second)) << "in the order of their making";
}

TEST_F(Leases, ids_are_names) {
  const std::string longest(kMaxIdBytes, 'l');
  for (const std::string& good : {std::string("a b/c"), std::string("../x"), longest}) {
    EXPECT_EQ(create({.id = good}).value().id, good);
  }
  for (const std::string& bad :
       {std::string(), longest + "l", std::string("a\nb"), std::string("\xff"), std::string("a\0b", 3)}) {
    EXPECT_EQ(code(create({.id = bad})), Errc::invalid_argument) << quoted(bad);
  }
}

TEST_F(Leases, labels_are_checked) {
  EXPECT_EQ(code(create({.id = "a", .labels = {{"", "v"}}})), Errc::invalid_argument);
  const auto refused = create({.id = "a", .labels = {{"k", std::string(kMaxLabelBytes, 'v')}}});
  EXPECT_EQ(code(refused), Errc::invalid_argument);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("\"k\""));
  EXPECT_EQ(code(create({.id = "a"}, "version")), Errc::invalid_argument);
  EXPECT_THAT(ids(), ElementsAre());
}

TEST_F(Leases, expiry_is_a_label) {
  const Time end = parse_rfc3339("2030-01-31T10:00:00.5Z").value();
  const Lease lease = create({.id = "a", .labels = {{"k", "v"}}, .expires = end}).value();
  EXPECT_EQ(lease.labels, (Labels{{"containerd.io/gc.expire", "2030-01-31T10:00:00.5Z"}, {"k", "v"}}));
  EXPECT_EQ(expiry(lease), end);
  EXPECT_TRUE(is_expired(lease, end));
  EXPECT_FALSE(is_expired(lease, end - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(is_persistent(lease));
}

TEST_F(Leases, an_expiry_that_cannot_be_read_never_comes) {
  const Lease lease = create({.id = "a", .labels = {{std::string(kGcExpireLabel), "yesterday"}}}).value();
  EXPECT_FALSE(expiry(lease).has_value());
  EXPECT_FALSE(is_expired(lease, Time::max()));
}

TEST_F(Leases, have_one_expiry) {
  const Labels labels{{"containerd.io/gc.expire", "2200-01-01T00:00:00Z"}};
  EXPECT_EQ(code(create({.id = "a", .labels = labels, .expires = now()})), Errc::invalid_argument);
  EXPECT_EQ(create({.id = "a", .labels = labels}).value().labels, labels);
}

TEST_F(Leases, persistent_ones_have_neither_expiry_nor_owner) {
  const Lease lease = create({.id = "a", .persistent = true}).value();
  EXPECT_TRUE(is_persistent(lease));
  EXPECT_EQ(lease.labels, (Labels{{"io.bayplan/lease.persistent", "true"}}));
  EXPECT_FALSE(is_expired(lease, Time::max()));
  EXPECT_FALSE(is_persistent(create({.id = "b"}).value())) << "not on purpose";
  EXPECT_EQ(code(create({.id = "c", .expires = now(), .persistent = true})), Errc::invalid_argument);
  EXPECT_EQ(code(create({.id = "c", .persistent = true, .owner = owner()})), Errc::invalid_argument);
  EXPECT_EQ(code(create({.id = "c", .labels = {{std::string(kPersistentLabel), "yes"}}, .expires = now()})),
            Errc::invalid_argument);
}

TEST_F(Leases, flat_is_told_by_its_label) {
  create({.id = "flat", .labels = {{std::string(kFlatLabel), "x"}}}).value();
  create({.id = "plain", .labels = {{"containerd.io/gc.flattened", "x"}}}).value();
  create({.id = "bare"}).value();
  view([](const ReadTx& tx) {
    const auto flat = [&](std::string_view id) {
      return is_flat(*namespace_bucket(tx, kNs, {"leases", id}).value()).value();
    };
    EXPECT_TRUE(flat("flat"));
    EXPECT_FALSE(flat("plain"));
    EXPECT_FALSE(flat("bare"));
  });
}

TEST_F(Leases, owners_come_back_as_they_went) {
  Owner made = owner();
  made.run_inode = ~std::uint64_t{0};
  create({.id = "a", .owner = made}).value();
  EXPECT_EQ(get("a")->owner, made);
}

TEST_F(Leases, namespaces_do_not_mix) {
  create({.id = "a", .labels = {{"in", "one"}}}, "one").value();
  create({.id = "a", .labels = {{"in", "two"}}}, "two").value();
  EXPECT_EQ(get("a", "one")->labels, (Labels{{"in", "one"}}));
  remove("a", "one").value();
  EXPECT_EQ(code(get("a", "one")), Errc::not_found);
  get("a", "two").value();
}

TEST_F(Leases, damage_names_the_lease) {
  create({.id = "a"}).value();
  update([](WriteTx& tx) {
    open_namespace_bucket(tx, kNs, {"leases", "a"}).value()->put("createdat", "soon").value();
  });
  const auto got = get("a");
  ASSERT_EQ(code(got), Errc::corrupt);
  EXPECT_THAT(got.error().to_string(), HasSubstr("lease \"a\""));
  EXPECT_EQ(code(walk()), Errc::corrupt);
  remove("a").value();
  update([](WriteTx& tx) { open_namespace_bucket(tx, kNs, {"leases"}).value()->put("value", "x").value(); });
  EXPECT_EQ(code(walk()), Errc::corrupt);
  update([](WriteTx& tx) { open_namespace_bucket(tx, kNs, {"leases"}).value()->erase("value").value(); });
}

TEST_F(Leases, are_all_or_nothing) {
  const Owner made = owner();
  EXPECT_GE(expect_all_or_nothing(
                db(),
                [&](WriteTx& tx) {
                  return leases::create(tx, kNs, {.id = "a", .labels = {{"k", "v"}}, .owner = made});
                }),
            10);
  EXPECT_EQ(get("a")->owner, made);
  EXPECT_EQ(expect_all_or_nothing(db(), [](WriteTx& tx) { return leases::remove(tx, kNs, "a"); }), 1);
  EXPECT_EQ(code(get("a")), Errc::not_found);
}

TEST_F(Leases, say_what_was_done) {
  test::EventLog log(db());
  create({.id = "a"}).value();
  EXPECT_FALSE(create({.id = "a"}));
  EXPECT_THAT(log.seen(), ElementsAre("created namespace default/default", "created lease default/a"));
  add("a", {"images", "x"}).value();
  EXPECT_THAT(log.seen(), ElementsAre("updated lease default/a"));
  drop("a", {"images", "x"}).value();
  EXPECT_THAT(log.seen(), ElementsAre("updated lease default/a"));
  remove("a").value();
  EXPECT_FALSE(remove("a"));
  EXPECT_THAT(log.seen(), ElementsAre("removed lease default/a"));
  EXPECT_THAT(log.told(),
              ElementsAre("created namespace default/default", "created lease default/a",
                          "updated lease default/a", "updated lease default/a", "removed lease default/a"));
}

}  // namespace
}  // namespace bayplan::metadata::leases
