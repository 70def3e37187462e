#include "bayplan/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bayplan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  Errc code;
  int number;
  std::string_view name;
  std::string_view text;
};
constexpr Row kTable[] = {
#define BAYPLAN_ERROR(name, number, text, when) {Errc::name, number, #name, text},
#include "bayplan/base/error_codes.def"
#undef BAYPLAN_ERROR
};

TEST(ErrcTable, EveryCodeHasItsNumberNameAndText) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const Row& row : kTable) {
    EXPECT_EQ(static_cast<int>(row.code), row.number);
    EXPECT_EQ(errc_name(row.code), row.name);
    EXPECT_EQ(errc_text(row.code), row.text);
    EXPECT_TRUE(numbers.insert(row.number).second) << row.name << " shares its number";
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
  }
}

TEST(ErrcTable, NumbersThatWereGivenOutDoNotChange) {
  EXPECT_EQ(static_cast<int>(Errc::not_found), 1);
  EXPECT_EQ(static_cast<int>(Errc::busy), 8);
  EXPECT_EQ(static_cast<int>(Errc::io), 18);
}

TEST(ErrcTable, ValueOutsideTheTableIsUnknown) {
  EXPECT_EQ(errc_name(static_cast<Errc>(999)), "unknown");
  EXPECT_EQ(errc_text(static_cast<Errc>(0)), "unknown error");
}

TEST(Quoted, LeavesPlainTextAndUtf8Alone) {
  EXPECT_EQ(quoted("docker.io/library/a:1"), "\"docker.io/library/a:1\"");
  EXPECT_EQ(quoted("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\xB3"),
            "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\xB3\"");
  EXPECT_EQ(quoted(""), "\"\"");
}

TEST(Quoted, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(quoted("a\nb\rc\td"), "\"a\\nb\\rc\\td\"");
  EXPECT_EQ(quoted(std::string_view("\0\x1b[31m\x7f", 7)), "\"\\x00\\x1b[31m\\x7f\"");
}

TEST(Quoted, EscapesInvalidUtf8ByteByByte) {
  EXPECT_EQ(quoted("\xff\xC3("), "\"\\xff\\xc3(\"");
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"\\xed\\xa0\\x80\"");
}

TEST(Quoted, EscapesC1ControlsAndWhatReordersALine) {
  EXPECT_EQ(quoted("\xC2\x9B"
                   "31m"),
            "\"\\xc2\\x9b31m\"");
  EXPECT_EQ(quoted("a\xE2\x80\xAE"
                   "b"),
            "\"a\\xe2\\x80\\xaeb\"");
  EXPECT_EQ(quoted("\xE2\x81\xA6\xE2\x80\xA8"), "\"\\xe2\\x81\\xa6\\xe2\\x80\\xa8\"");
}

TEST(Quoted, CutsAfter256BytesAndSaysSo) {
  EXPECT_EQ(quoted(std::string(256, 'a')), '"' + std::string(256, 'a') + '"');
  EXPECT_EQ(quoted(std::string(257, 'a')), '"' + std::string(256, 'a') + "\"...");
}

TEST(Quoted, DoesNotCutThroughACharacter) {
  const std::string euro = "\xE2\x82\xAC";
  for (std::size_t before : {253u, 254u, 255u, 256u}) {
    const std::string text = std::string(before, 'a') + euro + "b";
    const std::string expected = before == 253 ? '"' + std::string(before, 'a') + euro + "\"..."
                                               : '"' + std::string(before, 'a') + "\"...";
    EXPECT_EQ(quoted(text), expected) << before;
  }
}

TEST(Quoted, CutInsideInvalidBytesEscapesThem) {
  const std::string text(300, '\x80');
  EXPECT_THAT(quoted(text), ::testing::EndsWith("\\x80\"..."));
  EXPECT_EQ(quoted(text).size(), 256 * 4 + 5);
}

TEST(Error, KeepsItsParts) {
  const Error error(Errc::not_found, "image", "a:1", "never pulled");
  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_EQ(error.kind(), "image");
  EXPECT_EQ(error.name(), "a:1");
  EXPECT_EQ(error.message(), "never pulled");
  EXPECT_EQ(error.advice(), "");
  EXPECT_EQ(error.os_errno(), 0);
}

TEST(Error, OneLineContextFirstAdviceLast) {
  const Error error = Error(Errc::digest_mismatch, "blob", "sha256:ab", "got sha256:cd")
                          .with_context("layer", "3")
                          .with_context("image", "docker.io/library/a:1")
                          .with_advice("pull it again");
  EXPECT_EQ(
      error.to_string(),
      "image \"docker.io/library/a:1\": layer \"3\": blob \"sha256:ab\": digest mismatch: got sha256:cd; "
      "pull it again");
}

TEST(Error, EmptyPartsLeaveNoTrace) {
  EXPECT_EQ(Error(Errc::cancelled, {}, {}).to_string(), "cancelled");
  EXPECT_EQ(Error(Errc::cancelled, "operation", {}).to_string(), "operation: cancelled");
  EXPECT_EQ(Error(Errc::cancelled, {}, "x").to_string(), "\"x\": cancelled");
  EXPECT_EQ(Error(Errc::cancelled, {}, {}, "by you").with_context("pull", {}).to_string(),
            "pull: cancelled: by you");
}

TEST(Error, StaysOnOneLineWhateverTheMessageHolds) {
  const Error error =
      Error(Errc::io, "file", "x", "server said:\n\x1b]0;owned\x07 \xff").with_advice("try\nagain");
  const std::string text = error.to_string();
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("server said:\\n\\x1b]0;owned\\x07 \\xff; try\\nagain"));
}

TEST(Error, MessageKeepsQuotesAndBackslashes) {
  EXPECT_EQ(Error(Errc::io, {}, {}, "got \"a\\b\"").to_string(), "I/O error: got \"a\\b\"");
}

TEST(Error, AdviceReplacesEarlierAdvice) {
  EXPECT_EQ(Error(Errc::busy, {}, {}).with_advice("wait").with_advice("kill it").advice(), "kill it");
}

TEST(Error, ContextOfACopyDoesNotReachTheOriginal) {
  const Error original(Errc::busy, "lock", "a");
  const Error copy = Error(original).with_context("store", "s").with_advice("wait");
  EXPECT_EQ(original.to_string(), "lock \"a\": busy");
  EXPECT_EQ(original.advice(), "");
  EXPECT_EQ(copy.to_string(), "store \"s\": lock \"a\": busy; wait");
}

TEST(Error, SharedCopiesCanBeReadAndExtendedByManyThreads) {
  const Error original(Errc::busy, "lock", "a", "held");
  std::vector<std::thread> threads;
  std::vector<std::string> texts(4);
  for (std::string& text : texts) {
    threads.emplace_back([original, &text] {
      for (int i = 0; i < 100; ++i) text = Error(original).with_context("store", "s").to_string();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, "store \"s\": lock \"a\": busy: held");
}

TEST(ErrorFromErrno, KeepsErrnoAndNamesTheCall) {
  const Error error = Error::from_errno(EIO, "file", "data", "fdatasync");
  EXPECT_EQ(error.code(), Errc::io);
  EXPECT_EQ(error.os_errno(), EIO);
  EXPECT_EQ(error.to_string(), "file \"data\": I/O error: fdatasync: Input/output error");
}

TEST(ErrorFromErrno, ErrnoSurvivesContextAndAdvice) {
  EXPECT_EQ(Error::from_errno(EIO, "file", "d", "read").with_context("a", "b").with_advice("c").os_errno(),
            EIO);
}

TEST(ErrorFromErrno, MapsEachErrnoToItsClass) {
  const std::vector<std::pair<int, Errc>> expected = {
      {ENOENT, Errc::not_found},
      {EEXIST, Errc::already_exists},
      {EACCES, Errc::permission_denied},
      {EPERM, Errc::permission_denied},
      {ENOSPC, Errc::no_space},
      {EDQUOT, Errc::no_space},
      {EROFS, Errc::read_only},
      {ELOOP, Errc::invalid_argument},
      {ENAMETOOLONG, Errc::invalid_argument},
      {EBUSY, Errc::busy},
      {EAGAIN, Errc::busy},
      {ENOSYS, Errc::unsupported},
      {EOPNOTSUPP, Errc::unsupported},
      {EIO, Errc::io},
      {EMFILE, Errc::io},
      {ENOTEMPTY, Errc::io},
      {123456, Errc::io},
  };
  for (const auto& [number, code] : expected) {
    EXPECT_EQ(errc_name(Error::from_errno(number, "file", "x", "call").code()), errc_name(code)) << number;
  }
}

}  // namespace
}  // namespace bayplan
