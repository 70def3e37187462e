#include "bayplan/images/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <vector>

#include "platform_words.h"

namespace bayplan::images {
namespace {

constexpr std::array<std::string_view, 16> kKnownSystems = {
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd",  "illumos", "ios",
    "js",  "linux",   "nacl",   "netbsd",    "openbsd", "plan9", "solaris", "windows"};

constexpr std::array<std::string_view, 24> kKnownArchitectures = {
    "386",     "amd64",   "arm",  "armbe",  "arm64",  "arm64be",  "ppc",       "ppc64",
    "ppc64le", "loong64", "mips", "mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le",
    "riscv",   "riscv64", "s390", "s390x",  "sparc",  "sparc64",  "wasm",      "amd64p32"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void normalize_arm(Platform& platform) {
  if (platform.variant.empty() || platform.variant == "7") platform.variant = "v7";
  if (platform.variant == "5" || platform.variant == "6" || platform.variant == "8") {
    platform.variant.insert(platform.variant.begin(), 'v');
  }
}

void normalize_arm64(Platform& platform) {
  constexpr std::array<std::string_view, 3> kDefaults = {"8", "v8", "v8.0"};
  constexpr std::array<std::string_view, 3> kNines = {"9", "9.0", "v9.0"};
  platform.architecture = "arm64";
  if (is_one_of(kDefaults, platform.variant)) platform.variant.clear();
  if (is_one_of(kNines, platform.variant)) platform.variant = "v9";
}

void normalize_architecture(Platform& platform) {
  const std::string name = platform.architecture;
  if (name == "i386") {
    platform.architecture = "386";
    platform.variant.clear();
  } else if (name == "x86_64" || name == "x86-64" || name == "amd64") {
    platform.architecture = "amd64";
    if (platform.variant == "v1") platform.variant.clear();
  } else if (name == "aarch64" || name == "arm64") {
    normalize_arm64(platform);
  } else if (name == "armhf" || name == "armel") {
    platform.architecture = "arm";
    platform.variant = name == "armhf" ? "v7" : "v6";
  } else if (name == "arm") {
    normalize_arm(platform);
  }
}

struct Version {
  int major_number = 0;
  int minor_number = 0;
};

// "v8" and "v8.5": one digit each, for there are no others and a loop hangs on them.
std::optional<Version> parse_version(std::string_view variant) noexcept {
  const auto digit = [&](std::size_t at) { return variant[at] >= '0' && variant[at] <= '9'; };
  if (variant.size() != 2 && variant.size() != 4) return {};
  if (variant[0] != 'v' || !digit(1)) return {};
  if (variant.size() == 2) return Version{variant[1] - '0', 0};
  if (variant[2] != '.' || !digit(3)) return {};
  return Version{variant[1] - '0', variant[3] - '0'};
}

class Vector {
 public:
  explicit Vector(const Platform& wanted) : entries_{wanted} {}

  void add(std::string_view architecture, std::string variant) {
    entries_.push_back(normalize({entries_.front().os, std::string(architecture), std::move(variant)}));
  }
  void add_arm_from(int version) {
    for (; version >= 5; --version) add("arm", "v" + std::to_string(version));
  }
  void add_arm64_minors(int major_version, int from) {
    for (int minor = from; minor >= 0; --minor) {
      add("arm64", "v" + std::to_string(major_version) + "." + std::to_string(minor));
    }
  }
  const std::vector<Platform>& entries() const noexcept { return entries_; }

 private:
  std::vector<Platform> entries_;  // best first; may repeat, the first counts
};

void add_lesser_arm64(Vector& vector, std::string_view variant) {
  // v9.0 branched off v8.5: v9.x runs what v8.(x+5) runs.
  constexpr int kBranch = 5;
  const auto version = parse_version(variant.empty() ? "v8" : variant);
  if (!version || version->major_number < 8) return;
  if (version->major_number == 9) {
    vector.add_arm64_minors(9, version->minor_number);
    vector.add_arm64_minors(8, version->minor_number + kBranch);
  } else {
    vector.add_arm64_minors(8, version->minor_number);
  }
  vector.add_arm_from(8);
}

// What a machine of the platform runs, best first.
Vector runnable_on(const Platform& wanted) {
  Vector vector(wanted);
  const auto version = parse_version(wanted.variant);
  if (wanted.architecture == "amd64") {
    for (int lesser = version ? version->major_number - 1 : 0; lesser >= 1; --lesser) {
      vector.add("amd64", "v" + std::to_string(lesser));
    }
    vector.add("386", {});
  } else if (wanted.architecture == "arm" && version) {
    vector.add_arm_from(version->major_number - 1);
  } else if (wanted.architecture == "arm64") {
    add_lesser_arm64(vector, wanted.variant);
  }
  return vector;
}

Error not_a_platform(std::string_view text, std::string_view why) {
  return Error(Errc::invalid_argument, "platform", text, why).with_advice("write os/arch[/variant]");
}

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::string_view rest = text;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view word = rest.substr(0, slash);
    if (!is_platform_word(word)) return not_a_platform(text, "no word of a platform: " + quoted(word));
    words.emplace_back(word);
    if (words.size() > 3) return not_a_platform(text, "more than three words");
    if (slash == std::string_view::npos) return words;
    rest.remove_prefix(slash + 1);
  }
}

Result<Platform> from_one_word(std::string_view word) {
  Platform platform = host_platform();
  Platform other = normalize({std::string(word), std::string(word)});
  if (is_one_of(kKnownSystems, other.os)) {
    platform.os = other.os;
    return platform;
  }
  if (!is_one_of(kKnownArchitectures, other.architecture)) {
    return not_a_platform(word, "neither a known os nor a known architecture");
  }
  platform.architecture = other.architecture;
  platform.variant = other.variant;
  return platform;
}

// uname's words, where normalize() does not know them.
Platform from_machine(std::string machine) {
  if (machine.starts_with("armv") && machine.size() > 4) return {"linux", "arm", "v" + machine.substr(4, 1)};
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) machine = "386";
  if (machine == "loongarch64") machine = "loong64";
  return {"linux", std::move(machine)};
}

}  // namespace

bool is_platform_word(std::string_view text) noexcept {
  constexpr std::size_t kMaxWordBytes = 64;
  if (text.empty() || text.size() > kMaxWordBytes || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::string Platform::to_string() const {
  std::string text = os + "/" + architecture;
  if (!variant.empty()) text += "/" + variant;
  return text;
}

Platform normalize(Platform platform) {
  platform.os = lower(std::move(platform.os));
  if (platform.os == "macos") platform.os = "darwin";
  platform.architecture = lower(std::move(platform.architecture));
  platform.variant = lower(std::move(platform.variant));
  normalize_architecture(platform);
  return platform;
}

Result<Platform> parse_platform(std::string_view text) {
  BAYPLAN_ASSIGN(auto words, split_words(text));
  if (words.size() == 1) return from_one_word(words[0]);
  Platform platform{std::move(words[0]), std::move(words[1])};
  if (words.size() == 3) platform.variant = std::move(words[2]);
  return normalize(std::move(platform));
}

Platform host_platform() {
  utsname name{};
  // uname fails only for a bad address.
  if (::uname(&name) != 0) return {"linux", "unknown"};
  return normalize(from_machine(name.machine));
}

std::optional<std::size_t> match_rank(const Platform& wanted, const Platform& candidate) {
  const Vector vector = runnable_on(normalize(wanted));
  const auto& entries = vector.entries();
  const auto found = std::find(entries.begin(), entries.end(), normalize(candidate));
  if (found == entries.end()) return {};
  return static_cast<std::size_t>(found - entries.begin());
}

}  // namespace bayplan::images
