#include "bayplan/metadata/filter.h"

#include <algorithm>
#include <utility>

#include "filter_literal.h"
#include "filter_plan.h"

namespace bayplan::metadata {
namespace {

Error too_large(std::string_view what, std::size_t limit) {
  return {Errc::too_large, "filter", {}, std::string(what).append(std::to_string(limit))};
}

// What is still allowed of a list of alternatives.
struct Budget {
  std::size_t selectors = kMaxSelectors;
  std::size_t patterns = kMaxPatterns;
};

Result<std::unique_ptr<const RE2>> compile(const Selector& selector, std::string_view input) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  auto pattern = std::make_unique<const RE2>(selector.value, options);
  if (pattern->ok()) return pattern;
  if (pattern->error_code() == RE2::ErrorPatternTooLarge)
    return too_large("a compiled pattern takes more bytes than ", kMaxPatternMemory);
  return filter_error(input, selector.value_position, "bad pattern: " + pattern->error());
}

Result<Alternative> parse_alternative(const std::string& input, Budget& budget) {
  if (input.size() > kMaxFilterBytes) return too_large("it has more bytes than ", kMaxFilterBytes);
  BAYPLAN_ASSIGN(auto selectors, parse_selectors(input, budget.selectors));
  budget.selectors -= selectors.size();
  Alternative alternative{.input = input};
  for (Selector& selector : selectors) {
    CompiledSelector compiled{.selector = std::move(selector)};
    if (compiled.selector.op == FilterOperator::matches) {
      if (budget.patterns-- == 0) return too_large("there are more patterns than ", kMaxPatterns);
      BAYPLAN_ASSIGN(compiled.pattern, compile(compiled.selector, input));
    }
    alternative.selectors.push_back(std::move(compiled));
  }
  return alternative;
}

// "target" and ".digest" for "target.digest"; of a map all that goes on behind "labels".
bool is_path_of(const Field& field, const Selector& selector) {
  const std::size_t dot = std::min(field.name.find('.'), field.name.size());
  if (field.name.substr(0, dot) != selector.head) return false;
  if (field.type == FieldType::map) return true;
  return field.name.substr(dot) == selector.tail;
}

std::string_view key_of(const Field& field, const Selector& selector) {
  if (field.type != FieldType::map) return field.key;
  std::string_view key = selector.tail;
  if (!key.empty()) key.remove_prefix(1);
  return key;
}

const Field* find_field(FieldTable table, const Selector& selector) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Field& f) { return is_path_of(f, selector); });
  return found == table.end() ? nullptr : &*found;
}

bool is_ordered(const Field* field) {
  return field && (field->type == FieldType::number || field->type == FieldType::time);
}

bool compares_values(FilterOperator op) {
  return op != FilterOperator::present && op != FilterOperator::matches;
}

// What a number or a time is compared with.
Result<std::int64_t> operand(const Field& field, const Selector& selector, std::string_view input, Time now) {
  if (field.type == FieldType::number) {
    if (const auto number = parse_number(selector.value)) return *number;
    return filter_error(input, selector.value_position, "expected a number, as in 4096 or 10MiB");
  }
  if (const auto time = parse_time(selector.value, now)) return time->time_since_epoch().count();
  return filter_error(input, selector.value_position,
                      "expected a time, as in 2026-01-31T10:00:00Z, or 24h for 24 hours ago");
}

// "name, target.digest, labels.K": what can be asked for.
std::string names_of(FieldTable table) {
  std::string names;
  for (const Field& field : table) {
    names.append(names.empty() ? "" : ", ").append(field.name);
    if (field.type == FieldType::map) names.append(".KEY");
  }
  return names;
}

Result<FilterTest> bind_selector(const CompiledSelector& compiled, std::string_view input, FieldTable table,
                                 const BindOptions& options) {
  const Selector& selector = compiled.selector;
  FilterTest test{.selector = &compiled, .field = find_field(table, selector)};
  if (!test.field && options.unknown == UnknownField::refused)
    return filter_error(input, selector.position, "no such field; there are " + names_of(table));
  if (test.field) test.key = key_of(*test.field, selector);
  if (is_ordered(test.field) && compares_values(selector.op)) {
    BAYPLAN_ASSIGN(test.operand, operand(*test.field, selector, input, options.now));
  } else if (is_ordering(selector.op)) {
    return filter_error(input, selector.op_position, "the field is neither a number nor a time");
  }
  return test;
}

// Adds the key that an alternative demands; answers whether it demands one.
bool add_key(const std::vector<FilterTest>& tests, std::set<std::string, std::less<>>& keys) {
  for (const FilterTest& test : tests) {
    const Selector& selector = test.selector->selector;
    if (!test.field || test.field->type != FieldType::key || selector.op != FilterOperator::equal) continue;
    keys.insert(selector.value);
    return true;
  }
  return false;
}

std::optional<std::set<std::string, std::less<>>> demanded_keys(
    const std::vector<std::vector<FilterTest>>& alternatives) {
  if (alternatives.empty()) return {};
  std::set<std::string, std::less<>> keys;
  for (const auto& tests : alternatives) {
    if (!add_key(tests, keys)) return {};
  }
  return keys;
}

}  // namespace

Result<Filter> Filter::parse(std::span<const std::string> alternatives) {
  auto parsed = std::make_shared<Parsed>();
  Budget budget;
  for (const std::string& input : alternatives) {
    BAYPLAN_ASSIGN(Alternative alternative, parse_alternative(input, budget));
    parsed->alternatives.push_back(std::move(alternative));
  }
  return Filter(std::move(parsed));
}

Result<BoundFilter> Filter::bind(FieldTable table, const BindOptions& options) const {
  auto plan = std::make_shared<BoundFilter::Plan>();
  plan->parsed = parsed_;
  for (const Alternative& alternative : parsed_->alternatives) {
    std::vector<FilterTest>& tests = plan->alternatives.emplace_back();
    for (const CompiledSelector& selector : alternative.selectors) {
      BAYPLAN_ASSIGN(FilterTest test, bind_selector(selector, alternative.input, table, options));
      tests.push_back(test);
    }
  }
  plan->keys = demanded_keys(plan->alternatives);
  return BoundFilter(std::move(plan));
}

const std::optional<std::set<std::string, std::less<>>>& BoundFilter::keys() const noexcept {
  return plan_->keys;
}

}  // namespace bayplan::metadata
