#include "support/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace bayplan::test {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Signed = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

void need(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

void add(X509& certificate, int what, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()));
  need(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, "extension");
}

Signed sign(const Key& key, const std::string& name, const CertificateTerms& terms) {
  Signed made(X509_new());
  need(made != nullptr, "certificate");
  const long end = static_cast<long>(std::chrono::seconds(terms.from_now).count());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -30L * 24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), end);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(made.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  need(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1, "name");
  X509_set_issuer_name(made.get(), subject);
  add(*made, NID_basic_constraints, "critical,CA:TRUE");
  add(*made, NID_subject_alt_name, terms.names);
  need(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "signature");
  return made;
}

File create(const std::string& path) {
  File file(std::fopen(path.c_str(), "wx"));
  if (!file) throw std::runtime_error("cannot make " + path);
  return file;
}

}  // namespace

Certificate make_certificate(const TempDir& dir, const std::string& name, const CertificateTerms& terms) {
  Certificate files{dir.path() / (name + ".crt"), dir.path() / (name + ".key")};
  const Key key(EVP_RSA_gen(2048));
  need(key != nullptr, "key");
  const Signed made = sign(key, name, terms);
  const File certificate_file = create(files.certificate);
  const File key_file = create(files.key);
  need(PEM_write_X509(certificate_file.get(), made.get()) == 1, "certificate");
  need(PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "key");
  return files;
}

}  // namespace bayplan::test
