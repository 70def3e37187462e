#include "import_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Descriptor descriptor_of(std::string_view content, std::map<std::string, std::string> annotations = {}) {
  return {"application/vnd.oci.image.manifest.v1+json", Digest::of(content), content.size(),
          std::move(annotations)};
}

SourceImage image_of(std::string_view content, std::vector<std::string> names) {
  return {.target = descriptor_of(content), .names = std::move(names)};
}

Result<std::vector<std::string>> names_of(const std::vector<SourceImage>& images,
                                          std::string_view wanted = {},
                                          std::vector<std::string>* warnings = nullptr) {
  std::vector<std::string> ignored;
  BAYPLAN_ASSIGN(const auto named, name_images(images, wanted, "base", warnings ? *warnings : ignored));
  std::vector<std::string> names;
  for (const NamedImage& image : named) names.push_back(image.name);
  return names;
}

struct Base {
  const char* path;
  const char* base;
};
class BaseName : public testing::TestWithParam<Base> {};

TEST_P(BaseName, IsAPathComponentOfAReference) {
  EXPECT_EQ(base_name(GetParam().path), GetParam().base) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(Paths, BaseName,
                         testing::Values(Base{"/a/alpine.tar", "alpine"},
                                         Base{"/a/Alpine-3.TAR.GZ", "alpine-3"},
                                         Base{"x/image.tar.zst", "image"}, Base{"a.tgz", "a"},
                                         Base{"/layouts/tiny/", "tiny"}, Base{"/layouts/tiny/.", "tiny"},
                                         Base{"/x/..a__b  c--d..", "a_b-c-d"}, Base{"/x/\xC3\xA9", "image"},
                                         Base{"/x/.tar", "tar"}, Base{"/x/v1.2.oci", "v1.2"},
                                         Base{"/", "image"}));

TEST(AnnotatedNames, ContainerdsNameComesFirst) {
  const auto descriptor = descriptor_of(
      "m", {{"io.containerd.image.name", "example.org/a:1"}, {"org.opencontainers.image.ref.name", "2"}});
  EXPECT_THAT(annotated_names(descriptor, "base"), ElementsAre("example.org/a:1"));
}

TEST(AnnotatedNames, ABareTagGoesBehindTheSourcesName) {
  const auto descriptor = descriptor_of("m", {{"org.opencontainers.image.ref.name", "v1.2"}});
  EXPECT_THAT(annotated_names(descriptor, "base"), ElementsAre("localhost/base:v1.2"));
}

TEST(AnnotatedNames, AFullNameStaysWhatItIs) {
  for (const std::string name : {"docker.io/library/a:1", "a:1", "a/b", "a@sha256:0"}) {
    const auto descriptor = descriptor_of("m", {{"org.opencontainers.image.ref.name", name}});
    EXPECT_THAT(annotated_names(descriptor, "base"), ElementsAre(name));
  }
}

TEST(AnnotatedNames, NoAnnotationNoName) {
  EXPECT_THAT(annotated_names(descriptor_of("m"), "base"), IsEmpty());
}

TEST(NameImages, NamesAreCanonicalReferences) {
  EXPECT_THAT(names_of({image_of("m", {"old:1", "example.org/x"})}).value(),
              ElementsAre("docker.io/library/old:1", "example.org/x:latest"));
}

TEST(NameImages, ANameGivenReplacesAllOthersEvenHostileOnes) {
  EXPECT_THAT(names_of({image_of("m", {"a", "../../x"})}, "mine:2").value(),
              ElementsAre("docker.io/library/mine:2"));
}

TEST(NameImages, ANameGivenForSeveralImagesIsRefused) {
  EXPECT_EQ(outcome(names_of({image_of("m", {"a"}), image_of("n", {"b"})}, "mine")), "invalid_argument");
}

TEST(NameImages, ANameGivenServesOneImageListedTwice) {
  EXPECT_THAT(names_of({image_of("m", {"a"}), image_of("m", {"b"})}, "mine").value(),
              ElementsAre("docker.io/library/mine:latest"));
}

TEST(NameImages, TheOnlyImageWithoutANameIsNamedAfterTheSource) {
  EXPECT_THAT(names_of({image_of("m", {})}).value(), ElementsAre("localhost/base:latest"));
}

TEST(NameImages, OneOfSeveralWithoutANameIsLeftOutWithAWarning) {
  std::vector<std::string> warnings;
  EXPECT_THAT(names_of({image_of("m", {"a"}), image_of("n", {})}, {}, &warnings).value(),
              ElementsAre("docker.io/library/a:latest"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr(Digest::of("n").to_string())));
}

TEST(NameImages, AnImageNamedElsewhereIsNotWarnedOf) {
  std::vector<std::string> warnings;
  EXPECT_THAT(names_of({image_of("m", {"a"}), image_of("m", {})}, {}, &warnings).value(),
              ElementsAre("docker.io/library/a:latest"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(NameImages, SeveralWithoutAnyNameAreNotFound) {
  EXPECT_EQ(outcome(names_of({image_of("m", {}), image_of("n", {})})), "not_found");
}

TEST(NameImages, NoImageIsNotFound) { EXPECT_EQ(outcome(names_of({})), "not_found"); }

TEST(NameImages, OneNameForTwoImagesIsRefused) {
  EXPECT_EQ(outcome(names_of({image_of("m", {"a"}), image_of("n", {"docker.io/library/a:latest"})})),
            "invalid_argument");
}

TEST(NameImages, OneNameTwiceForOneImageIsOneName) {
  EXPECT_THAT(names_of({image_of("m", {"a", "a:latest"})}).value(),
              ElementsAre("docker.io/library/a:latest"));
}

TEST(NameImages, ADigestInANameMustBeTheImages) {
  EXPECT_EQ(outcome(names_of({image_of("m", {"a@" + Digest::of("m").to_string()})})), "ok");
  EXPECT_EQ(outcome(names_of({image_of("m", {"a@" + Digest::of("n").to_string()})})), "invalid_argument");
}

TEST(NameImages, HostileNamesAreRefused) {
  for (const std::string name : {"../../x:y", "A/B:c", "a\nb", "-rf", "a:b:c", "https://a/b"}) {
    EXPECT_EQ(outcome(names_of({image_of("m", {name})})), "invalid_argument") << name;
  }
  EXPECT_EQ(outcome(names_of({image_of("m", {std::string("a\0b", 3)})})), "invalid_argument");
  EXPECT_EQ(outcome(names_of({image_of("m", {std::string(5000, 'a')})})), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
