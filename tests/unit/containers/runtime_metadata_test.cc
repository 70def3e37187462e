// The metadata of both services, to the letter (items S28, S45, S56, N7).
#include "bayplan/containers/runtime_metadata.h"

#include <gtest/gtest.h>

#include "record_test.h"

namespace bayplan::containers {
namespace {

RuntimeMetadata full() {
  return {.pod = true,
          .pod_name = "web",
          .pod_id = "p1",
          .image_name = "docker.io/library/pause:3",
          .image_id = "aa",
          .name = "web-infra",
          .metadata_name = "POD",
          .uid = "u-1",
          .pod_namespace = "kube-system",
          .attempt = 4294967295,
          .created_at = 1700000000,
          .mount_label = "system_u:object_r:container_file_t:s0:c1,c2",
          .privileged = true};
}

TEST(RuntimeMetadata, S28_N7_EveryKeyToTheLetter) {
  EXPECT_EQ(
      encode(full()),
      R"({"pod":true,"pod-name":"web","pod-id":"p1","image-name":"docker.io/library/pause:3","image-id":"aa",)"
      R"("name":"web-infra","metadata-name":"POD","uid":"u-1","namespace":"kube-system","attempt":4294967295,)"
      R"("created-at":1700000000,"mountlabel":"system_u:object_r:container_file_t:s0:c1,c2","privileged":true})");
}

TEST(RuntimeMetadata, S28_N7_WhatIsEmptyIsWrittenOrLeftOut) {
  EXPECT_EQ(
      encode(RuntimeMetadata{}),
      R"({"pod-name":"","pod-id":"","image-name":"","image-id":"","name":"","metadata-name":"","created-at":0})");
}

TEST(RuntimeMetadata, S56_N7_LibpodsKeysToTheLetter) {
  EXPECT_EQ(
      encode(LibpodMetadata{"i", "aa", "web", 1700000000, "label"}),
      R"({"image-name":"i","image-id":"aa","name":"web","created-at":1700000000,"mountlabel":"label"})");
  EXPECT_EQ(encode(LibpodMetadata{}), R"({"image-name":"","image-id":"","name":"","created-at":0})");
}

TEST(RuntimeMetadata, S28_ReadsWhatItWrites) {
  EXPECT_EQ(decode_runtime_metadata(encode(full())).value(), full());
  EXPECT_EQ(decode_runtime_metadata("{}").value(), RuntimeMetadata{});
  EXPECT_EQ(decode_runtime_metadata(R"({"uid":null,"attempt":null})").value(), RuntimeMetadata{});
  const LibpodMetadata libpod{"i", "aa", "web", -1, "label"};
  EXPECT_EQ(decode_libpod_metadata(encode(libpod)).value(), libpod);
}

TEST(RuntimeMetadata, S28_UnknownKeysArePassedOver) {
  EXPECT_EQ(decode_runtime_metadata(R"({"name":"web","new":{"a":[1]},"POD":true})")->name, "web");
}

TEST(RuntimeMetadata, S28_UnknownKeysSurviveAChange) {
  RuntimeMetadata changed;
  changed.name = "new";
  EXPECT_EQ(
      encode_over(changed, R"({"z":{"b":1,"a":[null,true]},"name":"old","uid":"gone","a":9007199254740993})")
          .value(),
      R"({"pod-name":"","pod-id":"","image-name":"","image-id":"","name":"new","metadata-name":"","created-at":0,)"
      R"("z":{"b":1,"a":[null,true]},"a":9007199254740993})");
  EXPECT_EQ(encode_over(LibpodMetadata{}, R"({"pod-id":"p"})").value(),
            R"({"image-name":"","image-id":"","name":"","created-at":0,"pod-id":"p"})");
}

TEST(RuntimeMetadata, S56_CriOReadsLibpodsAndSeesNoPod) {
  const auto seen = decode_runtime_metadata(encode(LibpodMetadata{"i", "aa", "web", 5, ""}));
  EXPECT_EQ(seen->pod_id, "");
  EXPECT_EQ(seen->pod_name, "");
  EXPECT_EQ(seen->name, "web");
}

TEST(RuntimeMetadata, S45_WhatIsNoMetadataIsCorrupt) {
  for (const char* text : {"", "{", "[]", "null", R"({"pod":1})", R"({"name":1})", R"({"attempt":-1})",
                           R"({"attempt":4294967296})", R"({"attempt":1.5})", R"({"created-at":"5"})",
                           R"({"name":"a","name":"b"})"}) {
    EXPECT_EQ(code(decode_runtime_metadata(text)), Errc::corrupt) << text;
  }
  EXPECT_EQ(code(encode_over(RuntimeMetadata{}, "nonsense")), Errc::corrupt);
  EXPECT_EQ(code(decode_libpod_metadata("[]")), Errc::corrupt);
}

}  // namespace
}  // namespace bayplan::containers
