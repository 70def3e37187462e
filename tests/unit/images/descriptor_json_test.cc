#include "descriptor_json.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const Digest kHello = Digest::of("hello");

Result<Descriptor> read(std::string_view text) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(text, "descriptor"));
  return read_descriptor(document.root());
}

// A descriptor of "hello" with one member replaced or added.
std::string with(std::string_view member, std::string_view value) {
  const std::pair<std::string_view, std::string> members[] = {
      {"mediaType", "\"text/plain\""}, {"digest", "\"" + kHello.to_string() + "\""}, {"size", "5"}};
  std::string text = "{";
  for (const auto& [name, standard] : members) {
    if (name != member) text.append("\"").append(name).append("\":").append(standard).append(",");
  }
  return text.append("\"").append(member).append("\":").append(value).append("}");
}

TEST(DescriptorJson, ReadsEveryMemberItKeeps) {
  const auto descriptor = read(with("annotations", R"({"k":"v","empty":""})"));
  ASSERT_EQ(outcome(descriptor), "ok");
  EXPECT_EQ(*descriptor, (Descriptor{"text/plain", kHello, 5, {{"k", "v"}, {"empty", ""}}}));
}

TEST(DescriptorJson, UrlsAreHttpWithoutCredentialsAndGoNowhere) {
  EXPECT_EQ(outcome(read(with("urls", R"(["http://127.0.0.1:1/x", "https://a/b@c?d@e"])"))), "ok");
  for (const char* urls :
       {R"(["file:///etc/passwd"])", R"(["http://user:pw@127.0.0.1:9/x"])", R"(["//a/b"])", "7", "[7]"}) {
    EXPECT_EQ(outcome(read(with("urls", urls))), "invalid_argument") << urls;
  }
}

TEST(DescriptorJson, IgnoresUnknownMembers) { EXPECT_EQ(outcome(read(with("com.example", "{}"))), "ok"); }

TEST(DescriptorJson, RefusesAnotherJsonType) {
  EXPECT_EQ(outcome(read("[]")), "invalid_argument");
  EXPECT_EQ(outcome(read("{}")), "invalid_argument");
}

TEST(DescriptorJson, SizeIsAnIntegerOfAtLeastZero) {
  EXPECT_EQ(outcome(read(with("size", "0"))), "ok");
  EXPECT_EQ(outcome(read(with("size", "9223372036854775807"))), "ok");
  for (const char* size :
       {"-1", "5.0", "5e0", "\"5\"", "9223372036854775808", "18446744073709551616", "null", "true"}) {
    EXPECT_EQ(outcome(read(with("size", size))), "invalid_argument") << size;
  }
}

TEST(DescriptorJson, DigestIsOfARegisteredForm) {
  const std::string hex = kHello.hex();
  EXPECT_EQ(
      outcome(read(with("digest", "\"" + Digest::of("hello", DigestAlgorithm::sha512).to_string() + "\""))),
      "ok");
  for (const std::string& digest :
       {std::string(), std::string("sha256:"), "sha256:" + hex.substr(1), "SHA256:" + hex,
        "sha256:" + std::string(64, 'A'), std::string("sha256:../../../etc/passwd"), "../sha256:" + hex,
        "sha256:" + hex + "\\n", "sha256:" + hex + "\\u0000", "sha256:" + hex + "?x=y"}) {
    EXPECT_EQ(outcome(read(with("digest", "\"" + digest + "\""))), "invalid_argument") << digest;
  }
  EXPECT_EQ(outcome(read(with("digest", "\"md5:" + std::string(32, 'a') + "\""))), "unsupported");
}

TEST(DescriptorJson, MediaTypeIsRequiredAndPlain) {
  for (const char* type : {"\"\"", "\"text\"", "\"text/html; charset=utf-8\"", "null", "1"}) {
    EXPECT_EQ(outcome(read(with("mediaType", type))), "invalid_argument") << type;
  }
  EXPECT_EQ(outcome(read("{\"digest\":\"" + kHello.to_string() + "\",\"size\":5}")), "invalid_argument");
}

TEST(DescriptorJson, AnnotationsAreTextByTextWithUsableKeys) {
  EXPECT_EQ(outcome(read(with("annotations", "null"))), "ok");
  for (const char* annotations : {"[]", "\"a\"", R"({"a":1})", R"({"a":null})", R"({"":"a"})",
                                  R"({"a\u0000b":"c"})", R"({"a":"b\u0000"})"}) {
    EXPECT_EQ(outcome(read(with("annotations", annotations))), "invalid_argument") << annotations;
  }
}

TEST(DescriptorJson, InlineDataMustBeTheContent) {
  EXPECT_EQ(outcome(read(with("data", "\"aGVsbG8=\""))), "ok");
  EXPECT_EQ(outcome(read(with("data", "\"aGVsbG8h\""))), "digest_mismatch") << "longer";
  EXPECT_EQ(outcome(read(with("data", "\"SGVsbG8=\""))), "digest_mismatch") << "as long, another text";
  EXPECT_EQ(outcome(read(with("data", "\"\""))), "digest_mismatch");
  EXPECT_EQ(outcome(read(with("data", "\"not base64\""))), "invalid_argument");
  EXPECT_EQ(outcome(read(with("data", "\"aGVsbG8\""))), "invalid_argument") << "without padding";
  EXPECT_EQ(outcome(read(with("data", "[104]"))), "invalid_argument");
}

TEST(DescriptorJson, TheEmptyTypeIsTheTwoBytesEverybodyKnows) {
  const auto empty = [](std::string_view digest, std::string_view size) {
    return read(std::string(R"({"mediaType":"application/vnd.oci.empty.v1+json","digest":")")
                    .append(digest)
                    .append("\",\"size\":")
                    .append(size)
                    .append("}"));
  };
  constexpr std::string_view kDigest =
      "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  EXPECT_EQ(outcome(empty(kDigest, "2")), "ok");
  EXPECT_EQ(outcome(empty(kDigest, "3")), "digest_mismatch");
  EXPECT_EQ(outcome(empty(kHello.to_string(), "2")), "digest_mismatch");
}

}  // namespace
}  // namespace bayplan::images
