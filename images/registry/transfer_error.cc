#include "transfer_error.h"

#include <array>
#include <vector>

#include "bayplan/base/escape.h"
#include "bayplan/base/json.h"

namespace bayplan::registry {
namespace {

constexpr std::size_t kMaxWords = 1024;

bool may_pass(CURLcode code) noexcept {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SEND_FAIL_REWIND:
      return true;
    default:
      return false;
  }
}

bool is_trust(CURLcode code) noexcept {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_PINNEDPUBKEYNOTMATCH || code == CURLE_SSL_INVALIDCERTSTATUS;
}

bool is_local_file(CURLcode code) noexcept {
  return code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CRL_BADFILE;
}

bool is_no_http(CURLcode code) noexcept {
  return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_BAD_CONTENT_ENCODING;
}

struct RegistryError {
  std::string code;
  std::string message;
};

std::vector<RegistryError> listed_errors(std::string_view body) {
  auto document = json::Document::parse(body, "registry's error");
  if (!document) return {};
  auto list = document->root().array("errors");
  if (!list) return {};
  std::vector<RegistryError> errors;
  for (const json::Value& entry : *list) {
    const auto code = entry.optional_string("code");
    const auto message = entry.optional_string("message");
    if (!code || !message) continue;
    errors.push_back({std::string((*code).value_or("")), std::string((*message).value_or(""))});
  }
  return errors;
}

Errc class_of(long status) noexcept {
  switch (status) {
    case 400:
      return Errc::invalid_argument;
    case 401:
    case 403:
    case 407:
      return Errc::permission_denied;
    case 404:
    case 410:
      return Errc::not_found;
    case 405:
    case 415:
    case 501:
      return Errc::unsupported;
    case 409:
    case 412:
      return Errc::conflict;
    case 413:
      return Errc::too_large;
    case 429:
    case 503:
      return Errc::busy;
    default:
      return Errc::io;
  }
}

}  // namespace

Failure transfer_failure(Exchange& exchange, CURLcode code, const Url& url) {
  const std::string words = *exchange.error_text() != '\0' ? exchange.error_text() : curl_easy_strerror(code);
  const std::string name = url.shown();
  // What libcurl says of a line that it does not gather up any more.
  if (exchange.header_overflow() || code == CURLE_OUT_OF_MEMORY) {
    return {Error(Errc::too_large, "registry", name, "the answer's head has more than 64 KiB")};
  }
  if (exchange.refused_coding()) {
    return {Error(Errc::unsupported, "registry", name,
                  "the answer is sent with a Transfer-Encoding, which nobody asked for")};
  }
  if (exchange.refused_address()) {
    return {
        Error(Errc::failed_precondition, "registry", name,
              "its address is closer to this host than the registry's, which may not send anybody there")};
  }
  if (code == CURLE_OK)
    return {Error(Errc::io, "registry", name, "closed the connection without an answer"), true};
  if (is_trust(code)) {
    return {Error(Errc::failed_precondition, "registry", name, "its certificate is not trusted: " + words)
                .with_advice("give the CA that signed it")};
  }
  if (is_no_http(code)) return {Error(Errc::corrupt, "registry", name, words)};
  if (is_local_file(code)) return {Error(Errc::invalid_argument, "registry", name, words)};
  return {Error(Errc::io, "registry", name, words), may_pass(code)};
}

std::string registry_words(std::string_view body) {
  std::string words;
  for (const RegistryError& error : listed_errors(body)) {
    if (!words.empty()) words += ", ";
    words += error.code;
    if (!error.code.empty() && !error.message.empty()) words += ": ";
    words += error.message;
    if (words.size() > kMaxWords) break;
  }
  if (words.empty()) words = body.substr(0, kMaxWords);
  words = escaped(words.substr(0, kMaxWords));
  if (words.size() > kMaxWords) words = words.substr(0, kMaxWords) + "..";
  return words;
}

bool has_registry_code(std::string_view body, std::string_view code) {
  for (const RegistryError& error : listed_errors(body)) {
    if (error.code == code) return true;
  }
  return false;
}

bool passes(long status) noexcept {
  return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

Failure status_failure(long status, const HeaderFields& fields, std::string_view body, std::string_view kind,
                       std::string_view name) {
  std::string message = "the registry answers " + std::to_string(status);
  const std::string words = registry_words(body);
  if (!words.empty()) message += " (" + words + ")";
  Errc code = class_of(status);
  if (has_registry_code(body, "DIGEST_INVALID")) code = Errc::digest_mismatch;
  if (has_registry_code(body, "MANIFEST_BLOB_UNKNOWN")) code = Errc::failed_precondition;
  Failure failure{Error(code, kind, name, message)};
  if (code == Errc::permission_denied) {
    failure.error = std::move(failure.error).with_advice("check the credentials for this registry");
  }
  failure.passing = passes(status);
  if (const auto field = fields.find("retry-after")) failure.retry_after = parse_retry_after(*field);
  return failure;
}

}  // namespace bayplan::registry
