// Keys with certificates that they signed themselves, good and bad ones.
#pragma once

#include <chrono>
#include <string>

#include "support/temp_dir.h"

namespace bayplan::test {

struct Certificate {
  std::string certificate;  ///< file in PEM
  std::string key;          ///< file in PEM
};

struct CertificateTerms {
  std::string names = "DNS:localhost,IP:127.0.0.1";  ///< for whom, as OpenSSL writes it
  std::chrono::hours from_now{48};                   ///< when it ends; negative: it has ended
};

/// Makes "`name`.crt" and "`name`.key" in `dir`, an RSA key. Throws.
Certificate make_certificate(const TempDir& dir, const std::string& name, const CertificateTerms& terms = {});

}  // namespace bayplan::test
