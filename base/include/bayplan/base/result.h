// Result<T>: a value or an Error. The names are std::expected's, so that a later switch is an alias.
// g++ 12 and clang 14 have no usable std::expected in C++20 (docs/decisions/0003-result.md).
#pragma once

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "bayplan/base/error.h"

namespace bayplan {

template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<std::remove_cv_t<T>, Error>);

 public:
  using value_type = T;

  // A value and an Error both are results; the constraint keeps Result itself out of the first one.
  // NOLINTBEGIN(google-explicit-constructor,bugprone-forwarding-reference-overload)
  template <class U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor,bugprone-forwarding-reference-overload)

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value. Throws std::logic_error when there is none: asking first is the caller's duty. Out of an
  /// rvalue it comes as a value, not a reference, so that `for (auto& x : call().value())` does not dangle.
  // NOLINTBEGIN(clang-analyzer-core.uninitialized.UndefReturn): checked() does not return without a value
  T& value() & { return checked(), *std::get_if<0>(&state_); }
  const T& value() const& { return checked(), *std::get_if<0>(&state_); }
  // NOLINTEND(clang-analyzer-core.uninitialized.UndefReturn)
  T value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error. Precondition: !has_value().
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

  template <class U>
  T value_or(U&& other) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(other));
  }

  /// `f(value)`, itself a Result, or the error.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(f)(std::move(*this).value());
  }

  /// The error seen from one level up; a value passes through.
  Result with_context(std::string_view kind, std::string_view name) && {
    if (has_value()) return std::move(*this);
    return std::move(*this).error().with_context(kind, name);
  }

 private:
  void checked() const {
    if (!has_value()) throw std::logic_error("Result without a value: " + error().to_string());
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (error_) throw std::logic_error("Result without a value: " + error_->to_string());
  }
  /// The error. Precondition: !has_value().
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(f)();
  }
  Result with_context(std::string_view kind, std::string_view name) && {
    if (has_value()) return {};
    return std::move(*this).error().with_context(kind, name);
  }

 private:
  std::optional<Error> error_;
};

/// The only way to drop a Result; `why` is for whoever reads or greps.
template <class T>
void ignore_error(const Result<T>&, [[maybe_unused]] const char* why) noexcept {}

}  // namespace bayplan

#define BAYPLAN_CONCAT_(a, b) a##b
#define BAYPLAN_CONCAT(a, b) BAYPLAN_CONCAT_(a, b)

/// Evaluates a Result and returns its error from the enclosing function, if it is one.
#define BAYPLAN_TRY(expr)                                                                  \
  do {                                                                                     \
    if (auto bayplan_try_ = (expr); !bayplan_try_) return std::move(bayplan_try_).error(); \
  } while (false)

/// BAYPLAN_ASSIGN(auto x, f()): declares or assigns the value of a Result, or returns its error. A lambda
/// that uses one of these states its return type, `-> Result<..>`, since an Error is returned beside a value.
#define BAYPLAN_ASSIGN(target, ...) \
  BAYPLAN_ASSIGN_(target, BAYPLAN_CONCAT(bayplan_result_, __COUNTER__), __VA_ARGS__)
#define BAYPLAN_ASSIGN_(target, result, ...)     \
  auto result = (__VA_ARGS__);                   \
  if (!result) return std::move(result).error(); \
  target = std::move(result).value()
