#include "push_fixture.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using PushReferrersTest = PushFixture;

TEST_F(PushReferrersTest, GoAlongIfAskedFor) {
  const Descriptor target = layout.image({base});
  const Descriptor signature = about(target, "signature");
  const Descriptor of_signature = about(signature, "countersignature");
  add_image(target);
  add_image(signature, "example.org/a:signature");
  add_image(of_signature, "example.org/a:countersignature");
  add_image(about(layout.image({top}), "of another"), "example.org/b:signature");
  ASSERT_EQ(outcome(send()), "ok");
  EXPECT_THAT(remote().manifests, SizeIs(1));
  const auto report = send({.referrers = true}, "example.org/c:1");
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->referrers, ElementsAre(signature.digest, of_signature.digest));
  EXPECT_THAT(registry.repositories["c"].manifests, SizeIs(3));
  EXPECT_EQ(report->target.digest, target.digest);
}

// Whoever sees the tag sees what signs it; and what is signed is there before.
TEST_F(PushReferrersTest, ComeAfterTheirSubjectAndBeforeTheTag) {
  const Descriptor target = layout.image({base});
  const Descriptor signature = about(target, "signature");
  add_image(target);
  add_image(signature, "example.org/a:signature");
  ASSERT_EQ(outcome(send({.referrers = true})), "ok");
  EXPECT_THAT(registry.calls_of("push-manifest"),
              ElementsAre("push-manifest " + target.digest.to_string(),
                          "push-manifest " + signature.digest.to_string(), "push-manifest 1"));
}

// A registry without a list of its own may have got it without its entry in the tag that stands in.
TEST_F(PushReferrersTest, ArePutEachTime) {
  const Descriptor target = layout.image({base});
  const Descriptor signature = about(target, "signature");
  add_image(target);
  add_image(signature, "example.org/a:signature");
  ASSERT_EQ(outcome(send({.referrers = true})), "ok");
  registry.calls.clear();
  ASSERT_EQ(outcome(send({.referrers = true})), "ok");
  EXPECT_THAT(registry.calls_of("push-manifest"),
              ElementsAre("push-manifest " + signature.digest.to_string()));
}

TEST_F(PushReferrersTest, AreFoundByTheLabelsOfTheirSubject) {
  const Descriptor target = layout.image({base});
  const Descriptor signature = about(target, "signature");
  add_image(target);
  add_image(signature, "example.org/a:signature");
  const std::string prefix = "containerd.io/gc.ref.content.referrer.sha256.";
  const Labels labels{{prefix + "1", signature.digest.to_string()},
                      {prefix + "2", Digest::of("gone").to_string()},
                      {prefix + "3", parsed(target).config.digest.to_string()}};
  ASSERT_TRUE(stored.update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(content::merge_labels(tx, kNs, target.digest, labels));
    return remove(tx, kNs, "example.org/a:signature");
  }));
  const auto report = send({.referrers = true});
  ASSERT_EQ(outcome(report), "ok") << report.error().to_string();
  EXPECT_THAT(report->referrers, ElementsAre(signature.digest));
}

TEST_F(PushReferrersTest, OneWithoutAllItsPartsIsAnError) {
  const Descriptor target = layout.image({base});
  const Descriptor signature = about(target, "signature");
  add_image(target);
  add_image(signature, "example.org/a:signature");
  ASSERT_TRUE(stored.update(
      [&](metadata::WriteTx& tx) { return content::remove(tx, kNs, parsed(signature).layers[0].digest); }));
  EXPECT_EQ(outcome(send({.referrers = true})), "not_found");
  EXPECT_FALSE(asked);
}

TEST_F(PushReferrersTest, ThoseOfEachManifestOfAnIndex) {
  const Descriptor one = layout.image({base});
  const Descriptor other = layout.image({top});
  const Descriptor index = layout.index({{one}, {other}});
  const Descriptor of_one = about(one, "one");
  const Descriptor of_index = about(index, "index");
  add_image(index);
  add_image(of_one, "example.org/a:one");
  add_image(of_index, "example.org/a:index");
  const auto report = send({.all_platforms = true, .referrers = true});
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->referrers, UnorderedElementsAre(of_one.digest, of_index.digest));
}

}  // namespace
}  // namespace bayplan::images
