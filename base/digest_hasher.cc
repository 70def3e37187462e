// The digests of OpenSSL 1.1, which 3.0 deprecates in favour of EVP: EVP has no way to save what was hashed
// so far (docs/decisions/0016-saved-hash-state.md), and costs two allocations for every digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>
#include <variant>

#include "bayplan/base/digest.h"
#include "bayplan/base/stream.h"

namespace bayplan {
namespace {

struct Sha256 {
  using Context = SHA256_CTX;
  using Word = std::uint32_t;
  static constexpr std::size_t kBlockBytes = SHA256_CBLOCK;
  static constexpr auto kInit = SHA256_Init;
  static constexpr auto kUpdate = SHA256_Update;
  static constexpr auto kFinal = SHA256_Final;
};

struct Sha512 {
  using Context = SHA512_CTX;
  using Word = std::uint64_t;
  static constexpr std::size_t kBlockBytes = SHA512_CBLOCK;
  static constexpr auto kInit = SHA512_Init;
  static constexpr auto kUpdate = SHA512_Update;
  static constexpr auto kFinal = SHA512_Final;
};

constexpr std::size_t kChainWords = 8;

void put(std::string& text, std::uint64_t number, std::size_t bytes) {
  for (std::size_t n = 0; n < bytes; ++n) text.push_back(static_cast<char>(number >> (8 * n)));
}

// Precondition: `text` has that many.
std::uint64_t take(std::string_view& text, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t n = bytes; n-- > 0;) number = number << 8 | static_cast<unsigned char>(text[n]);
  text.remove_prefix(bytes);
  return number;
}

// The calls of OpenSSL below only fail for a null context.
template <class Sha>
class Digester {
 public:
  Digester() { static_cast<void>(Sha::kInit(&context_)); }

  void update(std::span<const std::byte> bytes) {
    static_cast<void>(Sha::kUpdate(&context_, bytes.data(), bytes.size()));
    count_ += bytes.size();
  }

  void finish(std::byte* into) const {
    typename Sha::Context copy = context_;
    static_cast<void>(Sha::kFinal(reinterpret_cast<unsigned char*>(into), &copy));
  }

  // Chain, number of bytes, and those of them that fill no block yet.
  void save(std::string& state) const {
    for (const auto word : context_.h) put(state, word, sizeof(typename Sha::Word));
    put(state, count_, sizeof(count_));
    state.append(open_block(context_), count_ % Sha::kBlockBytes);
  }

  bool restore(std::string_view state) {
    if (state.size() < kFixedBytes) return false;
    for (auto& word : context_.h)
      word = static_cast<typename Sha::Word>(take(state, sizeof(typename Sha::Word)));
    count_ = take(state, sizeof(count_));
    if (state.size() != count_ % Sha::kBlockBytes) return false;
    std::memcpy(open_block(context_), state.data(), state.size());
    context_.num = static_cast<unsigned>(state.size());
    // The number of bits, in two halves.
    context_.Nl = static_cast<typename Sha::Word>(count_ << 3);
    context_.Nh = static_cast<typename Sha::Word>(count_ >> (8 * sizeof(typename Sha::Word) - 3));
    return true;
  }

 private:
  static constexpr std::size_t kFixedBytes = kChainWords * sizeof(typename Sha::Word) + sizeof(std::uint64_t);

  static char* open_block(SHA256_CTX& context) { return reinterpret_cast<char*>(context.data); }
  static char* open_block(SHA512_CTX& context) { return reinterpret_cast<char*>(context.u.p); }
  static const char* open_block(const SHA256_CTX& context) {
    return reinterpret_cast<const char*>(context.data);
  }
  static const char* open_block(const SHA512_CTX& context) {
    return reinterpret_cast<const char*>(context.u.p);
  }

  typename Sha::Context context_;
  std::uint64_t count_ = 0;  // of bytes
};

using AnyDigester = std::variant<Digester<Sha256>, Digester<Sha512>>;  // in the order of the enumeration

AnyDigester new_digester(DigestAlgorithm algorithm) {
  if (algorithm == DigestAlgorithm::sha256) return Digester<Sha256>();
  return Digester<Sha512>();
}

}  // namespace

struct Hasher::State {
  AnyDigester digester;
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(new State{new_digester(algorithm)}) {}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

DigestAlgorithm Hasher::algorithm() const noexcept {
  return static_cast<DigestAlgorithm>(state_->digester.index());
}

void Hasher::update(std::span<const std::byte> bytes) {
  std::visit([&](auto& digester) { digester.update(bytes); }, state_->digester);
}

Digest Hasher::digest() const {
  Digest digest;
  digest.algorithm_ = algorithm();
  static_assert(sizeof(digest.raw_) >= SHA512_DIGEST_LENGTH);
  std::visit([&](const auto& digester) { digester.finish(digest.raw_.data()); }, state_->digester);
  return digest;
}

std::string Hasher::save() const {
  std::string state;
  put(state, state_->digester.index(), 1);
  std::visit([&](const auto& digester) { digester.save(state); }, state_->digester);
  return state;
}

Result<Hasher> Hasher::restore(std::string_view state) {
  const Error damaged(Errc::corrupt, "digest", {}, "the saved state of a digest is of no known form");
  const std::uint64_t algorithm = state.empty() ? ~std::uint64_t{0} : take(state, 1);
  if (algorithm > static_cast<std::uint64_t>(DigestAlgorithm::sha512)) return damaged;
  Hasher hasher(static_cast<DigestAlgorithm>(algorithm));
  const bool restored =
      std::visit([&](auto& digester) { return digester.restore(state); }, hasher.state_->digester);
  if (!restored) return damaged;
  return hasher;
}

Digest Digest::of(std::string_view bytes, DigestAlgorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(as_bytes(bytes));
  return hasher.digest();
}

}  // namespace bayplan
