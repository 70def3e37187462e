#include "exit_codes.h"

namespace bayplan::cli {

ExitCode exit_code(Errc code) noexcept {
  switch (code) {
    case Errc::not_found:
      return kNotFound;
    case Errc::corrupt:
    case Errc::digest_mismatch:
      return kDamage;
    case Errc::permission_denied:
    case Errc::read_only:
    case Errc::version_mismatch:
      return kCannotOpen;
    case Errc::busy:
    case Errc::in_use:
    case Errc::already_exists:
    case Errc::conflict:
      return kInUse;
    case Errc::no_space:
      return kNoSpace;
    case Errc::cancelled:
      return kCancelled;
    case Errc::invalid_argument:
    case Errc::failed_precondition:
    case Errc::too_large:
    case Errc::unsupported:
    case Errc::closed:
    case Errc::io:
      return kFailure;
  }
  return kFailure;
}

}  // namespace bayplan::cli
