// The parsers of names, and of the files that say which registry is asked and as whom. The first byte chooses
// the parser; what is taken is taken again in the form that it is written in.
#include <cstdlib>

#include "bayplan/base/digest.h"
#include "bayplan/images/image_id.h"
#include "bayplan/images/registries.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/images/storage_reference.h"
#include "bayplan/images/transport.h"
#include "names/auth_file.h"
#include "names/hosts_file.h"

using namespace bayplan;
using namespace bayplan::images;

namespace {

constexpr const char* kWhy = "only that it answers";

void expect(bool holds) {
  if (!holds) std::abort();
}

void feed_auth_file(std::string_view text) {
  const auto file = AuthFile::parse(text, "input");
  if (!file) return;
  ignore_error(file->find("h.io/a/b"), kWhy);
  const RegistryCredentials credentials{.user = "u", .password = "p"};
  expect(AuthFile::parse(file->with("h.io/a", "h.io/a", credentials), "output").has_value());
}

void feed_registries(std::string_view text) {
  const auto registries = Registries::parse(text, "input");
  if (!registries) return;
  ignore_error(registries->candidates("a/b:1"), kWhy);
  ignore_error(registries->routes(RegistryReference::parse("h.io/x/a:1").value(), RegistryOperation::resolve),
               kWhy);
}

// What is asked of a registry is part of a URL and of a path.
void feed_reference(std::string_view text) {
  const auto reference = RegistryReference::parse(text);
  if (!reference) return;
  const std::string canonical = reference->to_string();
  expect(canonical.find("/..") == std::string::npos &&
         canonical.find_first_of(" ?#%\\\r\n") == std::string::npos);
  expect(RegistryReference::parse(canonical).value().to_string() == canonical);
}

void feed_digest(std::string_view text) {
  ignore_error(ImageId::parse(text), kWhy);
  if (const auto digest = Digest::parse(text)) expect(digest->to_string() == text);
}

void feed_location(std::string_view text) {
  const auto location = parse_location(text);
  if (location) expect(parse_location(to_string(*location)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (static_cast<unsigned char>(data[0] - '0') % 8) {
    case 0:
      ignore_error(parse_local_image(text, {}), kWhy);
      break;
    case 1:
      feed_registries(text);
      break;
    case 2:
      ignore_error(parse_hosts_file(text, "/dir"), kWhy);
      break;
    case 3:
      feed_auth_file(text);
      break;
    case 4:
      ignore_error(SignaturePolicy::parse(text, "input"), kWhy);
      break;
    case 5:
      feed_reference(text);
      break;
    case 6:
      feed_digest(text);
      break;
    default:
      feed_location(text);
  }
  return 0;
}
