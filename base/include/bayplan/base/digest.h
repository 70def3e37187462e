// Digest: a content address, valid by construction. Paths to blobs are built from nothing else.
// Grammar and registered algorithms: OCI image-spec, descriptor.md. Thread-safe: immutable values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan {

enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

/// "sha256" or "sha512".
std::string_view to_string(DigestAlgorithm algorithm) noexcept;

class Digest {
 public:
  /// From "sha256:<64 lower-case hex>" or "sha512:<128 lower-case hex>".
  /// Errors: invalid_argument (bad syntax), unsupported (well-formed, other algorithm).
  static Result<Digest> parse(std::string_view text);

  /// The digest of `bytes`.
  static Digest of(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256);

  DigestAlgorithm algorithm() const noexcept { return algorithm_; }
  /// Lower-case hex without the algorithm.
  std::string hex() const;
  /// "algorithm:hex".
  std::string to_string() const;
  /// The raw bytes, 32 or 64 of them; valid as long as this object.
  std::span<const std::byte> bytes() const noexcept;

  friend bool operator==(const Digest&, const Digest&) noexcept = default;
  friend std::strong_ordering operator<=>(const Digest&, const Digest&) noexcept = default;

 private:
  friend class Hasher;
  Digest() = default;

  DigestAlgorithm algorithm_ = DigestAlgorithm::sha256;
  std::array<std::byte, 64> raw_{};
};

/// Streaming digester over OpenSSL. Not thread-safe; movable.
class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// The digest of all bytes so far; the hasher goes on and may be asked again.
  Digest digest() const;

  /// Of what digests it makes.
  DigestAlgorithm algorithm() const noexcept;
  /// What it knows of the bytes so far, at most kMaxStateBytes: restore() makes a hasher that goes on from
  /// there, in another process or release.
  std::string save() const;
  /// Errors: corrupt (not of the form that save() answers; a state that was changed within it is not
  /// noticed).
  static Result<Hasher> restore(std::string_view state);
  static constexpr std::size_t kMaxStateBytes = 256;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan
