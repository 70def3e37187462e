// containerd's TestImagesCreateUpdateDelete, case for case, and what field masks must not do.
#include <gmock/gmock.h>

#include "unit/images/image_db.h"

namespace bayplan::images {
namespace {

using test::outcome;

class TestImagesCreateUpdateDelete : public ImageDbTest {
 protected:
  void SetUp() override {
    original_ = image("a", {{"foo", "bar"}, {"baz", "boo"}}, "original");
    original_.target.annotations = {{"anno", "1"}, {"other", "2"}};
    ASSERT_EQ(outcome(create(original_)), "ok");
    original_ = get("a").value();
    EXPECT_EQ(original_.created, original_.updated);
  }

  // The update is answered and stored as `expected`, but for the times: created stays, updated moves.
  void becomes(const Image& given, const FieldMask& mask, Image expected) {
    const auto updated = update(given, kNs, mask);
    ASSERT_EQ(outcome(updated), "ok") << updated.error().to_string();
    EXPECT_GT(updated->updated, updated->created);
    expected.created = original_.created;
    expected.updated = updated->updated;
    EXPECT_EQ(*updated, expected);
    EXPECT_EQ(get("a").value(), expected);
  }
  void refused(const Image& given, const FieldMask& mask, const char* code) {
    EXPECT_EQ(outcome(update(given, kNs, mask)), code);
    EXPECT_EQ(get("a").value(), original_);
  }

  Image original_ = image("a");
};

TEST_F(TestImagesCreateUpdateDelete, Touch) { becomes(original_, {}, original_); }

TEST_F(TestImagesCreateUpdateDelete, NoTarget) {
  Image given = image("b");
  given.target = {"", Digest::of(""), 0};
  EXPECT_EQ(outcome(create(given)), "invalid_argument");
  EXPECT_EQ(outcome(get("b")), "not_found");
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceLabels) {
  Image wanted = original_;
  wanted.labels = {{"for", "sure"}};
  becomes(wanted, {}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceLabelsFieldPath) {
  Image given = image("a", {{"for", "sure"}}, "another");
  Image wanted = original_;
  wanted.labels = given.labels;
  becomes(given, {"labels"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceLabelsAnnotationsFieldPath) {
  Image given = image("a", {{"for", "sure"}}, "another");
  given.target.annotations = {{"new", "3"}};
  Image wanted = original_;
  wanted.labels = given.labels;
  wanted.target.annotations = given.target.annotations;
  becomes(given, {"labels", "annotations"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceLabel) {
  Image given = image("a", {{"foo", "baz"}, {"baz", "ignored"}}, "another");
  Image wanted = original_;
  wanted.labels["foo"] = "baz";
  becomes(given, {"labels.foo"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceAnnotation) {
  Image given = image("a", {}, "another");
  given.target.annotations = {{"anno", "x"}, {"other", "ignored"}};
  Image wanted = original_;
  wanted.target.annotations["anno"] = "x";
  becomes(given, {"annotations.anno"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceTargetTypeAndAnnotations) {
  Image given = original_;
  given.labels = {{"ignored", "1"}};
  given.target.media_type = "application/vnd.oci.image.index.v1+json";
  given.target.annotations = {{"anno", "x"}};
  Image wanted = original_;
  wanted.target = given.target;
  becomes(given, {"target"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceTargetFieldpath) {
  Image given = image("a", {{"ignored", "1"}}, "another");
  Image wanted = original_;
  wanted.target = given.target;
  becomes(given, {"target"}, wanted);
  EXPECT_EQ(outcome(remove("a", kNs, original_.target.digest)), "not_found");
  EXPECT_EQ(outcome(remove("a", kNs, given.target.digest)), "ok");
}

TEST_F(TestImagesCreateUpdateDelete, ReplaceTarget) {
  Image wanted = image("a", {}, "another");
  becomes(wanted, {}, wanted);
  EXPECT_EQ(outcome(remove("a", kNs, original_.target.digest)), "not_found");
  EXPECT_EQ(outcome(remove("a", kNs, wanted.target.digest)), "ok");
  EXPECT_EQ(outcome(remove("a", kNs, wanted.target.digest)), "not_found");
}

TEST_F(TestImagesCreateUpdateDelete, EmptySize) {
  Image given = original_;
  given.target.size = 0;
  refused(given, {}, "invalid_argument");
  refused(given, {"target"}, "invalid_argument");
}

TEST_F(TestImagesCreateUpdateDelete, EmptySizeOnCreate) {
  Image given = image("b");
  given.target.size = 0;
  EXPECT_EQ(outcome(create(given)), "invalid_argument");
  given = image("b");
  given.target.media_type = "";
  EXPECT_EQ(outcome(create(given)), "invalid_argument");
}

TEST_F(TestImagesCreateUpdateDelete, EmptyMediaType) {
  Image given = original_;
  given.target.media_type = "";
  refused(given, {}, "invalid_argument");
}

TEST_F(TestImagesCreateUpdateDelete, TryUpdateNameFail) { refused(image("b"), {}, "not_found"); }

TEST_F(TestImagesCreateUpdateDelete, KeysOfLabelsHoldDots) {
  Image given = original_;
  given.labels = {{"containerd.io/a.b", "x"}};
  Image wanted = original_;
  wanted.labels["containerd.io/a.b"] = "x";
  becomes(given, {"labels.containerd.io/a.b"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, AMaskedKeyThatIsAbsentOrEmptyGoes) {
  Image given = original_;
  given.labels = {{"baz", ""}};
  Image wanted = original_;
  wanted.labels = {};
  becomes(given, {"labels.foo", "labels.baz"}, wanted);
}

TEST_F(TestImagesCreateUpdateDelete, OtherPathsAreRefusedAndNothingIsChanged) {
  Image given = original_;
  given.labels = {{"new", "x"}};
  for (const char* path :
       {"name", "target.size", "target.digest", "created", "", "labelsx", "Labels", ".labels"})
    refused(given, {"labels", path}, "invalid_argument");
}

TEST_F(TestImagesCreateUpdateDelete, WhatAMaskLeavesIsValidatedWithTheRest) {
  Image given = original_;
  given.labels = {{"k", std::string(kMaxLabelBytes, 'v')}};
  refused(given, {"labels"}, "invalid_argument");
  refused(given, {"labels.k"}, "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
