#include <openssl/evp.h>

#include <new>

#include "bayplan/base/digest.h"
#include "bayplan/base/stream.h"

namespace bayplan {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// The digests are in OpenSSL's default provider, so the only way these calls fail is want of memory.
void require(bool worked) {
  if (!worked) throw std::bad_alloc();
}

Context new_context() {
  Context context(EVP_MD_CTX_new());
  require(context != nullptr);
  return context;
}

// Fetched once: OpenSSL 3 otherwise looks the method up by name, under a lock, for every digest.
const EVP_MD* method(DigestAlgorithm algorithm) {
  static EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static EVP_MD* const kSha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  return algorithm == DigestAlgorithm::sha256 ? kSha256 : kSha512;
}

}  // namespace

struct Hasher::State {
  DigestAlgorithm algorithm;
  Context context = new_context();
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(new State{algorithm}) {
  const EVP_MD* const digest = method(algorithm);
  require(digest != nullptr && EVP_DigestInit_ex2(state_->context.get(), digest, nullptr) == 1);
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Digest Hasher::digest() const {
  const Context copy = new_context();
  Digest digest;
  digest.algorithm_ = state_->algorithm;
  static_assert(sizeof(digest.raw_) >= EVP_MAX_MD_SIZE);
  require(EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()) == 1 &&
          EVP_DigestFinal_ex(copy.get(), reinterpret_cast<unsigned char*>(digest.raw_.data()), nullptr) == 1);
  return digest;
}

Digest Digest::of(std::string_view bytes, DigestAlgorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(as_bytes(bytes));
  return hasher.digest();
}

}  // namespace bayplan
