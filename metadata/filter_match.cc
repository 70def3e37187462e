// The part of filters that runs for each record.
#include <charconv>

#include "bayplan/metadata/codec.h"
#include "filter_plan.h"
#include "inline_bucket.h"

namespace bayplan::metadata {
namespace {

using Text = std::optional<std::string_view>;
// Why a record could not be tested. Beside a plain answer, and not around it: most records are only passed
// by.
using Damage = std::optional<Error>;

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
  if (selector.op == FilterOperator::equal) return value && same_key(*value, selector.value);
  if (selector.op == FilterOperator::present) return value.has_value();
  const std::string_view text = value.value_or(std::string_view());
  if (selector.op == FilterOperator::matches) return finds(test, text);
  if (selector.op == FilterOperator::not_equal) return !same_key(text, selector.value);
  return value && compare<std::string_view>(selector.op, text, selector.value);
}

// What lies at `key`, if it is a bucket, or is none, as asked for.
Text value_at(std::string_view bytes, std::string_view key, bool is_bucket, Damage& damage) {
  InlineScan scan(bytes);
  InlineEntry entry;
  if (scan.find(key, entry)) return entry.is_bucket == is_bucket ? Text(entry.value) : Text();
  if (scan.damaged()) damage = inline_damage();
  return {};
}

Text read_inline(std::string_view bytes, const FilterTest& test, Damage& damage) {
  const std::string_view inside = test.field->bucket;
  const Text values = inside.empty() ? bytes : value_at(bytes, inside, true, damage);
  return values ? value_at(*values, test.key, false, damage) : Text();
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
  const Bucket* record;
  std::optional<std::string_view> bytes;
};

// What `result` holds; nothing, and its error in `damage`.
template <class T>
std::optional<T> taken(Result<T> result, Damage& damage) {
  if (result) return std::move(result).value();
  damage = std::move(result).error();
  return std::nullopt;
}

Text read(const FilterTest& test, const Tested& tested, Damage& damage) {
  if (tested.bytes) return test.key.empty() ? Text() : read_inline(*tested.bytes, test, damage);
  return taken(look_up(test, *tested.record), damage).value_or(Text());
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

bool test_ordered(const FilterTest& test, const Text& bytes, Damage& damage) {
  const FilterOperator op = test.selector->selector.op;
  if (!bytes) return test_text(test, bytes);
  if (op == FilterOperator::present) return true;
  const auto value = taken(decode(test.field->type, *bytes).with_context("key", test.field->key), damage);
  if (!value) return false;
  if (op == FilterOperator::matches) return finds(test, as_text(test.field->type, *value));
  return compare(op, *value, test.operand);
}

bool test_word(const FilterTest& test, const Text& byte, Damage& damage) {
  if (!byte) return test_text(test, byte);
  const Field& field = *test.field;
  const std::size_t number = byte->size() == 1 ? static_cast<unsigned char>(byte->front()) : 0;
  if (number >= 1 && number <= field.words.size()) return test_text(test, field.words[number - 1]);
  damage =
      Error(Errc::corrupt, "key", field.key, "not a byte from 1 to " + std::to_string(field.words.size()));
  return false;
}

Text text_of(const Field& field, const Text& stored) {
  if (field.always_present) return stored.value_or(std::string_view());
  return stored && !stored->empty() ? stored : Text();
}

bool passes(const FilterTest& test, const Tested& tested, Damage& damage) {
  if (!test.field) return test_text(test, {});
  if (test.field->type == FieldType::key) return test_text(test, tested.key);
  const Text stored = read(test, tested, damage);
  if (damage) return false;
  switch (test.field->type) {
    case FieldType::key:
    case FieldType::map:
      break;
    case FieldType::text:
      return test_text(test, text_of(*test.field, stored));
    case FieldType::word:
      return test_word(test, stored, damage);
    case FieldType::number:
    case FieldType::time:
      return test_ordered(test, stored, damage);
  }
  return test_text(test, stored);
}

// The first damage that is met ends it.
bool any_passes(const std::vector<std::vector<FilterTest>>& alternatives, const Tested& tested,
                Damage& damage) {
  for (const auto& tests : alternatives) {
    bool passed = true;
    for (auto test = tests.begin(); passed && test != tests.end(); ++test)
      passed = passes(*test, tested, damage);
    if (passed || damage) return passed;
  }
  return false;
}

Result<bool> outcome(const std::vector<std::vector<FilterTest>>& alternatives, const Tested& tested) {
  Damage damage;
  const bool matches = any_passes(alternatives, tested, damage);
  if (damage) return *std::move(damage);
  return matches;
}

}  // namespace

bool BoundFilter::matches_all() const noexcept { return plan_->alternatives.empty(); }

Result<bool> BoundFilter::matches(std::string_view key, const Bucket& record) const {
  if (matches_all()) return true;
  BAYPLAN_ASSIGN(const auto bytes, record.inline_bytes());
  return outcome(plan_->alternatives, {key, &record, bytes});
}

Result<bool> BoundFilter::matches(std::string_view key, std::string_view inline_bytes) const {
  return matches_all() ? Result<bool>(true) : outcome(plan_->alternatives, {key, nullptr, inline_bytes});
}

}  // namespace bayplan::metadata
