// One change of one bucket, as it is done to the store and to the model alike, and as the operation log keeps
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// The top-level bucket of the operation log, which the model does not hold.
inline constexpr std::string_view kLogBucket = "operation log";

struct Operation {
  enum class Kind : std::uint8_t {
    put,
    erase,
    create,
    create_if_absent,
    remove,
    move,
    next_sequence,
    set_sequence
  };
  Kind kind = Kind::put;
  std::uint64_t bucket = 0;  ///< the model's number of it
  std::string key{};
  std::uint64_t number = 0;  ///< size of the value, or the sequence
  std::uint64_t fill = 0;    ///< the byte that the value consists of
  std::uint64_t target = 0;  ///< of a move, as `bucket`
  std::string new_key{};

  std::string value() const { return std::string(number, static_cast<char>(fill)); }
  /// For the message of a failure.
  std::string describe() const;
};

/// What a call answered: an error, or the number that some of them return.
struct Outcome {
  std::optional<Errc> error{};
  std::uint64_t number = 0;
  bool operator==(const Outcome&) const = default;
};

template <class T>
Outcome outcome_of(const Result<T>& result) {
  return {result ? std::optional<Errc>() : std::optional<Errc>(result.error().code())};
}
inline Outcome outcome_of(const Result<std::uint64_t>& result) {
  if (!result) return {result.error().code()};
  return {{}, *result};
}

/// Does `operation` to `bucket` of either side; `target` is what it names as such.
template <class MutableBucket_>
Outcome perform(const Operation& operation, MutableBucket_& bucket, MutableBucket_& target) {
  switch (operation.kind) {
    case Operation::Kind::put:
      return outcome_of(bucket.put(operation.key, operation.value()));
    case Operation::Kind::erase:
      return outcome_of(bucket.erase(operation.key));
    case Operation::Kind::create:
      return outcome_of(bucket.create_bucket(operation.key));
    case Operation::Kind::create_if_absent:
      return outcome_of(bucket.create_bucket_if_not_exists(operation.key));
    case Operation::Kind::remove:
      return outcome_of(bucket.delete_bucket(operation.key));
    case Operation::Kind::move:
      return outcome_of(bucket.move_bucket(operation.key, target, operation.new_key));
    case Operation::Kind::next_sequence:
      return outcome_of(bucket.next_sequence());
    case Operation::Kind::set_sequence:
      break;
  }
  return outcome_of(bucket.set_sequence(operation.number));
}

/// The operations of one transaction as one value of the log, and back.
std::string encode_operations(const std::vector<Operation>& operations);
std::vector<Operation> decode_operations(std::string_view bytes);

}  // namespace bayplan::metadata
