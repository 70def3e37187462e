// Indexes, manifests and configs, by the first byte: whatever they say, what is taken is within the limits.
#include <cstdlib>

#include "bayplan/images/documents.h"

using namespace bayplan::images;

namespace {

constexpr std::string_view kOci = "application/vnd.oci.image.";

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string oci(std::string_view kind) { return std::string(kOci).append(kind); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (static_cast<unsigned char>(data[0] - '0') % 3) {
    case 0:
      if (const auto index = parse_index(text, oci("index.v1+json"), "input")) {
        expect(index->manifests.size() <= kMaxChildren);
      }
      break;
    case 1:
      if (const auto manifest = parse_manifest(text, oci("manifest.v1+json"), "input")) {
        expect(manifest->layers.size() <= kMaxChildren);
      }
      break;
    default:
      if (const auto config = parse_config(text, "input")) {
        expect(chain_ids(config->diff_ids).size() == config->diff_ids.size());
      }
  }
  return 0;
}
