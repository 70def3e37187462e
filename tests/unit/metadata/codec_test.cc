// Vectors worked out by hand from the documented formats of Go's time and encoding/binary, and of protobuf.
#include "bayplan/metadata/codec.h"

#include <limits>

#include "store_test_base.h"

namespace bayplan::metadata::codec {
namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}
Time at(std::int64_t seconds, std::int64_t nanos) {
  return Time(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos));
}

// time.Unix(0, 0).UTC() and time.Date(2024, 2, 29, 12, 34, 56, 789000001, UTC).
const std::string kEpoch = bytes_of({1, 0, 0, 0, 0x0e, 0x77, 0x91, 0xf7, 0, 0, 0, 0, 0, 0xff, 0xff});
const std::string kLeapDay =
    bytes_of({1, 0, 0, 0, 0x0e, 0xdd, 0x72, 0x70, 0xf0, 0x2f, 0x07, 0x2f, 0x41, 0xff, 0xff});

TEST(CodecTime, matches_go) {
  EXPECT_EQ(encode_time(at(0, 0)), kEpoch);
  EXPECT_EQ(encode_time(at(1709210096, 789000001)), kLeapDay);
  EXPECT_EQ(decode_time(kEpoch).value(), at(0, 0));
  EXPECT_EQ(decode_time(kLeapDay).value(), at(1709210096, 789000001));
}

TEST(CodecTime, comes_back) {
  for (const Time time : {at(-1, 999999999), at(-3600, 1), at(4102444800, 5), now()}) {
    EXPECT_EQ(decode_time(encode_time(time)).value(), time);
  }
}

TEST(CodecTime, zones_do_not_move_the_instant) {
  std::string east = kLeapDay;
  east[13] = 0;
  east[14] = 120;
  EXPECT_EQ(decode_time(east).value(), at(1709210096, 789000001));
  std::string with_seconds = east + '\x1e';
  with_seconds[0] = 2;
  EXPECT_EQ(decode_time(with_seconds).value(), at(1709210096, 789000001));
}

TEST(CodecTime, refuses_what_is_none) {
  std::string version = kEpoch;
  version[0] = 3;
  std::string nanos = kEpoch;
  nanos[9] = '\x7f';
  std::string far = kEpoch;
  far[1] = '\x7f';
  std::string longer = kEpoch + '\0';
  const std::string year_one = bytes_of({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
  for (const std::string& bad :
       {std::string(), version, nanos, far, longer, kEpoch.substr(0, 14), year_one}) {
    EXPECT_EQ(code(decode_time(bad)), Errc::corrupt);
  }
}

TEST(CodecVarint, matches_go) {
  EXPECT_EQ(encode_varint(0), bytes_of({0}));
  EXPECT_EQ(encode_varint(-1), bytes_of({1}));
  EXPECT_EQ(encode_varint(4), bytes_of({8}));
  EXPECT_EQ(encode_varint(64), bytes_of({0x80, 1}));
  EXPECT_EQ(encode_varint(1234567), bytes_of({0x8e, 0xda, 0x96, 0x01}));
  EXPECT_EQ(encode_varint(std::numeric_limits<std::int64_t>::min()),
            bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}));
}

TEST(CodecVarint, comes_back) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{-64}, std::int64_t{1} << 40,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(decode_varint(encode_varint(number)).value(), number);
  }
}

TEST(CodecVarint, refuses_what_is_none) {
  for (const std::string& bad : {std::string(), bytes_of({0x80}), bytes_of({0x80, 0}), bytes_of({0, 0}),
                                 bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}),
                                 bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1})}) {
    EXPECT_EQ(code(decode_varint(bad)), Errc::corrupt);
  }
  EXPECT_EQ(decode_size(encode_varint(77)).value(), 77u);
  EXPECT_EQ(code(decode_size(encode_varint(-1))), Errc::corrupt);
}

TEST(CodecAny, matches_the_wire_format) {
  const Any any{"type/x", "val"};
  const std::string wire = "\x0a\x06type/x\x12\x03val";
  EXPECT_EQ(encode_any(any), wire);
  EXPECT_EQ(decode_any(wire).value(), any);
  EXPECT_EQ(encode_any({}), "");
  EXPECT_EQ(decode_any("").value(), Any{});
  EXPECT_EQ(decode_any(encode_any({"t", std::string(300, '\0')})).value().value.size(), 300u);
}

TEST(CodecAny, skips_unknown_fields_and_takes_the_last) {
  const std::string unknown =
      "\x18\x96\x01"
      "\x21"
      "12345678"
      "\x2d"
      "1234"
      "\x32\x02xy";
  EXPECT_EQ(decode_any(unknown + "\x0a\x01"
                                 "a"
                                 "\x0a\x01"
                                 "b"
                                 "\x12\x01"
                                 "v")
                .value(),
            (Any{"b", "v"}));
}

TEST(CodecAny, refuses_what_is_none) {
  for (const std::string& bad : {std::string("\x0a"),
                                 std::string("\x0a\x05"
                                             "abc"),
                                 std::string("\x08\x01"), std::string("\x0b"), std::string("\0", 1),
                                 std::string("\x12\xff\xff\xff\xff\x0f"), std::string(11, '\xff')}) {
    EXPECT_EQ(code(decode_any(bad)), Errc::corrupt);
  }
}

class CodecRecord : public StoreTest {};

TEST_F(CodecRecord, maps_are_replaced_as_a_whole) {
  update([](WriteTx& tx) {
    auto record = tx.create_bucket("record").value();
    EXPECT_TRUE(read_map(record, "labels").value().empty());
    write_map(record, "labels", {{"a", "1"}, {"b", "2"}, {"empty", ""}}).value();
    EXPECT_EQ(read_map(record, "labels").value(), (Labels{{"a", "1"}, {"b", "2"}}));
    write_map(record, "labels", {{"b", "3"}, {"c", "4"}}).value();
    EXPECT_EQ(read_map(record, "labels").value(), (Labels{{"b", "3"}, {"c", "4"}}));
    write_map(record, "labels", {{"gone", ""}}).value();
    EXPECT_FALSE(record.bucket("labels").value().has_value());
    write_map(record, "labels", {}).value();
  });
}

TEST_F(CodecRecord, unchanged_entries_keep_their_revision) {
  update([](WriteTx& tx) {
    auto record = tx.create_bucket("record").value();
    record.put("large", std::string(1000, 'v')).value();
    write_map(record, "labels", {{"a", "1"}, {"b", "2"}, {"large", std::string(1000, 'v')}}).value();
  });
  update([](WriteTx& tx) {
    auto record = *tx.bucket("record").value();
    write_map(record, "labels", {{"a", "1"}, {"b", "3"}, {"large", std::string(1000, 'v')}}).value();
    const auto labels = *record.bucket("labels").value();
    EXPECT_EQ(labels.entry("a").value()->revision, 1u);
    EXPECT_EQ(labels.entry("b").value()->revision, 2u);
  });
}

TEST_F(CodecRecord, a_bucket_inside_a_map_is_damage) {
  update([](WriteTx& tx) {
    auto record = tx.create_bucket("record").value();
    record.create_bucket("labels").value().create_bucket("sub").value();
    EXPECT_EQ(code(read_map(record, "labels")), Errc::corrupt);
    EXPECT_EQ(code(write_map(record, "labels", {{"a", "1"}})), Errc::corrupt);
  });
}

TEST_F(CodecRecord, times_have_to_be_there) {
  update([](WriteTx& tx) {
    auto record = tx.create_bucket("record").value();
    EXPECT_EQ(code(read_times(record)), Errc::corrupt);
    write_times(record, {at(5, 6), at(7, 8)}).value();
    const Times times = read_times(record).value();
    EXPECT_EQ(times.created, at(5, 6));
    EXPECT_EQ(times.updated, at(7, 8));
    record.put("updatedat", "garbage").value();
    EXPECT_EQ(code(read_times(record)), Errc::corrupt);
  });
}

}  // namespace
}  // namespace bayplan::metadata::codec
