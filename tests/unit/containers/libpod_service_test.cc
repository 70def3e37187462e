// libpod's storage service, beside the runtime service (items S55 to S59).
#include "bayplan/containers/tasks.h"
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LibpodService : public ServiceFixture {
 protected:
  void make(const std::string& id) const {
    ASSERT_EQ(words(libpod().create_container(libpod_request(id), {})), "");
  }
};

TEST_F(LibpodService, S55_WhatIsEmptyIsSaidInOrder) {
  StorageRequest request;
  const auto create = [&] { return wrong(libpod().create_container(request, {})); };
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::image_name}));
  request.image_name = "not-there";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::container_name}));
  request.container_name = "c";
  EXPECT_EQ(create(), (Wrong{Errc::invalid_argument, BadInput::container_id}));
  request.container_id = "c1";
  EXPECT_EQ(create(), (Wrong{Errc::not_found, {}}));
}

TEST_F(LibpodService, S55_AnIdAloneIsEnough) {
  StorageRequest request = libpod_request("c1");
  request.image_name.clear();
  request.image_id = image_id();
  ASSERT_EQ(words(libpod().create_container(request, {})), "");
  const LibpodMetadata metadata = libpod().container_metadata("c1").value();
  EXPECT_EQ(metadata.image_name, kImage);
  EXPECT_EQ(metadata.image_id, image_id());
}

TEST_F(LibpodService, S56_S57_NamesMetadataAndLayerName) {
  StorageRequest request = libpod_request("c1");
  request.mount_label = "label";
  const ContainerInfo info = libpod().create_container(request, {}).value();
  EXPECT_EQ(info.mount_label, "label");
  EXPECT_EQ(info.config->user, "app");
  const storage::Record stored = record("c1");
  EXPECT_EQ(stored.owner, kLibpodOwner);
  EXPECT_THAT(stored.names, ElementsAre("name-c1"));
  EXPECT_THAT(stored.layer_names, ElementsAre("name-c1-layer"));
  const auto created = std::to_string(libpod().container_metadata("c1")->created_at);
  EXPECT_EQ(stored.metadata, "{\"image-name\":\"" + kImage + "\",\"image-id\":\"" + image_id() +
                                 "\",\"name\":\"name-c1\",\"created-at\":" + created +
                                 ",\"mountlabel\":\"label\"}");
}

TEST_F(LibpodService, S57_AFailureLeavesNothing) {
  make("c1");
  const Digest before = digest();
  const auto directories_before = directories();
  StorageRequest request = libpod_request("c2");
  request.container_name = "name-c1";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "already_exists");
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(directories(), directories_before);
}

TEST_F(LibpodService, S58_EachCallHasItsOwnErrors) {
  const StorageService service = libpod();
  const Wrong empty{Errc::invalid_argument, BadInput::container_id};
  const Wrong no_such{Errc::not_found, BadInput::container_id};
  const Wrong raw{Errc::not_found, {}};
  EXPECT_EQ(wrong(service.delete_container("")), empty);
  EXPECT_EQ(wrong(service.delete_container("none")), raw);
  EXPECT_EQ(wrong(service.stop_container("")), empty);
  EXPECT_EQ(wrong(service.stop_container("none")), raw);
  EXPECT_EQ(wrong(service.start_container("none")), no_such);
  EXPECT_EQ(wrong(service.work_dir("none")), no_such);
  EXPECT_EQ(wrong(service.run_dir("none")), no_such);
  EXPECT_THAT(service.container_metadata("none").error().message(),
              HasSubstr("identifier is not a layer, image, or container"));
}

TEST_F(LibpodService, S58_StartsStopsAndDeletes) {
  make("c1");
  const fs::path at = libpod().start_container("name-c1").value();
  EXPECT_TRUE(is_mounted(at));
  EXPECT_TRUE(fs::exists(libpod().run_dir("c1").value() / "config.json"));
  ASSERT_EQ(words(libpod().stop_container("c1")), "");
  EXPECT_FALSE(fs::exists(at));
  LibpodMetadata metadata = libpod().container_metadata("c1").value();
  metadata.mount_label = "changed";
  ASSERT_EQ(words(libpod().set_container_metadata("c1", metadata)), "");
  EXPECT_EQ(libpod().container_metadata("c1").value(), metadata);
  ASSERT_EQ(words(libpod().delete_container("c1")), "");
  EXPECT_THAT(libpod().list().value(), IsEmpty());
}

TEST_F(LibpodService, S59_UnmountingCountsAndTellsWhatIsLeft) {
  make("c1");
  const StorageService service = libpod();
  EXPECT_EQ(service.mounted("c1").value(), std::nullopt);
  const fs::path at = service.start_container("c1").value();
  ASSERT_EQ(words(service.start_container("c1")), "");
  EXPECT_EQ(*service.mounted("c1").value(), (MountedContainer{"c1", at, 2}));
  EXPECT_TRUE(service.unmount_container("c1").value());
  EXPECT_FALSE(service.unmount_container("c1").value());
  const auto again = service.unmount_container("c1");
  ASSERT_EQ(outcome(again), "not_found");
  EXPECT_EQ(again.error().kind(), "mount");
  EXPECT_THAT(again.error().message(), HasSubstr("not mounted"));
  EXPECT_FALSE(service.unmount_container("c1", snapshots::Force::yes).value());
}

TEST_F(LibpodService, S56_EachServiceSparesWhatTheOtherMade) {
  make("l1");
  ASSERT_EQ(words(service().create_pod_sandbox(pod("p1"), {})), "");
  EXPECT_THAT(libpod().list().value(), ElementsAre("l1"));
  EXPECT_THAT(service().list().value(), ElementsAre("p1"));
  EXPECT_EQ(service().pods()->size(), 1u);
  EXPECT_THAT(service().wipe().value(), ElementsAre("p1"));
  EXPECT_THAT(libpod().list().value(), ElementsAre("l1"));
  ASSERT_EQ(words(service().create_pod_sandbox(pod("p1"), {})), "");
  EXPECT_THAT(libpod().wipe().value(), ElementsAre("l1"));
  EXPECT_THAT(service().list().value(), ElementsAre("p1"));
}

TEST_F(LibpodService, S56_PruneTakesWhatIsUnusedAndSparesTheOthers) {
  make("l1");
  make("l2");
  make("l3");
  ASSERT_EQ(words(service().create_pod_sandbox(pod("p1"), {})), "");
  ASSERT_EQ(words(libpod().start_container("l1")), "");
  const tasks::Task task = tasks::of_process("l2", ::getpid()).value();
  ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) { return tasks::create(tx, kNs, task); })),
            "");
  EXPECT_THAT(libpod().prune().value(), ElementsAre("l3"));
  EXPECT_THAT(libpod().list().value(), ElementsAre("l1", "l2"));
  EXPECT_THAT(service().prune().value(), ElementsAre("p1"));
  EXPECT_THAT(libpod().list().value(), ElementsAre("l1", "l2"));
}

TEST_F(LibpodService, S59_AContainerMayHaveARootOfItsOwn) {
  const fs::path rootfs = store_.work("rootfs");
  fs::create_directory(rootfs);
  StorageRequest request = libpod_request("c1");
  request.image_name.clear();
  request.rootfs = rootfs;
  request.config = R"({"ociVersion":"1.1.0","root":{"path":"elsewhere","readonly":true}})";
  const auto made = libpod().create_container(request, {});
  ASSERT_EQ(words(made), "");
  EXPECT_EQ(made->config, std::nullopt) << "there is no image";
  const Container container = store_.get("c1").value();
  EXPECT_EQ(container.image + container.snapshotter + container.snapshot_key, "");
  EXPECT_THAT(container.labels, IsEmpty());
  EXPECT_EQ(libpod().start_container("c1").value(), rootfs);
  EXPECT_FALSE(is_mounted(rootfs));
  EXPECT_THAT(read_text_file(made->run_dir / "config.json"), HasSubstr(rootfs.native()));
  EXPECT_EQ(libpod().mounted("c1").value(), std::nullopt);
  EXPECT_EQ(outcome(libpod().unmount_container("c1")), "not_found");
  EXPECT_EQ(words(libpod().stop_container("c1")), "");
  ASSERT_EQ(words(libpod().delete_container("c1")), "");
  EXPECT_TRUE(fs::is_directory(rootfs)) << "it is the caller's";
  EXPECT_FALSE(fs::exists(made->dir));
}

TEST_F(LibpodService, S59_ARootThatCannotBeIsSaid) {
  StorageRequest request = libpod_request("c1");
  request.rootfs = store_.work("rootfs");
  request.config = "{}";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "an image besides";
  request.image_name.clear();
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "not_found");
  fs::create_directory(request.rootfs);
  request.config.clear();
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "nothing says what runs";
  request.rootfs = "rootfs";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument");
  EXPECT_THAT(libpod().list().value(), IsEmpty());
}

TEST_F(LibpodService, ANameOfTheOtherServiceSaysWhose) {
  make("l1");
  ContainerRequest request = member("p1", "c1");
  request.container_name = "name-l1";
  const auto refused = service().create_container(request, {});
  ASSERT_EQ(outcome(refused), "already_exists");
  EXPECT_THAT(refused.error().message(), HasSubstr("which libpod made"));
}

TEST_F(LibpodService, S59_AContainerMayBeMadeFromASnapshot) {
  make("c1");
  const std::string parent = store_.snapshot("c1")->parent;
  StorageRequest request = libpod_request("c2");
  request.snapshot = parent;
  request.config = R"({"ociVersion":"1.1.0"})";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "an image besides";
  request.image_name.clear();
  request.rootfs = store_.work("rootfs");
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "a rootfs besides";
  request.rootfs.clear();
  const auto made = libpod().create_container(request, {});
  ASSERT_EQ(words(made), "");
  EXPECT_EQ(made->config, std::nullopt);
  EXPECT_EQ(store_.get("c2")->image, "");
  EXPECT_EQ(store_.snapshot("c2")->parent, parent);
  EXPECT_EQ(libpod().container_metadata("c2")->image_id, "");
  const fs::path at = libpod().start_container("name-c2").value();
  EXPECT_EQ(read_text_file(at / "from-1000"), "x");
  ASSERT_EQ(words(libpod().delete_container("c2")), "");
  EXPECT_EQ(outcome(store_.snapshot("c2")), "not_found");
  EXPECT_EQ(words(store_.snapshot(parent)), "");
}

TEST_F(LibpodService, S59_ASnapshotThatCannotBeOneIsSaid) {
  make("c1");
  StorageRequest request = libpod_request("c2");
  request.image_name.clear();
  request.config = "{}";
  const auto directories_before = directories();
  const Digest before = digest();
  request.snapshot = "none";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "not_found");
  request.snapshot = "c1";
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "not committed";
  request.snapshot = store_.snapshot("c1")->parent;
  request.config.clear();
  EXPECT_EQ(outcome(libpod().create_container(request, {})), "invalid_argument") << "nothing says what runs";
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(directories(), directories_before);
}

TEST_F(LibpodService, S59_LabelsAndIdMapsAreAnswered) {
  StorageRequest request = libpod_request("c1");
  request.mount_label = "u:object_r:container_file_t:s0";
  request.config =
      R"({"process":{"selinuxLabel":"u:r:container_t:s0:c1,c2"},"linux":{)"
      R"("uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],)"
      R"("gidMappings":[{"containerID":0,"hostID":5,"size":1},{"containerID":1,"hostID":9,"size":4294967295}]}})";
  const auto made = libpod().create_container(request, {});
  ASSERT_EQ(words(made), "");
  EXPECT_EQ(made->mount_label, request.mount_label);
  EXPECT_EQ(made->process_label, "u:r:container_t:s0:c1,c2");
  EXPECT_THAT(made->uid_map, ElementsAre(IdMapping{0, 100000, 65536}));
  EXPECT_THAT(made->gid_map, ElementsAre(IdMapping{0, 5, 1}, IdMapping{1, 9, 4294967295}));
  request = libpod_request("c2");
  const auto plain = libpod().create_container(request, {});
  ASSERT_EQ(words(plain), "");
  EXPECT_EQ(plain->process_label, "");
  EXPECT_THAT(plain->uid_map, IsEmpty());
}

TEST_F(LibpodService, S59_IdMapsThatAreNoneMakeNothing) {
  const auto with = [&](const std::string& mapping) {
    StorageRequest request = libpod_request("c1");
    request.config = R"({"linux":{"uidMappings":)" + mapping + "}}";
    return outcome(libpod().create_container(request, {}));
  };
  for (const char* mapping :
       {R"({})", R"([1])", R"([{"containerID":0,"hostID":0}])", R"([{"containerID":-1,"hostID":0,"size":1}])",
        R"([{"containerID":0,"hostID":4294967296,"size":1}])",
        R"([{"containerID":0,"hostID":"0","size":1}])"}) {
    EXPECT_EQ(with(mapping), "invalid_argument") << mapping;
  }
  EXPECT_THAT(libpod().list().value(), IsEmpty());
}

}  // namespace
}  // namespace bayplan::containers
