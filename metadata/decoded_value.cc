#include "bayplan/metadata/decoded_value.h"

#include <algorithm>
#include <array>

#include "bayplan/base/utf8.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

constexpr std::array kTimes = {schema::kCreatedAt, schema::kUpdatedAt, schema::kExpireAt};
constexpr std::array kNumbers = {schema::kSize,      schema::kInodes,       schema::kVersion,
                                 schema::kPid,       schema::kPidNamespace, schema::kStartTime,
                                 schema::kRunDevice, schema::kRunInode,     schema::kCount};
constexpr std::array kAnys = {schema::kSpec, schema::kOptions};
// Buckets whose keys are names that somebody chose.
constexpr std::array kMaps = {schema::kLabels, schema::kAnnotations, schema::kChildren, schema::kNames,
                              schema::kLayerNames};
constexpr std::array<std::string_view, 4> kSnapshotKinds = {"", "view", "active", "committed"};

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_text(std::string_view bytes) {
  const auto shown = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  return utf8::valid(bytes) && std::all_of(bytes.begin(), bytes.end(), shown);
}

DecodedValue plain(std::string_view value) { return {std::string(value), !is_text(value)}; }

template <class Decoded>
DecodedValue decoded(Decoded result, std::string_view value, std::string_view expected) {
  if (result) return {std::move(result).value()};
  return {std::string(value), true, "is no " + std::string(expected)};
}

DecodedValue snapshot_kind(std::string_view value) {
  const auto kind = value.size() == 1 ? static_cast<unsigned char>(value[0]) : 0u;
  if (kind == 0 || kind >= kSnapshotKinds.size()) return {std::string(value), true, "is no kind"};
  return {std::string(kSnapshotKinds[kind])};
}

}  // namespace

DecodedValue decode_value(std::string_view parent, std::string_view key, std::string_view value) {
  if (contains(kMaps, parent)) return plain(value);
  if (contains(kTimes, key)) return decoded(codec::decode_time(value), value, "time");
  if (contains(kNumbers, key)) return decoded(codec::decode_varint(value), value, "number");
  if (contains(kAnys, key) || parent == schema::kExtensions)
    return decoded(codec::decode_any(value), value, "protobuf Any");
  if (key == schema::kKind) return snapshot_kind(value);
  return plain(value);
}

}  // namespace bayplan::metadata
