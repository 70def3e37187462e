#include <algorithm>
#include <charconv>

#include "bayplan/base/json.h"
#include "bayplan/images/documents.h"
#include "platform_json.h"

namespace bayplan::images {
namespace {

constexpr std::uint64_t kMaxUserId = 0x7FFFFFFF;

Error bad_member(std::string_view member, std::string_view why) {
  return Error(Errc::invalid_argument, "JSON member", member, why);
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// An id, where it is one and not a name, must fit: what overflows elsewhere ends up as root.
bool is_user_part(std::string_view part) noexcept {
  const bool is_signed = part.starts_with('-') || part.starts_with('+');
  const std::string_view digits = is_signed ? part.substr(1) : part;
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return true;
  std::uint64_t id = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return !is_signed && end.ec == std::errc() && id <= kMaxUserId;
}

Result<std::string> read_user(const json::Value& config) {
  BAYPLAN_ASSIGN(const auto user, config.optional_string("User"));
  if (!user) return std::string();
  if (std::any_of(user->begin(), user->end(), is_control)) {
    return bad_member("User", "holds control characters");
  }
  const std::size_t colon = std::min(user->find(':'), user->size());
  if (!is_user_part(user->substr(0, colon)) ||
      !is_user_part(user->substr(std::min(colon + 1, user->size())))) {
    return bad_member("User", "an id outside 0.." + std::to_string(kMaxUserId));
  }
  return std::string(*user);
}

Result<std::vector<Digest>> read_diff_ids(const json::Value& root) {
  BAYPLAN_ASSIGN(const json::Value rootfs, root.object("rootfs"));
  BAYPLAN_ASSIGN(const std::string_view type, rootfs.string("type"));
  if (type != "layers") return bad_member("rootfs", "its type is " + quoted(type) + ", not \"layers\"");
  BAYPLAN_ASSIGN(const auto values, rootfs.array("diff_ids"));
  if (values.size() > kMaxChildren) {
    return Error(Errc::too_large, "JSON member", "diff_ids",
                 "more than " + std::to_string(kMaxChildren) + " entries");
  }
  std::vector<Digest> diff_ids;
  diff_ids.reserve(values.size());
  for (const json::Value& value : values) {
    const std::string number = std::to_string(diff_ids.size());
    BAYPLAN_ASSIGN(const std::string_view text, value.as_string().with_context("diff_id", number));
    BAYPLAN_ASSIGN(const Digest diff_id, Digest::parse(text).with_context("diff_id", number));
    diff_ids.push_back(diff_id);
  }
  return diff_ids;
}

Result<std::vector<std::string>> read_strings(const json::Value& config, std::string_view member) {
  BAYPLAN_ASSIGN(const auto texts, config.optional_strings(member));
  return std::vector<std::string>(texts.begin(), texts.end());
}

Result<std::string> read_string(const json::Value& config, std::string_view member) {
  BAYPLAN_ASSIGN(const auto text, config.optional_string(member));
  return std::string(text.value_or(std::string_view()));
}

bool names_nothing(const std::string& entry) noexcept {
  const std::size_t equals = entry.find('=');
  return equals == std::string::npos || equals == 0;
}

Result<void> read_container_part(const json::Value& config, ImageConfig& into) {
  BAYPLAN_ASSIGN(into.user, read_user(config));
  BAYPLAN_ASSIGN(into.env, read_strings(config, "Env"));
  std::erase_if(into.env, names_nothing);
  BAYPLAN_ASSIGN(into.entrypoint, read_strings(config, "Entrypoint"));
  BAYPLAN_ASSIGN(into.cmd, read_strings(config, "Cmd"));
  BAYPLAN_ASSIGN(into.working_dir, read_string(config, "WorkingDir"));
  BAYPLAN_ASSIGN(into.stop_signal, read_string(config, "StopSignal"));
  BAYPLAN_ASSIGN(const auto labels, config.optional_string_map("Labels"));
  const bool holds_nul = std::any_of(labels.begin(), labels.end(), [](const auto& label) {
    return label.first.find('\0') != std::string_view::npos;
  });
  if (holds_nul) return bad_member("Labels", "a key holds NUL");
  into.labels.assign(labels.begin(), labels.end());
  return {};
}

// It is for people only: no image is refused for it.
std::optional<Time> read_created(const json::Value& root) {
  const auto text = root.optional_string("created");
  if (!text || !*text) return {};
  const auto time = parse_rfc3339(**text);
  return time ? std::optional(*time) : std::optional<Time>();
}

Result<ImageConfig> read_config(const json::Value& root) {
  if (!root.is_object()) return Error(Errc::invalid_argument, "document", {}, "not a JSON object");
  ImageConfig result;
  BAYPLAN_ASSIGN(result.platform, read_platform(root));
  BAYPLAN_ASSIGN(result.diff_ids, read_diff_ids(root));
  result.created = read_created(root);
  const auto config = root.find("config");
  if (!config || config->is_null()) return result;
  if (!config->is_object()) return bad_member("config", "not an object");
  BAYPLAN_TRY(read_container_part(*config, result));
  return result;
}

}  // namespace

Result<ImageConfig> parse_config(std::string_view json, std::string_view name) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(json, name));
  return read_config(document.root()).with_context("config", name);
}

}  // namespace bayplan::images
