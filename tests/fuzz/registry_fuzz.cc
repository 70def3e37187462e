// What a registry says in fields and small bodies, each parser by the first byte.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "challenge.h"
#include "content_range.h"
#include "header_fields.h"
#include "manifest_answer.h"
#include "referrers_tag.h"
#include "retries.h"
#include "subject.h"
#include "token_request.h"
#include "transfer_error.h"
#include "url.h"

using namespace bayplan;
using namespace bayplan::registry;

namespace {

void parse_addresses(std::string_view text) {
  static const Url here = Url::parse("https://registry.example/v2/a/").value();
  const auto url = here.resolve(text);
  // What was taken once is taken again, and means the same.
  if (url && (!Url::parse(url->text()) || Url::parse(url->text())->origin() != url->origin()))
    __builtin_trap();
}

void parse_fields(std::string_view text) {
  HeaderFields fields;
  if (!fields.add_line("Docker-Content-Digest: " + std::string(text.substr(0, text.find('\n'))))) return;
  ignore_error(stated_digest(fields), "any outcome will do");
  ignore_error(read_manifest(fields, std::string(text), std::string("tag")), "any outcome will do");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      ignore_error(parse_challenges({text}), "any outcome will do");
      break;
    case 1:
      static_cast<void>(parse_content_range(text));
      static_cast<void>(parse_upload_range(text));
      break;
    case 2:
      static_cast<void>(next_link(text));
      break;
    case 3:
      static_cast<void>(parse_retry_after(text));
      break;
    case 4:
      ignore_error(parse_token(text), "any outcome will do");
      break;
    case 5:
      if (registry_words(text).size() > 1100) __builtin_trap();
      break;
    case 6:
      parse_addresses(text);
      break;
    default:
      parse_fields(text);
      ignore_error(read_referrers(text), "any outcome will do");
      ignore_error(images::subject_of(text), "any outcome will do");
  }
  return 0;
}
