// The parsers of names, and of the files that say which registry is asked and as whom.
#include "bayplan/images/registries.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/images/storage_reference.h"
#include "names/auth_file.h"
#include "names/hosts_file.h"

namespace images = bayplan::images;

namespace {

void write_again(const images::AuthFile& file) {
  const images::RegistryCredentials credentials{.user = "u", .password = "p"};
  if (!images::AuthFile::parse(file.with("h.io/a", "h.io/a", credentials), "output")) __builtin_trap();
}

}  // namespace

// The first byte chooses the parser; what an auth file becomes must be one.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const char* const why = "only that it answers";
  switch (data[0] % 5) {
    case 0:
      bayplan::ignore_error(images::parse_local_image(text, {}), why);
      break;
    case 1:
      bayplan::ignore_error(images::Registries::parse(text, "input"), why);
      break;
    case 2:
      bayplan::ignore_error(images::parse_hosts_file(text, "/dir"), why);
      break;
    case 3:
      if (const auto file = images::AuthFile::parse(text, "input")) write_again(*file);
      break;
    default:
      bayplan::ignore_error(images::SignaturePolicy::parse(text, "input"), why);
      break;
  }
  return 0;
}
