// Errors as values: class, kind, quoted name, what happened, what to do, and the way up.
//
//   image "docker.io/library/a:1": blob "sha256:ab..": digest mismatch: got sha256:cd..
//   ^ context, outermost first     ^ kind  ^ name      ^ class          ^ message
//
// Callers test code(); people read to_string(). Copies share their text; every member is safe to read from
// several threads. Follows containerd's errdefs (classes) with one table of codes: error_codes.def.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bayplan {

/// The classes a caller can react to. Numbers are stable and double as the basis of exit codes.
enum class Errc : int {
#define BAYPLAN_ERROR(name, number, text, when) name = number,
#include "bayplan/base/error_codes.def"
#undef BAYPLAN_ERROR
};

/// The identifier of a code, e.g. "not_found"; "unknown" for a value outside the table.
std::string_view errc_name(Errc code) noexcept;

/// The words of a code, e.g. "not found".
std::string_view errc_text(Errc code) noexcept;

/// `name` in double quotes with control characters, quotes, backslashes and invalid UTF-8 as \xNN or \n-style
/// escapes, cut after 256 bytes: safe on a terminal whatever bytes it holds.
///
/// An object and not a function, because argument-dependent lookup would prefer std::quoted of <iomanip> for
/// a std::string.
struct Quoted {
  std::string operator()(std::string_view name) const;
};
inline constexpr Quoted quoted{};  // NOLINT(readability-identifier-naming): it is called like a function

class [[nodiscard]] Error {
 public:
  /// `kind` is the sort of object ("image", "blob", "bucket"), `name` which one (may be empty), `message`
  /// what happened beyond the class (may be empty).
  Error(Errc code, std::string_view kind, std::string_view name, std::string_view message = {});

  /// From a failed system call. Maps `os_errno` to a class (ENOENT not_found, EEXIST already_exists, EACCES
  /// and EPERM permission_denied, ENOSPC and EDQUOT no_space, EROFS read_only, ELOOP and ENAMETOOLONG
  /// invalid_argument, EBUSY and EAGAIN busy, ENOSYS and EOPNOTSUPP unsupported, else io) and keeps it.
  static Error from_errno(int os_errno, std::string_view kind, std::string_view name, std::string_view call);

  Errc code() const noexcept { return code_; }
  const std::string& kind() const noexcept;
  const std::string& name() const noexcept;
  const std::string& message() const noexcept;
  /// What the reader can do about it; empty where there is nothing to add.
  const std::string& advice() const noexcept;
  /// The errno of the failed system call, 0 where none was involved.
  int os_errno() const noexcept;

  /// The same error seen from one level up: "`kind` "`name`": ..." is put in front.
  Error with_context(std::string_view kind, std::string_view name) &&;
  /// The same error with advice; replaces earlier advice.
  Error with_advice(std::string_view advice) &&;

  /// One line for people, context first, advice last after "; ".
  std::string to_string() const;

 private:
  struct Detail;
  Detail& mutable_detail();

  Errc code_;
  std::shared_ptr<Detail> detail_;
};

}  // namespace bayplan
