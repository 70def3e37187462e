#include "bayplan/containers/runtime_metadata.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "bayplan/base/json.h"

namespace bayplan::containers {
namespace {

constexpr std::string_view kWhat = "container metadata";

// One key: where its value is, and whether an empty one is left out.
template <class M>
struct Field {
  std::string_view key;
  std::variant<std::string M::*, bool M::*, std::uint32_t M::*, std::int64_t M::*> member;
  bool omit_empty;
};
template <class M>
using Fields = std::span<const Field<M>>;

Fields<RuntimeMetadata> fields_of(const RuntimeMetadata&) {
  using M = RuntimeMetadata;
  static const Field<M> kFields[] = {{"pod", &M::pod, true},
                                     {"pod-name", &M::pod_name, false},
                                     {"pod-id", &M::pod_id, false},
                                     {"image-name", &M::image_name, false},
                                     {"image-id", &M::image_id, false},
                                     {"name", &M::name, false},
                                     {"metadata-name", &M::metadata_name, false},
                                     {"uid", &M::uid, true},
                                     {"namespace", &M::pod_namespace, true},
                                     {"attempt", &M::attempt, true},
                                     {"created-at", &M::created_at, false},
                                     {"mountlabel", &M::mount_label, true},
                                     {"privileged", &M::privileged, true}};
  return kFields;
}

Fields<LibpodMetadata> fields_of(const LibpodMetadata&) {
  using M = LibpodMetadata;
  static const Field<M> kFields[] = {{"image-name", &M::image_name, false},
                                     {"image-id", &M::image_id, false},
                                     {"name", &M::name, false},
                                     {"created-at", &M::created_at, false},
                                     {"mountlabel", &M::mount_label, true}};
  return kFields;
}

Result<void> read_into(std::string& into, const json::Value& value) {
  BAYPLAN_ASSIGN(into, value.as_string());
  return {};
}
Result<void> read_into(bool& into, const json::Value& value) {
  BAYPLAN_ASSIGN(into, value.as_bool());
  return {};
}
template <class Integer>
Result<void> read_into(Integer& into, const json::Value& value) {
  BAYPLAN_ASSIGN(const std::int64_t number, value.as_int());
  const bool fits = number >= static_cast<std::int64_t>(std::numeric_limits<Integer>::min()) &&
                    number <= static_cast<std::int64_t>(std::numeric_limits<Integer>::max());
  if (!fits) return Error(Errc::invalid_argument, kWhat, {}, std::to_string(number) + " is out of range");
  into = static_cast<Integer>(number);
  return {};
}

void write(json::Writer& out, const std::string& text) { out.string(text); }
void write(json::Writer& out, bool flag) { out.boolean(flag); }
void write(json::Writer& out, std::uint32_t number) { out.unsigned_integer(number); }
void write(json::Writer& out, std::int64_t number) { out.integer(number); }

Error corrupt(const Error& error) { return {Errc::corrupt, kWhat, {}, error.to_string()}; }

Result<json::Document> parse(std::string_view text) {
  auto document = json::Document::parse(text, kWhat);
  if (!document) return corrupt(document.error());
  if (!document->root().is_object()) return Error(Errc::corrupt, kWhat, {}, "is no JSON object");
  return document;
}

template <class M>
Result<M> decode(std::string_view text) {
  BAYPLAN_ASSIGN(const json::Document document, parse(text));
  M metadata;
  for (const Field<M>& field : fields_of(metadata)) {
    const auto value = document.root().find(field.key);
    if (!value || value->is_null()) continue;
    const auto read =
        std::visit([&](auto member) { return read_into(metadata.*member, *value); }, field.member);
    if (!read) return corrupt(read.error()).with_context("key", field.key);
  }
  return metadata;
}

template <class M>
void write_known(json::Writer& out, const M& metadata) {
  for (const Field<M>& field : fields_of(metadata)) {
    std::visit(
        [&](auto member) {
          const auto& value = metadata.*member;
          if (field.omit_empty && value == std::remove_cvref_t<decltype(value)>()) return;
          out.key(field.key);
          write(out, value);
        },
        field.member);
  }
}

template <class M>
std::string encode_alone(const M& metadata) {
  json::Writer out;
  out.begin_object();
  write_known(out, metadata);
  out.end_object();
  return std::move(out).take();
}

template <class M>
Result<std::string> encode_with_unknown(const M& metadata, std::string_view stored) {
  BAYPLAN_ASSIGN(const json::Document document, parse(stored));
  BAYPLAN_ASSIGN(const auto members, document.root().as_object());
  const Fields<M> known = fields_of(metadata);
  json::Writer out;
  out.begin_object();
  write_known(out, metadata);
  for (const auto& [name, value] : members) {
    const bool ours = std::any_of(known.begin(), known.end(),
                                  [&, key = name](const Field<M>& field) { return field.key == key; });
    if (!ours) out.key(name).value(value);
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace

Result<RuntimeMetadata> decode_runtime_metadata(std::string_view json) {
  return decode<RuntimeMetadata>(json);
}
Result<LibpodMetadata> decode_libpod_metadata(std::string_view json) { return decode<LibpodMetadata>(json); }

std::string encode(const RuntimeMetadata& metadata) { return encode_alone(metadata); }
std::string encode(const LibpodMetadata& metadata) { return encode_alone(metadata); }

Result<std::string> encode_over(const RuntimeMetadata& metadata, std::string_view stored) {
  return encode_with_unknown(metadata, stored);
}
Result<std::string> encode_over(const LibpodMetadata& metadata, std::string_view stored) {
  return encode_with_unknown(metadata, stored);
}

}  // namespace bayplan::containers
