// Each line is an alternative. Whatever they say: what is refused is refused as such, and what demands keys
// matches no record of another key.
#include <cstdlib>
#include <vector>

#include "bayplan/metadata/filter.h"

namespace {

using namespace bayplan::metadata;

// A bucket in which every key is there, and says nothing but itself.
class EchoSource final : public BucketSource {
 public:
  BucketHandle root_handle() const override { return {}; }
  bayplan::Result<std::optional<Entry>> find(const BucketHandle&, std::string_view key) const override {
    return std::optional<Entry>(Entry{.key = key, .value = key});
  }
  bayplan::Result<std::optional<BucketHandle>> find_bucket(const BucketHandle&,
                                                           std::string_view) const override {
    return std::optional<BucketHandle>(BucketHandle{});
  }
  bayplan::Result<std::uint64_t> sequence(const BucketHandle&) const override { return 0; }
  bayplan::Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle&) const override {
    return bayplan::Error(bayplan::Errc::closed, "cursor", {});
  }
};

constexpr std::string_view kWords[] = {"view", "active", "committed"};
constexpr std::string_view kSomeTime("\1\0\0\0\16\335rp\360/\7/A\377\377", 15);
constexpr Field kFields[] = {
    {.name = "name", .type = FieldType::key},
    {.name = "target.digest", .key = "digest", .bucket = "target", .type = FieldType::text},
    {.name = "labels", .bucket = "labels", .type = FieldType::map},
    {.name = "kind", .key = "\2", .words = kWords, .type = FieldType::word},
    {.name = "size", .key = "\2", .type = FieldType::number},
    {.name = "createdat", .key = kSomeTime, .type = FieldType::time},
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto filter = Filter::parse(lines_of({reinterpret_cast<const char*>(data), size}));
  if (!filter) {
    const bayplan::Errc code = filter.error().code();
    expect(code == bayplan::Errc::invalid_argument || code == bayplan::Errc::too_large);
    return 0;
  }
  const auto bound = filter->bind(kFields, {.now = bayplan::Time{}});
  if (!bound) {
    expect(bound.error().code() == bayplan::Errc::invalid_argument);
    return 0;
  }
  const EchoSource source;
  const auto matches = bound->matches("busybox", root_bucket(source));
  expect(matches.has_value());
  if (bound->keys() && !bound->keys()->contains("busybox")) expect(!*matches);
  return 0;
}
