#include "bayplan/base/json.h"
#include "bayplan/base/utf8.h"
#include "json_rapid.h"

namespace bayplan::json {
namespace {

namespace rapid = bayplan_rapidjson;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string replace_invalid(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = utf8::first(text).length;
    clean += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace

struct Writer::Impl {
  using Buffer = rapid::GenericStringBuffer<Encoding, ThrowingAllocator>;
  using Output = rapid::Writer<Buffer, Encoding, Encoding, ThrowingAllocator>;

  Buffer buffer;
  Output output{buffer};
};

Writer::Writer() : impl_(std::make_unique<Impl>()) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Writer& Writer::begin_object() { return impl_->output.StartObject(), *this; }
Writer& Writer::end_object() { return impl_->output.EndObject(), *this; }
Writer& Writer::begin_array() { return impl_->output.StartArray(), *this; }
Writer& Writer::end_array() { return impl_->output.EndArray(), *this; }

Writer& Writer::key(std::string_view name) { return string(name); }

Writer& Writer::string(std::string_view text) {
  const std::string clean = utf8::valid(text) ? std::string() : replace_invalid(text);
  const std::string_view shown = clean.empty() ? text : clean;
  impl_->output.String(shown.empty() ? "" : shown.data(), static_cast<rapid::SizeType>(shown.size()));
  return *this;
}

Writer& Writer::integer(std::int64_t number) { return impl_->output.Int64(number), *this; }
Writer& Writer::unsigned_integer(std::uint64_t number) { return impl_->output.Uint64(number), *this; }
Writer& Writer::boolean(bool flag) { return impl_->output.Bool(flag), *this; }
Writer& Writer::null() { return impl_->output.Null(), *this; }

Writer& Writer::value(const Value& value) {
  // Recursive, over a tree that parse() has bounded in depth.
  static_cast<const Node*>(value.node_)->Accept(impl_->output);
  return *this;
}

std::string Writer::take() && { return {impl_->buffer.GetString(), impl_->buffer.GetSize()}; }

}  // namespace bayplan::json
