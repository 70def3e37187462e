// TOML 1.0 from outside, as far as the files of container tools use it: numbers and times are passed over
// unread.
//
// Refused, beyond malformed text: more than kMaxTomlBytes, values nested deeper than kMaxTomlDepth, keys of
// more than kMaxTomlKeyParts parts, tables of more than kMaxTomlMembers members, a space between date and
// time. Values own their memory. Immutable, so thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::images::toml {

inline constexpr std::size_t kMaxTomlBytes = 1u << 20;
inline constexpr std::size_t kMaxTomlDepth = 16;
inline constexpr std::size_t kMaxTomlKeyParts = 16;
inline constexpr std::size_t kMaxTomlMembers = 2048;

struct Member;
struct Value;
using Array = std::vector<Value>;

/// What made a table, which is for the parser to know: most may not be added to later.
enum class TableOrigin { root, header, part_of_header, part_of_key, inline_value, array_element };

struct Table {
  std::vector<Member> members;  ///< in the order of the document
  TableOrigin origin = TableOrigin::root;

  /// The value of `key`, valid as long as the table; none when absent.
  const Value* find(std::string_view key) const noexcept;

  // Typed access by key. Errors: invalid_argument (of another type), naming the key.
  /// "" when absent.
  Result<std::string> string(std::string_view key) const;
  /// `fallback` when absent.
  Result<bool> boolean(std::string_view key, bool fallback) const;
  /// Of an array of strings, or of one string; empty when absent.
  Result<std::vector<std::string>> strings(std::string_view key) const;
  /// Of an array of tables; empty when absent. The pointers are valid as long as the table.
  Result<std::vector<const Table*>> tables(std::string_view key) const;
  /// An empty table when absent. Valid as long as the table.
  Result<const Table*> table(std::string_view key) const;

  /// Errors: unsupported, naming the first key that is not among `known`: half a setting may mean its
  /// contrary.
  Result<void> only(std::initializer_list<std::string_view> known) const;
};

/// Numbers and times hold nothing.
struct Value {
  std::variant<std::monostate, bool, std::string, Array, Table> is;
};

struct Member {
  std::string key{};
  Value value{};
};

/// Errors: invalid_argument (with line and column), too_large. `what` names the document in errors.
Result<Table> parse(std::string_view text, std::string_view what);

}  // namespace bayplan::images::toml
