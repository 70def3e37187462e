// What the runtime service makes of a request (items S29 to S42, C10).
#include "bayplan/containers/containers.h"
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class RuntimeCreate : public ServiceFixture {};

TEST_F(RuntimeCreate, S29_WhatIsMissingIsSaidInOrder) {
  ContainerRequest request;
  const auto create = [&] { return wrong(service().create_container(request, {})); };
  const Digest before = digest();
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::pod_name}));
  request.pod_name = "web";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::pod_name})) << "the ID is missing";
  request.pod_id = "p1";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::image_name}));
  request.image_name = "not-there";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::container_name}));
  request.container_name = "c";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::container_id}));
  request.container_id = "not an ID";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::container_id}));
  request.container_id = "c1";
  EXPECT_EQ(create(), (Wrong{Errc::not_found, {}})) << "the image";
  EXPECT_EQ(digest(), before);
}

TEST_F(RuntimeCreate, S29_TheMetadataNameIsTheContainersWhereItIsEmpty) {
  make("p1", "c1");
  EXPECT_EQ(service().container_metadata("c1")->metadata_name, "name-c1");
}

TEST_F(RuntimeCreate, S30_S34_AnImageIsFoundByNameByTransportAndById) {
  const std::string id = image_id();
  int number = 0;
  const auto create = [&](const std::string& name, const std::string& image) {
    ContainerRequest request = member("p1", "c" + std::to_string(++number));
    request.image_name = name;
    request.image_id = image;
    const auto made = service().create_container(request, {});
    EXPECT_EQ(words(made), "") << name << " " << image;
    return service().container_metadata(request.container_id).value();
  };
  for (const char* name : {"docker.io/library/app:1", "app:1", "docker://app:1"}) {
    const RuntimeMetadata metadata = create(name, "");
    EXPECT_EQ(metadata.image_name, name) << "as it was asked for";
    EXPECT_EQ(metadata.image_id, id);
  }
  EXPECT_EQ(create("", id).image_name, kImage) << "its first name";
  EXPECT_EQ(create("", id.substr(0, 12)).image_id, id) << "the whole ID";
}

TEST_F(RuntimeCreate, S30_S25_TheIdDecides) {
  store_.add_image("docker.io/library/other:1", {plain_layer("other")});
  ContainerRequest request = member("p1", "c1");
  request.image_name = "other:1";
  request.image_id = image_id();
  ASSERT_EQ(words(service().create_container(request, {})), "");
  EXPECT_EQ(service().container_metadata("c1")->image_id, image_id());
  EXPECT_EQ(store_.get("c1")->image, kImage);
  request = member("p1", "c2");
  request.image_id = "app";
  EXPECT_EQ(wrong(service().create_container(request, {})).code, Errc::not_found) << "a name is no ID";
}

TEST_F(RuntimeCreate, S31_OnlyThePauseImageIsPulledAndOnlyWhenItIsUnknown) {
  std::vector<std::string> pulled;
  const RuntimeService with_pause = service(
      {.pause_image = kPause,
       .pull = [&](const std::string& image, const images::RemoteContext&, const Control&) -> Result<void> {
         pulled.push_back(image);
         store_.add_image(image, {plain_layer("pause")});
         return {};
       }});
  EXPECT_EQ(words(with_pause.create_pod_sandbox(pod("p1", kPause), {})), "");
  EXPECT_EQ(words(with_pause.create_pod_sandbox(pod("p2", kPause), {})), "");
  EXPECT_THAT(pulled, ElementsAre(kPause));
  EXPECT_EQ(outcome(with_pause.create_pod_sandbox(pod("p3", "docker.io/library/none:1"), {})), "not_found");
  EXPECT_THAT(pulled, ElementsAre(kPause)) << "it is not the pause image";
}

TEST_F(RuntimeCreate, S31_APullThatFailsOrBringsNothingIsSaid) {
  const Error offline(Errc::io, "registry", "registry.k8s.io", "unreachable");
  const RuntimeService failing = service({.pause_image = kPause,
                                          .pull = [&](const std::string&, const images::RemoteContext&,
                                                      const Control&) -> Result<void> { return offline; }});
  EXPECT_EQ(words(failing.create_pod_sandbox(pod("p1", kPause), {})), offline.to_string());
  const RuntimeService idle = service({.pause_image = kPause,
                                       .pull = [](const std::string&, const images::RemoteContext&,
                                                  const Control&) -> Result<void> { return {}; }});
  EXPECT_EQ(outcome(idle.create_pod_sandbox(pod("p1", kPause), {})), "not_found");
  EXPECT_EQ(outcome(service({.pause_image = kPause}).create_pod_sandbox(pod("p1", kPause), {})), "not_found");
}

TEST_F(RuntimeCreate, S31_AnEmptyPauseImageIsNeverMeant) {
  bool pulled = false;
  const RuntimeService with_empty =
      service({.pull = [&](const std::string&, const images::RemoteContext&, const Control&) -> Result<void> {
        pulled = true;
        return {};
      }});
  SandboxRequest request = pod("p1", "");
  request.image_id = std::string(64, 'a');
  EXPECT_EQ(outcome(with_empty.create_pod_sandbox(request, {})), "not_found");
  EXPECT_FALSE(pulled);
}

TEST_F(RuntimeCreate, S31_TheCopyOptionsAreTheCallers) {
  std::optional<fs::path> policy;
  const RuntimeService with_pause = service(
      {.pause_image = kPause,
       .pull = [&](const std::string&, const images::RemoteContext& context, const Control&) -> Result<void> {
         policy = context.policy_file;
         return {};
       }});
  SandboxRequest request = pod("p1", kPause);
  request.copy_options.policy_file = "/etc/own-policy.json";
  EXPECT_EQ(outcome(with_pause.create_pod_sandbox(request, {})), "not_found");
  EXPECT_EQ(policy, "/etc/own-policy.json");
}

TEST_F(RuntimeCreate, S32_N7_AMissingImageHasCriOsWords) {
  const std::string id(64, 'a');
  const auto message = [&](const std::string& name, const std::string& image) {
    ContainerRequest request = member("p1", "c1");
    request.image_name = name;
    request.image_id = image;
    return service().create_container(request, {}).error().message();
  };
  EXPECT_EQ(message("none", ""), R"(image "none" not present in image store)");
  EXPECT_EQ(message("", id), "image with ID \"" + id + "\" not present in image store");
  EXPECT_EQ(message("none", id), "image \"none\" with ID \"" + id + "\" not present in image store");
}

TEST_F(RuntimeCreate, S32_AnotherErrorOfTheLookupIsAnsweredAsItself) {
  ContainerRequest request = member("p1", "c1");
  request.image_name = "N";  // no reference: upper case
  const auto made = service().create_container(request, {});
  EXPECT_EQ(outcome(made), "invalid_argument");
  EXPECT_EQ(bad_input(made.error()), std::nullopt);
}

TEST_F(RuntimeCreate, S33_S40_TheConfigAndTheDirectoriesAreAnswered) {
  const ContainerInfo info = make("p1", "c1");
  EXPECT_EQ(info.id, "c1");
  EXPECT_EQ(info.config->user, "app");
  EXPECT_EQ(info.dir, store_.root() / "containers/default/c1");
  EXPECT_TRUE(fs::is_directory(info.dir));
  EXPECT_TRUE(fs::is_directory(info.run_dir));
  EXPECT_TRUE(info.run_dir.native().starts_with(store_.run_root().native()));
}

TEST_F(RuntimeCreate, S35_S36_S41_AnInfrastructureContainerIsThePod) {
  make_pod("p1");
  EXPECT_EQ(record("p1").names, (std::vector<std::string>{"pod-p1-infra", "pod-p1"}));
  EXPECT_EQ(record("p1").owner, kRuntimeOwner);
  const RuntimeMetadata metadata = service().container_metadata("p1").value();
  EXPECT_TRUE(metadata.pod);
  EXPECT_EQ(metadata.pod_id, "p1");
  EXPECT_EQ(metadata.uid, "uid-p1");
  EXPECT_EQ(metadata.pod_namespace, "kube-system");
  EXPECT_EQ(metadata.attempt, 3u);
  EXPECT_EQ(metadata.metadata_name, "POD");
  EXPECT_EQ(metadata.mount_label, "");
  EXPECT_GT(metadata.created_at, 1'700'000'000);
}

TEST_F(RuntimeCreate, S42_AMemberHasItsOwnIdAndMountLabel) {
  ContainerRequest request = member("p1", "c1");
  request.mount_label = "system_u:object_r:container_file_t:s0";
  request.attempt = 1;
  ASSERT_EQ(words(service().create_container(request, {})), "");
  EXPECT_EQ(record("c1").names, std::vector<std::string>{"name-c1"});
  const RuntimeMetadata metadata = service().container_metadata("c1").value();
  EXPECT_FALSE(metadata.pod);
  EXPECT_EQ(metadata.mount_label, request.mount_label);
  EXPECT_EQ(metadata.uid + metadata.pod_namespace, "");
}

TEST_F(RuntimeCreate, S36_NamesAreUnique) {
  make_pod("p1");
  SandboxRequest same = pod("p2");
  same.pod_name = "pod-p1";
  const auto taken = service().create_pod_sandbox(same, {});
  ASSERT_EQ(outcome(taken), "already_exists");
  EXPECT_EQ(taken.error().kind(), "container name");
  EXPECT_EQ(taken.error().name(), "pod-p1");
  EXPECT_THAT(taken.error().message(), HasSubstr(R"(container "p1", which cri-o made)"));
  make("p1", "c1");
  ContainerRequest member_with_same = member("p1", "c2");
  member_with_same.container_name = "name-c1";
  EXPECT_EQ(outcome(service().create_container(member_with_same, {})), "already_exists");
}

TEST_F(RuntimeCreate, S37_TheRecordPinsImageAndSnapshotAndHasTheLayerOfTheImage) {
  make("p1", "c1");
  const Container container = store_.get("c1").value();
  EXPECT_EQ(container.image, kImage);
  EXPECT_EQ(container.labels.at(std::string(kImagePinLabel)), kImage);
  EXPECT_EQ(container.snapshot_key, "c1");
  EXPECT_EQ(container.sandbox_id, "p1");
  EXPECT_FALSE(store_.snapshot("c1")->parent.empty());
}

TEST_F(RuntimeCreate, S39_TheLayerHasANameOfItsOwn) {
  make("p1", "c1");
  EXPECT_EQ(record("c1").layer_names, std::vector<std::string>{"name-c1-layer"});
  EXPECT_EQ(words(service().stop_container("name-c1-layer")), "");
}

TEST_F(RuntimeCreate, C10_TheSignaturePolicyIsAskedAboutTheResolvedImage) {
  const auto policy = images::SignaturePolicy::parse(
      R"({"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"docker.io/library/app":[{"type":"reject"}]}}})",
      "policy.json");
  const RuntimeService strict = service({.common = {.policy = policy.value()}});
  ContainerRequest request = member("p1", "c1");
  request.image_name.clear();
  request.image_id = image_id();
  const Digest before = digest();
  EXPECT_EQ(outcome(strict.create_container(request, {})), "permission_denied");
  EXPECT_EQ(digest(), before);
}

}  // namespace
}  // namespace bayplan::containers
