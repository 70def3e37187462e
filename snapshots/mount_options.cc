#include "mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace bayplan::snapshots {
namespace {

struct Flag {
  std::string_view option;
  unsigned long set;
  unsigned long clear;
};
constexpr std::array<Flag, 12> kFlags{{
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"bind", MS_BIND, MS_REC},
    {"rbind", MS_BIND | MS_REC, 0},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"noatime", MS_NOATIME, MS_RELATIME},
    {"relatime", MS_RELATIME, MS_NOATIME},
}};

constexpr std::string_view kLower = "lowerdir=";
constexpr std::array<std::string_view, 3> kDirectoryOptions{kLower, "upperdir=", "workdir="};
constexpr std::array<std::string_view, 4> kOverlaySettings{"index=", "redirect_dir=", "metacopy=", "xino="};
constexpr std::array<std::string_view, 2> kOverlayWords{"userxattr", "volatile"};

Error refused(std::string_view option, std::string_view why) {
  return Error(Errc::invalid_argument, "mount option", option, why);
}

bool begins_with_any(std::string_view option, auto&& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return option.starts_with(prefix); });
}

// Quoted, as a label has commas.
constexpr std::string_view kContext = "context=\"";
constexpr char kQuote = '"';

bool is_context(std::string_view option) {
  if (!option.starts_with(kContext) || !option.ends_with(kQuote)) return false;
  option.remove_prefix(kContext.size());
  return option.size() > 1 && validate_mount_label(option.substr(0, option.size() - 1)).has_value();
}

bool is_overlay_option(std::string_view option) {
  return is_context(option) || begins_with_any(option, kDirectoryOptions) ||
         begins_with_any(option, kOverlaySettings) ||
         std::find(kOverlayWords.begin(), kOverlayWords.end(), option) != kOverlayWords.end();
}

// Splits at colons; a backslash takes the character after it along.
std::vector<std::string> split_layers(std::string_view text) {
  std::vector<std::string> layers(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':') {
      layers.emplace_back();
      continue;
    }
    layers.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) layers.back() += text[++i];
  }
  return layers;
}

// An option that names directories, taken apart.
struct DirectoryOption {
  std::string_view prefix;
  std::vector<std::string> paths;
};

DirectoryOption take_apart(std::string_view option) {
  const auto* const prefix = std::find_if(kDirectoryOptions.begin(), kDirectoryOptions.end(),
                                          [&](std::string_view p) { return option.starts_with(p); });
  if (prefix == kDirectoryOptions.end()) return {};
  const std::string_view value = option.substr(prefix->size());
  if (*prefix == kLower) return {*prefix, split_layers(value)};
  return {*prefix, {std::string(value)}};
}

// `base` shortened to a directory, with a slash at the end, that is above `path` too.
Result<void> narrow(std::string& base, const std::string& path) {
  if (path.empty() || path.front() != '/') return refused(path, "the directory is not absolute");
  if (base.empty()) base = path;
  const auto differ = std::mismatch(base.begin(), base.end(), path.begin(), path.end());
  base.erase(differ.first, base.end());
  base.erase(base.rfind('/') + 1);
  return {};
}

}  // namespace

Result<void> validate_mount_label(std::string_view label) {
  if (label.size() > kMaxMountLabel) {
    return Error(Errc::too_large, "mount label", label,
                 "it has more than " + std::to_string(kMaxMountLabel) + " bytes");
  }
  const auto belongs = [](char c) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || std::string_view("_.:,-").find(c) != std::string_view::npos;
  };
  if (std::all_of(label.begin(), label.end(), belongs)) return {};
  return Error(Errc::invalid_argument, "mount label", label, "it is no SELinux label")
      .with_advice("it has the form USER:ROLE:TYPE:LEVEL");
}

Result<void> label_mounts(std::vector<Mount>& mounts, std::string_view label) {
  BAYPLAN_TRY(validate_mount_label(label));
  if (label.empty()) return {};
  for (Mount& mount : mounts) {
    if (mount.type != "overlay") continue;
    mount.options.push_back(std::string(kContext).append(label) + kQuote);
  }
  return {};
}

bool selinux_is_on() {
  std::error_code unknown;
  return std::filesystem::exists("/sys/fs/selinux/enforce", unknown);
}

Result<MountCall> parse_mount(const Mount& mount) {
  const bool overlay = mount.type == "overlay";
  if (!overlay && mount.type != "bind") return refused(mount.type, "this library mounts overlay and bind");
  MountCall call;
  if (!overlay) call.flags = MS_BIND;
  for (const std::string& option : mount.options) {
    const auto* const flag =
        std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& known) { return known.option == option; });
    if (flag != kFlags.end() && !(overlay && (flag->set & MS_BIND) != 0)) {
      call.flags = (call.flags & ~flag->clear) | flag->set;
    } else if (overlay && is_overlay_option(option)) {
      call.data.push_back(option);
    } else {
      return refused(option, "this library does not make it on " + mount.type + " mounts");
    }
  }
  return call;
}

Result<RelativeOverlay> relative_overlay(const std::vector<std::string>& data) {
  RelativeOverlay overlay;
  for (const std::string& option : data) {
    for (const std::string& path : take_apart(option).paths) BAYPLAN_TRY(narrow(overlay.base, path));
  }
  std::vector<std::string> relative;
  for (const std::string& option : data) {
    const DirectoryOption directories = take_apart(option);
    if (directories.paths.empty()) {
      relative.push_back(option);
      continue;
    }
    std::string text(directories.prefix);
    for (const std::string& path : directories.paths) {
      if (text.size() != directories.prefix.size()) text += ':';
      text += path.substr(overlay.base.size());
    }
    relative.push_back(std::move(text));
  }
  overlay.data = join_options(relative);
  return overlay;
}

Result<std::string> absolute_path(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  if (error) return Error::from_errno(error.value(), "mount point", path.native(), "getcwd");
  return full.native();
}

Result<std::string> real_path(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) return Error::from_errno(error.value(), "mount point", path.native(), "realpath");
  return real.native();
}

std::string join_options(const std::vector<std::string>& data) {
  std::string joined;
  for (const std::string& option : data) {
    if (!joined.empty()) joined += ',';
    joined += option;
  }
  return joined;
}

}  // namespace bayplan::snapshots
