#include "media_type.h"

#include <gtest/gtest.h>

#include <string>

#include "bayplan/images/documents.h"

namespace bayplan::images {
namespace {

TEST(MediaType, KnowsIndexesManifestsAndConfigsOfBothFamilies) {
  EXPECT_EQ(media_kind("application/vnd.oci.image.index.v1+json"), MediaKind::index);
  EXPECT_EQ(media_kind("application/vnd.docker.distribution.manifest.list.v2+json"), MediaKind::index);
  EXPECT_EQ(media_kind("application/vnd.oci.image.manifest.v1+json"), MediaKind::manifest);
  EXPECT_EQ(media_kind("application/vnd.docker.distribution.manifest.v2+json"), MediaKind::manifest);
  EXPECT_EQ(media_kind("application/vnd.oci.image.config.v1+json"), MediaKind::config);
  EXPECT_EQ(media_kind("application/vnd.docker.container.image.v1+json"), MediaKind::config);
}

TEST(MediaType, KnowsLayersOfBothFamiliesAndWhichAreNondistributable) {
  const std::string oci = "application/vnd.oci.image.layer.";
  const std::string docker = "application/vnd.docker.image.rootfs.";
  for (const std::string& type : {oci + "v1.tar", oci + "v1.tar+gzip", oci + "v1.tar+zstd",
                                  docker + "diff.tar", docker + "diff.tar.gzip", docker + "diff.tar.zstd"}) {
    EXPECT_EQ(media_kind(type), MediaKind::layer) << type;
    EXPECT_FALSE(is_nondistributable(type)) << type;
  }
  for (const std::string& type : {oci + "nondistributable.v1.tar", oci + "nondistributable.v1.tar+gzip",
                                  oci + "nondistributable.v1.tar+zstd", docker + "foreign.diff.tar",
                                  docker + "foreign.diff.tar.gzip"}) {
    EXPECT_EQ(media_kind(type), MediaKind::layer) << type;
    EXPECT_TRUE(is_nondistributable(type)) << type;
  }
}

TEST(MediaType, EverythingElseIsOther) {
  for (const char* type :
       {"", "text/html", "application/vnd.oci.empty.v1+json", "application/vnd.docker.plugin.v1+json",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "application/vnd.erofs.layer.v1",
        "application/vnd.in-toto+json", "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        "APPLICATION/VND.OCI.IMAGE.INDEX.V1+JSON"}) {
    EXPECT_EQ(media_kind(type), MediaKind::other) << type;
    EXPECT_FALSE(is_nondistributable(type)) << type;
  }
}

TEST(MediaType, RecognisesSchema1) {
  EXPECT_TRUE(is_schema1("application/vnd.docker.distribution.manifest.v1+json"));
  EXPECT_TRUE(is_schema1("application/vnd.docker.distribution.manifest.v1+prettyjws"));
  EXPECT_FALSE(is_schema1(kDockerManifest));
}

TEST(MediaType, SyntaxIsRfc6838WithoutParameters) {
  for (const char* type : {"a/b", "application/vnd.x+json", "1/2", "a!#$&-^_.+/b"})
    EXPECT_TRUE(is_media_type(type)) << type;
  EXPECT_TRUE(is_media_type(std::string(127, 'a') + "/" + std::string(127, 'b')));
  EXPECT_FALSE(is_media_type(std::string(128, 'a') + "/b"));
  EXPECT_FALSE(is_media_type("a/" + std::string(128, 'b')));
  for (const char* type :
       {"", "a", "/", "a/", "/b", "a/b/c", "a/b; c=d", "a/b ", "+a/b", "a/.b", "a/b\n", "\xc3\xa9/b"}) {
    EXPECT_FALSE(is_media_type(type)) << type;
  }
}

}  // namespace
}  // namespace bayplan::images
