// Which images a container may be made of: S25, C10.
#include "service_fixture.h"

namespace bayplan::images {
namespace {

using test::outcome;

class StoredImagesPolicy : public ImageServiceFixture {
 protected:
  const StoredImageId good = image("good.test/a:1", "good", false);
  const StoredImageId bad = image("bad.test/a:1", "bad", false);
  const SignaturePolicy policy = SignaturePolicy::parse(R"({
    "default": [{"type": "reject"}],
    "transports": {"docker": {"good.test": [{"type": "insecureAcceptAnything"}]}}})",
                                                        "policy")
                                     .value();

  std::string judged(const StoredImageId& id) {
    return outcome(view([&](const metadata::ReadTx& tx) { return images().check_policy(tx, id, policy); }));
  }
};

TEST_F(StoredImagesPolicy, S25_AContainerIsJudgedByTheImageNotByTheNameThatWasAskedFor) {
  EXPECT_EQ(judged(good), "ok");
  EXPECT_EQ(judged(bad), "permission_denied");
}

TEST_F(StoredImagesPolicy, C10_AnotherNameDoesNotHelp) {
  ASSERT_EQ(outcome(add_names(bad, {"good.test/renamed:1"})), "ok");
  EXPECT_EQ(judged(bad), "permission_denied");
  ASSERT_EQ(outcome(service.untag_image("bad.test/a:1")), "ok");
  EXPECT_EQ(names(bad), std::vector<std::string>{"good.test/renamed:1"});
  EXPECT_EQ(judged(bad), "permission_denied") << "it was called otherwise";
}

TEST_F(StoredImagesPolicy, C10_AnImageWithoutNamesIsWhatIsInTheStore) {
  const Descriptor target = target_of("good.test/a:1");
  ASSERT_EQ(outcome(service.remove_image(good.to_string())), "ok");
  const StoredImageId nameless =
      update([&](metadata::WriteTx& tx) { return images().create(tx, {.target = target}); }).value();
  EXPECT_EQ(judged(nameless), "permission_denied");
  EXPECT_EQ(outcome(view([&](const metadata::ReadTx& tx) {
              return images().check_policy(tx, nameless, SignaturePolicy::accept_anything());
            })),
            "ok");
}

}  // namespace
}  // namespace bayplan::images
