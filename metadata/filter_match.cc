// The part of filters that runs for each record.
#include <charconv>

#include "bayplan/metadata/codec.h"
#include "filter_plan.h"
#include "inline_bucket.h"

namespace bayplan::metadata {
namespace {

using Text = std::optional<std::string_view>;

template <class T>
bool compare(FilterOperator op, const T& left, const T& right) {
  switch (op) {
    case FilterOperator::equal:
      return left == right;
    case FilterOperator::not_equal:
      return left != right;
    case FilterOperator::less:
      return left < right;
    case FilterOperator::less_equal:
      return left <= right;
    case FilterOperator::greater:
      return left > right;
    case FilterOperator::greater_equal:
      return left >= right;
    case FilterOperator::present:
    case FilterOperator::matches:
      break;
  }
  return false;
}

bool finds(const FilterTest& test, std::string_view text) {
  return RE2::PartialMatch(text, *test.selector->pattern);
}

bool test_text(const FilterTest& test, const Text& value) {
  const Selector& selector = test.selector->selector;
  if (selector.op == FilterOperator::present) return value.has_value();
  const std::string_view text = value.value_or(std::string_view());
  if (selector.op == FilterOperator::matches) return finds(test, text);
  if (selector.op == FilterOperator::not_equal) return text != selector.value;
  return value && compare<std::string_view>(selector.op, text, selector.value);
}

Result<void> absent(const InlineScan& ended) { return ended.damaged() ? inline_damage() : Result<void>{}; }

Result<void> read_inline(std::string_view bytes, std::string_view inside, std::string_view key, Text& value) {
  InlineScan scan(bytes);
  InlineEntry entry;
  if (!inside.empty()) {
    if (!scan.find(inside, entry)) return absent(scan);
    if (!entry.is_bucket) return {};
    scan = InlineScan(entry.value);
  }
  if (!scan.find(key, entry)) return absent(scan);
  if (!entry.is_bucket) value = entry.value;
  return {};
}

Result<Text> look_up(const FilterTest& test, const Bucket& record) {
  const std::string_view inside = test.field->bucket;
  if (inside.empty()) return record.get(test.key);
  BAYPLAN_ASSIGN(const auto bucket, record.bucket(inside));
  return bucket ? bucket->get(test.key) : Text();
}

// A record, and its bytes where it lies in one row.
struct Tested {
  std::string_view key;
  const Bucket& record;
  std::optional<std::string_view> bytes;
};

Result<void> read(const FilterTest& test, const Tested& tested, Text& value) {
  if (!tested.bytes) {
    BAYPLAN_ASSIGN(value, look_up(test, tested.record));
  } else if (!test.key.empty()) {
    BAYPLAN_TRY(read_inline(*tested.bytes, test.field->bucket, test.key, value));
  }
  return {};
}

Result<std::int64_t> decode(FieldType type, std::string_view bytes) {
  if (type == FieldType::number) return codec::decode_varint(bytes);
  BAYPLAN_ASSIGN(const Time time, codec::decode_time(bytes));
  return time.time_since_epoch().count();
}

std::string as_text(FieldType type, std::int64_t value) {
  if (type == FieldType::number) return std::to_string(value);
  return format_rfc3339(Time(std::chrono::nanoseconds(value)));
}

Result<bool> test_ordered(const FilterTest& test, const Text& bytes) {
  const FilterOperator op = test.selector->selector.op;
  if (!bytes) return test_text(test, bytes);
  if (op == FilterOperator::present) return true;
  BAYPLAN_ASSIGN(const std::int64_t value,
                 decode(test.field->type, *bytes).with_context("key", test.field->key));
  if (op == FilterOperator::matches) return finds(test, as_text(test.field->type, value));
  return compare(op, value, test.operand);
}

Result<Text> word_of(const Field& field, const Text& byte) {
  if (!byte) return Text();
  const std::size_t number = byte->size() == 1 ? static_cast<unsigned char>(byte->front()) : 0;
  if (number >= 1 && number <= field.words.size()) return Text(field.words[number - 1]);
  return Error(Errc::corrupt, "key", field.key, "not a byte from 1 to " + std::to_string(field.words.size()));
}

Text text_of(const Field& field, const Text& stored) {
  if (field.always_present) return stored.value_or(std::string_view());
  return stored && !stored->empty() ? stored : Text();
}

Result<bool> passes(const FilterTest& test, const Tested& tested) {
  if (!test.field) return test_text(test, {});
  if (test.field->type == FieldType::key) return test_text(test, tested.key);
  Text stored;
  BAYPLAN_TRY(read(test, tested, stored));
  switch (test.field->type) {
    case FieldType::key:
    case FieldType::map:
      break;
    case FieldType::text:
      return test_text(test, text_of(*test.field, stored));
    case FieldType::word: {
      BAYPLAN_ASSIGN(const Text word, word_of(*test.field, stored));
      return test_text(test, word);
    }
    case FieldType::number:
    case FieldType::time:
      return test_ordered(test, stored);
  }
  return test_text(test, stored);
}

Result<bool> all_pass(const std::vector<FilterTest>& tests, const Tested& tested) {
  for (const FilterTest& test : tests) {
    BAYPLAN_ASSIGN(const bool passed, passes(test, tested));
    if (!passed) return false;
  }
  return true;
}

}  // namespace

Result<bool> BoundFilter::matches(std::string_view key, const Bucket& record) const {
  if (plan_->alternatives.empty()) return true;
  BAYPLAN_ASSIGN(const auto bytes, record.inline_bytes());
  const Tested tested{key, record, bytes};
  for (const auto& tests : plan_->alternatives) {
    BAYPLAN_ASSIGN(const bool passed, all_pass(tests, tested));
    if (passed) return true;
  }
  return false;
}

}  // namespace bayplan::metadata
