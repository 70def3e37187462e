#include "transfer_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

using testing::HasSubstr;

TEST(RegistryWords, ListedErrors) {
  EXPECT_EQ(
      registry_words(
          R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such"},{"code":"DENIED","message":""}]})"),
      "MANIFEST_UNKNOWN: no such, DENIED");
  EXPECT_TRUE(has_registry_code(R"({"errors":[{"code":"DENIED","message":"x"}]})", "DENIED"));
  EXPECT_FALSE(has_registry_code("DENIED", "DENIED"));
}

TEST(RegistryWords, AnyBodyIsEscapedAndCut) {
  EXPECT_EQ(registry_words("\x1b[31mred\n"), "\\x1b[31mred\\n");
  EXPECT_EQ(registry_words(""), "");
  EXPECT_LE(registry_words(std::string(100'000, '\x1b')).size(), 1026u);
  EXPECT_THAT(registry_words(R"({"errors":[{"code":"X","message":"\u001b[2J"}]})"), HasSubstr("\\x1b[2J"));
  EXPECT_EQ(registry_words(R"({"errors":"odd"})"), R"({"errors":"odd"})");
}

TEST(StatusFailure, ClassesAndWhatPasses) {
  struct Row {
    long status;
    Errc code;
    bool passing;
  };
  for (const Row& row :
       {Row{400, Errc::invalid_argument, false}, Row{401, Errc::permission_denied, false},
        Row{403, Errc::permission_denied, false}, Row{404, Errc::not_found, false},
        Row{405, Errc::unsupported, false}, Row{408, Errc::io, true}, Row{413, Errc::too_large, false},
        Row{418, Errc::io, false}, Row{429, Errc::busy, true}, Row{500, Errc::io, true},
        Row{501, Errc::unsupported, false}, Row{503, Errc::busy, true}, Row{504, Errc::io, true}}) {
    const Failure failure = status_failure(row.status, {}, "", "blob", "x");
    EXPECT_EQ(failure.error.code(), row.code) << row.status;
    EXPECT_EQ(failure.passing, row.passing) << row.status;
  }
}

TEST(StatusFailure, TheRegistrysCodeSaysMoreThanTheStatus) {
  const auto of = [](const std::string& code) {
    return status_failure(400, {}, R"({"errors":[{"code":")" + code + R"(","message":"m"}]})", "manifest",
                          "x")
        .error.code();
  };
  EXPECT_EQ(of("DIGEST_INVALID"), Errc::digest_mismatch);
  EXPECT_EQ(of("MANIFEST_BLOB_UNKNOWN"), Errc::failed_precondition);
  EXPECT_EQ(of("MANIFEST_INVALID"), Errc::invalid_argument);
}

TEST(StatusFailure, KeepsRetryAfter) {
  HeaderFields fields;
  fields.add_line("Retry-After: 3\r\n");
  EXPECT_EQ(status_failure(429, fields, "", "blob", "x").retry_after, std::chrono::seconds(3));
}

}  // namespace
}  // namespace bayplan::registry
