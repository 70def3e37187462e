// Which images may be used: containers' policy.json (containers-policy.json(5)). Asked when an image is
// pulled, and again when a container is made of it.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "bayplan/images/config_dirs.h"
#include "bayplan/images/transport.h"

namespace bayplan::images {

/// Immutable; copies share. Thread-safe.
class SignaturePolicy {
 public:
  /// `file`, or where that is empty containers/policy.json of user or system; where neither has one,
  /// everything is accepted. Errors: not_found (`file`), invalid_argument, too_large, permission_denied, io.
  /// A policy that is there and cannot be read or understood is never passed over.
  static Result<SignaturePolicy> load(const ConfigDirs& dirs, const std::filesystem::path& file = {});
  /// Errors: invalid_argument (also members and kinds of requirements that are not known), too_large.
  static Result<SignaturePolicy> parse(std::string_view text, std::string_view what);
  static SignaturePolicy accept_anything();

  /// Whether the image there may be used. The requirements of the longest scope of its transport that it is
  /// in decide, else those of the transport (scope ""), else the default ones. Scopes of docker:
  /// HOST[:PORT]/PATH:TAG or @DIGEST, the same without tag and digest, each beginning of it up to a slash,
  /// *.DOMAIN of the host; of oci and oci-archive: PATH:NAME, PATH and the directories above; of dir: PATH
  /// and the directories above. Hosts match in either case. Paths are absolute, their links followed; one
  /// that cannot be followed is in no scope. Other transports have the scope "" only. Errors:
  /// permission_denied (rejected; names the scope), unsupported (signatures are asked for, which bayplan does
  /// not check: refused).
  Result<void> check(const ImageLocation& location) const;
  /// The same for an image that came from a registry under that name.
  Result<void> check(const RegistryReference& reference) const;

 private:
  struct Rules;
  explicit SignaturePolicy(std::shared_ptr<const Rules> rules);
  std::shared_ptr<const Rules> rules_;
};

}  // namespace bayplan::images
