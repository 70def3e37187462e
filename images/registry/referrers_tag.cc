#include "referrers_tag.h"

#include <algorithm>

#include "bayplan/base/json.h"
#include "bayplan/images/documents.h"
#include "descriptor_json.h"
#include "media_type.h"

namespace bayplan::registry {
namespace {

constexpr std::size_t kMaxAlgorithm = 32;
constexpr std::size_t kMaxEncoded = 64;

// artifactType, or else the type of the config.
Result<std::string> artifact_type_of(const json::Value& document) {
  BAYPLAN_ASSIGN(const auto type, document.optional_string("artifactType"));
  if (type && !type->empty()) return std::string(*type);
  const auto config = document.find("config");
  if (!config) return std::string();
  BAYPLAN_ASSIGN(const auto config_type, config->optional_string("mediaType"));
  return std::string(config_type.value_or(""));
}

void write_entry(json::Writer& writer, const Descriptor& descriptor, const json::Value& document,
                 const std::string& artifact_type) {
  writer.begin_object().member("mediaType", descriptor.media_type);
  writer.member("digest", descriptor.digest.to_string());
  writer.key("size").unsigned_integer(descriptor.size);
  if (!artifact_type.empty()) writer.member("artifactType", artifact_type);
  const auto annotations = document.find("annotations");
  if (annotations && annotations->is_object()) writer.key("annotations").value(*annotations);
  writer.end_object();
}

}  // namespace

std::string referrers_tag(const Digest& subject) {
  const std::string algorithm(to_string(subject.algorithm()).substr(0, kMaxAlgorithm));
  return algorithm + "-" + subject.hex().substr(0, kMaxEncoded);
}

Result<std::vector<images::Referrer>> read_referrers(std::string_view index) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(index, "list of referrers"));
  const json::Value root = document.root();
  BAYPLAN_ASSIGN(const auto media_type, root.optional_string("mediaType"));
  if (media_type.value_or(images::kOciIndex) != images::kOciIndex) {
    return Error(Errc::invalid_argument, "list of referrers", {},
                 "is no OCI index, but " + quoted(*media_type));
  }
  BAYPLAN_ASSIGN(const auto entries, root.array("manifests"));
  if (entries.size() > images::kMaxChildren) {
    return Error(Errc::too_large, "list of referrers", {}, std::to_string(entries.size()) + " entries");
  }
  std::vector<images::Referrer> found;
  for (const json::Value& entry : entries) {
    BAYPLAN_ASSIGN(Descriptor descriptor, images::read_descriptor(entry));
    BAYPLAN_ASSIGN(const auto type, entry.optional_string("artifactType"));
    found.push_back({std::move(descriptor), std::string(type.value_or(""))});
  }
  return found;
}

Result<std::optional<std::string>> with_referrer(std::string_view index, const Descriptor& descriptor,
                                                 std::string_view text) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(text, "manifest"));
  BAYPLAN_ASSIGN(const std::string artifact_type, artifact_type_of(document.root()));
  json::Writer writer;
  writer.begin_object().key("schemaVersion").integer(2).member("mediaType", images::kOciIndex);
  writer.key("manifests").begin_array();
  if (!index.empty()) {
    BAYPLAN_ASSIGN(const auto listed, read_referrers(index));
    const auto same = [&](const images::Referrer& entry) {
      return entry.descriptor.digest == descriptor.digest;
    };
    if (std::any_of(listed.begin(), listed.end(), same)) return std::optional<std::string>();
    BAYPLAN_ASSIGN(const json::Document old, json::Document::parse(index, "list of referrers"));
    BAYPLAN_ASSIGN(const auto entries, old.root().array("manifests"));
    for (const json::Value& entry : entries) writer.value(entry);
  }
  write_entry(writer, descriptor, document.root(), artifact_type);
  writer.end_array().end_object();
  return std::optional<std::string>(std::move(writer).take());
}

}  // namespace bayplan::registry
