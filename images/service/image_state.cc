#include "service/image_state.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "bayplan/images/stored_images.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kPrefix = "bayplan.image.";
constexpr std::string_view kNamePrefix =
    "bayplan.image.name.";  // and a number: labels are sorted by their keys
constexpr std::string_view kFlagPrefix = "bayplan.image.flag.";
constexpr std::string_view kMetadata = "bayplan.image.metadata";

std::string name_key(std::size_t number) {
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%08zu", number);
  return std::string(kNamePrefix) + digits.data();
}

Result<std::optional<content::Info>> config_record(const metadata::BucketSource& source, std::string_view ns,
                                                   const ImageId& id) {
  auto info = content::stat(source, ns, id.config());
  if (info) return std::optional(*std::move(info));
  if (info.error().code() == Errc::not_found) return std::optional<content::Info>();
  return std::move(info).error();
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<void> check_state(std::string_view image, std::string_view metadata, const Labels& flags) {
  const auto too_large = [&](const std::string& what) {
    return Error(Errc::too_large, "image", image,
                 what + " of more than " + std::to_string(kMaxImageMetadataBytes) + " bytes");
  };
  if (metadata.size() > kMaxImageMetadataBytes) return too_large("metadata");
  for (const auto& [key, value] : flags) {
    if (key.empty()) return Error(Errc::invalid_argument, "image", image, "a flag without a name");
    if (key.size() + value.size() > kMaxImageMetadataBytes) return too_large("a flag");
  }
  return {};
}

Result<ImageState> read_state(const metadata::BucketSource& source, std::string_view ns, const ImageId& id) {
  BAYPLAN_ASSIGN(const auto info, config_record(source, ns, id));
  ImageState state;
  if (!info) return state;
  for (const auto& [key, value] : info->labels) {
    if (key.starts_with(kNamePrefix)) state.history.push_back(value);
    if (key.starts_with(kFlagPrefix)) state.flags.emplace(key.substr(kFlagPrefix.size()), value);
    if (key == kMetadata) state.metadata = value;
  }
  return state;
}

Result<void> write_state(metadata::WriteTx& tx, std::string_view ns, const ImageId& id,
                         const ImageState& state) {
  BAYPLAN_ASSIGN(const content::Info info, content::stat(tx, ns, id.config()));
  Labels labels = info.labels;
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with(kPrefix); });
  for (std::size_t i = 0; i < state.history.size(); ++i) labels.emplace(name_key(i), state.history[i]);
  for (const auto& [key, value] : state.flags) labels.emplace(std::string(kFlagPrefix) + key, value);
  labels.emplace(kMetadata, state.metadata);
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  if (labels == info.labels) return {};
  return content::set_labels(tx, ns, id.config(), labels);
}

Result<void> write_history(metadata::WriteTx& tx, std::string_view ns, const ImageId& id,
                           const ImageState& state) {
  auto written = write_state(tx, ns, id, state);
  if (!written && written.error().code() == Errc::not_found) return {};
  return written;
}

void put_in_front(std::vector<std::string>& history, const std::vector<std::string>& names) {
  std::vector<std::string> result;
  put_behind(result, names);
  put_behind(result, history);
  history = std::move(result);
}

void put_behind(std::vector<std::string>& history, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!has(history, name)) history.push_back(name);
  }
}

}  // namespace bayplan::images
