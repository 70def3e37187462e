// What containerd's TestContainersCreateUpdateDelete does in each of its cases.
#pragma once

#include "record_test.h"

namespace bayplan::containers {

class TestContainersCreateUpdateDelete : public RecordTest {
 protected:
  void SetUp() override {
    Container container = sample("c");
    container.labels = {{"foo", "one"}, {"bar", "two"}};
    container.sandbox_id = "pod";
    container.runtime.options = metadata::Any{"options", "bytes"};
    container.extensions = {{"kept", {"type", "first"}}, {"other", {"type", "second"}}};
    ASSERT_TRUE(create(container));
    original_ = get("c");
    EXPECT_EQ(original_.created, original_.updated);
    container.created = container.updated = original_.created;
    EXPECT_EQ(original_, container);
  }
  void becomes(const Container& given, const FieldMask& mask, Container expected) {
    const auto updated = update(given, mask);
    ASSERT_TRUE(updated) << updated.error().to_string();
    EXPECT_GT(updated->updated, updated->created);
    expected.created = original_.created;
    expected.updated = updated->updated;
    EXPECT_EQ(*updated, expected);
    EXPECT_EQ(get("c"), expected);
  }
  void refused(const Container& given, const FieldMask& mask, Errc expected) {
    EXPECT_EQ(code(update(given, mask)), expected);
    EXPECT_EQ(get("c"), original_);
  }
  // Differs from the record in everything.
  static Container other() {
    Container container = sample("c");
    container.image = "other:1";
    container.snapshot_key = "other";
    container.snapshotter = "native";
    container.sandbox_id = "other";
    container.runtime = {"other", metadata::Any{"other", ""}};
    container.spec = R"({"ociVersion":"1.2.0"})";
    container.labels = {{"foo", "changed"}, {"new", "three"}};
    container.extensions = {{"kept", {"type", "changed"}}, {"new", {}}};
    return container;
  }

  Container original_;
};

}  // namespace bayplan::containers
