// What a registry says in fields and small bodies, each parser by the first byte.
#include <cstdlib>
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

constexpr const char* kWhy = "only that it answers";

void expect(bool holds) {
  if (!holds) std::abort();
}

// What is asked of a token server goes to the realm, in one line.
void feed_challenges(std::string_view text) {
  const auto challenges = parse_challenges({text});
  if (!challenges) return;
  const images::RegistryEndpoint endpoint{.host = "registry.example"};
  const images::RegistryCredentials credentials{.user = "u", .password = "p"};
  const Identity who{endpoint, credentials, Origin{"https", "registry.example", "443"}};
  for (const Challenge& challenge : *challenges) {
    const auto server = token_server(challenge, who);
    if (!server) continue;
    const HttpRequest request = token_request(*server, challenge, who, {"repository:a/b:pull"});
    expect(request.url.origin() == server->origin() && request.url.is_https());
    expect(request.url.text().find_first_of(" \r\n") == std::string::npos);
  }
}

void feed_ranges(std::string_view text) {
  if (const auto range = parse_content_range(text)) {
    expect(range->first <= range->last && (!range->total || range->last < *range->total));
  }
  static_cast<void>(parse_upload_range(text));
}

// What was taken once is taken again, and means the same.
void feed_address(std::string_view text) {
  static const Url here = Url::parse("https://registry.example/v2/a/").value();
  const auto url = here.resolve(text);
  if (url) expect(Url::parse(url->text()).value().origin() == url->origin());
}

void feed_manifest(std::string_view text) {
  HeaderFields fields;
  fields.add_line("Docker-Content-Digest: " + std::string(text.substr(0, text.find('\n'))));
  ignore_error(stated_digest(fields), kWhy);
  ignore_error(read_head(fields, std::string("tag")), kWhy);
  ignore_error(read_manifest(fields, std::string(text), std::string("tag")), kWhy);
}

// A list that was added to is a list.
void feed_referrers(std::string_view text) {
  ignore_error(images::subject_of(text), kWhy);
  const Descriptor added{"application/vnd.oci.image.manifest.v1+json", Digest::of("x"), 1};
  const auto changed = read_referrers(text) ? with_referrer(text, added, "{}") : std::nullopt;
  if (changed && *changed) expect(!read_referrers(**changed)->empty());
}

void feed_head(std::string_view text) {
  HeaderFields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    fields.add_line(text.substr(0, end));
    text.remove_prefix(end);
  }
  static_cast<void>(fields.content_length());
  ignore_error(read_head(fields, std::string("tag")), kWhy);
  for (const std::string_view link : fields.all("link")) static_cast<void>(next_link(link));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (static_cast<unsigned char>(data[0] - '0') % 9) {
    case 0:
      feed_challenges(text);
      break;
    case 1:
      feed_ranges(text);
      break;
    case 2:
      feed_head(text);
      break;
    case 3:
      static_cast<void>(parse_retry_after(text));
      break;
    case 4:
      ignore_error(parse_token(text), kWhy);
      break;
    case 5:
      expect(registry_words(text).size() <= 1100);
      break;
    case 6:
      feed_address(text);
      break;
    case 7:
      feed_manifest(text);
      break;
    default:
      feed_referrers(text);
  }
  return 0;
}
