// The one way JSON from outside is read: strict I-JSON over RapidJSON, which stays out of this header.
//
// Refused, beyond malformed text: byte-order mark, bytes after the value, invalid UTF-8, duplicate names in
// one object, two names that differ only in ASCII case, NUL in a name, escaped surrogates without a partner,
// exponents of more than four digits, nesting beyond kMaxJsonDepth, more than kMaxJsonBytes. Numbers keep
// their kind: 1.0 is not an integer. Parsing is iterative, so depth cannot exhaust the stack. A Document owns
// its memory (up to about twelve times the text's); Values are views into it and die with it. Not thread-safe
// while parsing, immutable afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::json {

inline constexpr std::size_t kMaxJsonBytes = 4u << 20;
inline constexpr std::size_t kMaxJsonDepth = 32;

/// A view of one value. Cheap to copy.
class Value {
 public:
  bool is_object() const noexcept;
  bool is_array() const noexcept;
  bool is_string() const noexcept;
  bool is_null() const noexcept;

  /// The member, by exact name; empty when absent or when this is no object.
  std::optional<Value> find(std::string_view name) const;

  /// Typed access to this value. Errors: invalid_argument (other type; integers: not an integer or out of
  /// range; strings: contain NUL).
  Result<std::string_view> as_string() const;
  Result<std::int64_t> as_int() const;
  Result<bool> as_bool() const;
  /// Elements of an array, in order. Errors: invalid_argument (not an array).
  Result<std::vector<Value>> as_array() const;
  /// Members of an object, in document order. Errors: invalid_argument (not an object).
  Result<std::vector<std::pair<std::string_view, Value>>> as_object() const;

  /// Required members. Errors: invalid_argument (absent or of another type), naming the member.
  Result<std::string_view> string(std::string_view name) const;
  Result<std::int64_t> integer(std::string_view name) const;
  Result<Value> object(std::string_view name) const;
  Result<std::vector<Value>> array(std::string_view name) const;

  /// Optional members: empty when absent or null. Errors: invalid_argument (present, of another type).
  Result<std::optional<std::string_view>> optional_string(std::string_view name) const;
  Result<std::vector<std::string_view>> optional_strings(std::string_view name) const;
  Result<std::vector<std::pair<std::string_view, std::string_view>>> optional_string_map(
      std::string_view name) const;

  /// This value as compact JSON text. Integers of 64 bits and strings are as they were; other numbers keep
  /// about fifteen digits, not their spelling.
  std::string dump() const;

 private:
  friend class Document;
  friend class Writer;
  explicit Value(const void* node) : node_(node) {}
  const void* node_;
};

class Document {
 public:
  /// Parses `text`. `what` names the document in errors ("index.json", "manifest sha256:..").
  /// Errors: invalid_argument (see above; the message gives the offset), too_large.
  static Result<Document> parse(std::string_view text, std::string_view what);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const;

 private:
  struct Impl;
  explicit Document(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes compact JSON. Calls must nest properly (precondition); strings that are not UTF-8 have each
/// offending byte replaced by U+FFFD.
class Writer {
 public:
  Writer();
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  Writer& integer(std::int64_t number);
  Writer& unsigned_integer(std::uint64_t number);
  Writer& boolean(bool flag);
  Writer& null();
  /// Writes a parsed value as it is.
  Writer& value(const Value& value);

  /// key() and the value, for the common case.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }

  /// The text written so far.
  std::string take() &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bayplan::json
