#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "bayplan/base/json.h"

namespace bayplan::json {
namespace {

std::string written(std::string_view text) {
  Writer writer;
  writer.string(text);
  return std::move(writer).take();
}

TEST(JsonWriter, NestsAndSeparates) {
  Writer writer;
  writer.begin_object();
  writer.key("list").begin_array().integer(-1).unsigned_integer(2).boolean(true).null().end_array();
  writer.member("name", "value").key("empty").begin_object().end_object();
  writer.end_object();
  EXPECT_EQ(std::move(writer).take(), R"({"list":[-1,2,true,null],"name":"value","empty":{}})");
}

TEST(JsonWriter, LargestNumbers) {
  Writer writer;
  writer.begin_array()
      .integer(std::numeric_limits<std::int64_t>::min())
      .integer(std::numeric_limits<std::int64_t>::max())
      .unsigned_integer(std::numeric_limits<std::uint64_t>::max())
      .end_array();
  EXPECT_EQ(std::move(writer).take(), "[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

TEST(JsonWriter, EscapesAsJsonAsks) {
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written("\b\f\n\r\t\x1b"), R"("\b\f\n\r\t\u001B")");
  EXPECT_EQ(written(std::string_view("a\0b", 3)), R"("a\u0000b")");
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written(std::string_view()), R"("")");
}

TEST(JsonWriter, KeysAreEscapedToo) {
  Writer writer;
  writer.begin_object().member("a\"\n", "v").end_object();
  EXPECT_EQ(std::move(writer).take(), R"({"a\"\n":"v"})");
}

TEST(JsonWriter, KeepsUtf8) {
  EXPECT_EQ(written("\xE2\x82\xAC \xF0\x9F\x90\xB3"), "\"\xE2\x82\xAC \xF0\x9F\x90\xB3\"");
}

TEST(JsonWriter, ReplacesEachInvalidByte) {
  EXPECT_EQ(written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(written("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xE2\x82\xAC\xFF"), "\"\xE2\x82\xAC\xEF\xBF\xBD\"");
}

TEST(JsonWriter, WhatItWritesParsesBack) {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  Writer writer;
  writer.begin_object().member("bytes", all_bytes).end_object();
  const std::string text = std::move(writer).take();
  const auto document = Document::parse(text, "written");
  ASSERT_TRUE(document);
  EXPECT_EQ(document.value().root().dump(), text);
}

TEST(JsonWriter, EmbedsAParsedValue) {
  const Document document = Document::parse(R"({"a":[1,{"b":null}]})", "test.json").value();
  Writer writer;
  writer.begin_object().key("copy").value(document.root()).end_object();
  EXPECT_EQ(std::move(writer).take(), R"({"copy":{"a":[1,{"b":null}]}})");
}

TEST(JsonWriter, MovesWithWhatItHas) {
  Writer first;
  first.begin_array();
  Writer second = std::move(first);
  second.integer(1).end_array();
  EXPECT_EQ(std::move(second).take(), "[1]");
}

}  // namespace
}  // namespace bayplan::json
