// Big data of containers (items T26, D4).
#include "bayplan/containers/big_data.h"

#include <gmock/gmock.h>

#include "bayplan/containers/storage_record.h"
#include "container_store.h"
#include "support/all_or_nothing.h"

namespace bayplan::containers {
namespace {

using big_data::Item;
using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kLimit = 1u << 20;

class BigData : public testing::Test {
 protected:
  BigData() {
    Container container;
    container.id = "c1";
    container.spec = "{}";
    EXPECT_EQ(words(store_->db().update([&](WriteTx& tx) { return create(tx, kNs, container); })), "");
  }
  ~BigData() override {
    if (check_) {
      EXPECT_THAT(store_.problems(), IsEmpty());
    }
  }
  Result<void> put(std::string_view key, std::string_view bytes) {
    return big_data::store(*store_, kNs, "c1", key, bytes);
  }
  Result<std::string> read(std::string_view key, std::string_view id = "c1", std::size_t limit = kLimit) {
    return store_->db().view(
        [&](const ReadTx& tx) { return big_data::read(store_->blobs(), tx, kNs, id, key, limit); });
  }
  Result<Item> stat(std::string_view key, std::string_view id = "c1") {
    return store_->db().view([&](const ReadTx& tx) { return big_data::stat(tx, kNs, id, key); });
  }
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    for (const Item& item :
         store_->db().view([](const ReadTx& tx) { return big_data::list(tx, kNs, "c1"); }).value()) {
      found.push_back(item.key);
    }
    return found;
  }
  std::uint64_t revision() { return store_->db().stats()->revision; }

  bool check_ = true;
  ContainerStore store_{"native"};
};

TEST_F(BigData, T26_ItemsAreListedInOrderAndRead) {
  const std::string large(5000, 'x');
  ASSERT_EQ(words(put("state", "{}")), "");
  ASSERT_EQ(words(put("odd/..\n key", large)), "");
  ASSERT_EQ(words(put("empty", "")), "");
  EXPECT_THAT(keys(), ElementsAre("empty", "odd/..\n key", "state"));
  EXPECT_EQ(read("state").value(), "{}");
  EXPECT_EQ(read("empty").value(), "");
  EXPECT_EQ(read("odd/..\n key").value(), large);
  EXPECT_EQ(stat("odd/..\n key").value(), (Item{"odd/..\n key", Digest::of(large), 5000}));
  EXPECT_EQ(stat("state").value(), (Item{"state", Digest::of("{}"), 2}));
  EXPECT_EQ(outcome(read("odd/..\n key", "c1", 4999)), "too_large");
}

TEST_F(BigData, T26_AnItemIsReplacedByOneOfAnyLength) {
  ASSERT_EQ(words(put("k", "short")), "");
  ASSERT_EQ(words(put("k", std::string(3000, 'a'))), "");
  EXPECT_EQ(read("k").value(), std::string(3000, 'a'));
  ASSERT_EQ(words(put("k", "short again")), "");
  EXPECT_EQ(read("k").value(), "short again");
}

TEST_F(BigData, T26_EqualBytesAreNotWrittenAgain) {
  for (const std::string& bytes : {std::string("short"), std::string(3000, 'a')}) {
    ASSERT_EQ(words(put("k", bytes)), "");
    const Time updated = store_.get("c1")->updated;
    ASSERT_EQ(words(put("k", bytes)), "");
    EXPECT_EQ(store_.get("c1")->updated, updated);
  }
}

TEST_F(BigData, T26_WhatIsWrongIsSaid) {
  const auto empty = put("", "x");
  EXPECT_EQ(outcome(empty), "invalid_argument");
  EXPECT_THAT(empty.error().message(), HasSubstr("not a valid name for a big data item"));
  EXPECT_EQ(outcome(read("")), "invalid_argument");
  const auto missing = read("none");
  ASSERT_EQ(outcome(missing), "not_found");
  EXPECT_EQ(missing.error().kind(), "big data item");
  EXPECT_THAT(missing.error().advice(), HasSubstr("remove the container"));
  EXPECT_EQ(outcome(put(std::string(5000, 'k'), "x")), "too_large");
}

TEST_F(BigData, D4_AnUnknownContainerIsSaidToBeAContainer) {
  for (const Error& error :
       {big_data::store(*store_, kNs, "c9", "k", "x").error(), read("k", "c9").error(),
        stat("k", "c9").error(),
        store_->db().view([](const ReadTx& tx) { return big_data::list(tx, kNs, "c9"); }).error()}) {
    EXPECT_EQ(error.code(), Errc::not_found);
    EXPECT_EQ(error.kind(), "container");
  }
}

TEST_F(BigData, ABlobIsKeptWhileItIsReferredTo) {
  const std::string large(5000, 'x');
  const Digest digest = Digest::of(large);
  ASSERT_EQ(words(put("k", large)), "");
  const auto there = [&] {
    metadata::collect(store_->db(), store_.kinds(), {}, {}).value();
    return store_->db().view([&](const ReadTx& tx) { return content::stat(tx, kNs, digest); }).has_value();
  };
  EXPECT_TRUE(there());
  EXPECT_EQ(read("k").value(), large);
  ASSERT_EQ(words(store_->db().update([](WriteTx& tx) { return big_data::remove(tx, kNs, "c1", "k"); })), "");
  EXPECT_FALSE(there());
  EXPECT_EQ(outcome(store_->db().update([](WriteTx& tx) { return big_data::remove(tx, kNs, "c1", "k"); })),
            "not_found");
}

TEST_F(BigData, ChangesAreAllOrNothing) {
  using metadata::expect_all_or_nothing;
  const metadata::Db& db = store_->db();
  EXPECT_GE(expect_all_or_nothing(db, [](WriteTx& tx) { return big_data::put(tx, kNs, "c1", "k", "x"); }), 3);
  content::Ingest ingest = store_->blobs().ingest().value();
  ingest.write(as_bytes(std::string(3000, 'a'))).value();
  content::ReadyBlob blob = std::move(ingest).finish().value();
  EXPECT_GE(expect_all_or_nothing(
                db, [&](WriteTx& tx) { return big_data::put(tx, kNs, "c1", "k", std::move(blob)); }),
            6);
  EXPECT_GE(expect_all_or_nothing(db, [](WriteTx& tx) { return big_data::remove(tx, kNs, "c1", "k"); }), 2);
}

TEST_F(BigData, ACheckMissesABlobThatIsGone) {
  check_ = false;
  const std::string large(5000, 'x');
  ASSERT_EQ(words(put("k", large)), "");
  store_->db().update([&](WriteTx& tx) { return content::remove(tx, kNs, Digest::of(large)); }).value();
  EXPECT_THAT(store_.problems(), ElementsAre(R"(c1: its big data item "k" is a blob that does not exist)"));
}

}  // namespace
}  // namespace bayplan::containers
