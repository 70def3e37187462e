#include "name_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bayplan::metadata {
namespace {

NameTable::Id intern(NameTable& table, const ObjectName& name) { return table.intern(name, name.hash()); }

TEST(NameTable, a_name_has_one_id_whoever_asks) {
  NameTable table;
  const auto id = intern(table, {1, 2, std::string("key")});
  EXPECT_EQ(id, 1u);
  EXPECT_EQ(intern(table, {1, 2, "key"}), id);
  EXPECT_EQ(table.find({1, 2, "key"}), id);
  EXPECT_EQ(table[id], (ObjectName{1, 2, "key"}));
  EXPECT_EQ(table.size(), 2u);
}

TEST(NameTable, names_differ_by_word_namespace_and_key) {
  NameTable table;
  EXPECT_EQ(intern(table, {1, 1, "a"}), 1u);
  EXPECT_EQ(intern(table, {2, 1, "a"}), 2u);
  EXPECT_EQ(intern(table, {1, 2, "a"}), 3u);
  EXPECT_EQ(intern(table, {1, 1, ""}), 4u);
  EXPECT_EQ(table.find({2, 2, "a"}), 0u);
  EXPECT_EQ(table.find({1, 1, "b"}), 0u);
}

TEST(NameTable, keeps_all_names_as_it_grows) {
  NameTable table;
  for (unsigned n = 0; n < 10'000; ++n) intern(table, {1, 0, "key " + std::to_string(n)});
  for (unsigned n = 0; n < 10'000; ++n) {
    ASSERT_EQ(table.find({1, 0, "key " + std::to_string(n)}), n + 1);
    ASSERT_EQ(table[n + 1].key, "key " + std::to_string(n));
  }
}

TEST(NameTable, fetching_finds_the_id_and_makes_none) {
  NameTable table;
  const ObjectName name{0, 0, "a"};
  EXPECT_EQ(table.fetch_name(name.hash()), 0u);
  const auto id = intern(table, name);
  table.fetch_slot(name.hash());
  EXPECT_EQ(table.fetch_name(name.hash()), id);
  table.fetch_key(id);
  EXPECT_EQ(table.fetch_name(ObjectName{0, 0, "b"}.hash()), 0u);
  EXPECT_EQ(table.size(), 2u);
}

TEST(NameTable, expecting_names_changes_none) {
  NameTable names;
  const ObjectName before{1, 2, "before"};
  const NameTable::Id id = names.intern(before, before.hash());
  names.expect(1000);
  names.expect(0);
  EXPECT_EQ(names.find(before), id);
  for (int n = 0; n < 3000; ++n) {
    const std::string key = std::to_string(n);
    const ObjectName name{3, 0, key};
    names.intern(name, name.hash());
  }
  EXPECT_EQ(names.size(), 3002u);
  EXPECT_EQ(names[names.find({3, 0, "2999"})].key, "2999");
  EXPECT_EQ(names.find(before), id);
}

}  // namespace
}  // namespace bayplan::metadata
