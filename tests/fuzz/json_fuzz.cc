// What parses must print as text that parses.
#include <cstdlib>

#include "bayplan/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = bayplan::json::Document::parse(text, "input");
  if (document && !bayplan::json::Document::parse(document->root().dump(), "output")) std::abort();
  return 0;
}
