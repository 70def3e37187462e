#include "import_names.h"

#include <algorithm>
#include <array>
#include <map>

#include "bayplan/images/reference.h"

namespace bayplan::images {
namespace {

constexpr std::array<std::string_view, 3> kCompressions = {".gz", ".zst", ".zstd"};
constexpr std::array<std::string_view, 5> kArchives = {".tar", ".tgz", ".tzst", ".oci", ".docker"};

template <std::size_t N>
void strip_one(std::string_view& name, const std::array<std::string_view, N>& suffixes) {
  for (const std::string_view suffix : suffixes) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) return name.remove_suffix(suffix.size());
  }
}

bool is_alnum(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Runs of letters and digits, joined by the first separator that stood between them.
std::string clean_component(std::string_view text) {
  std::string clean;
  char separator = 0;
  for (const char c : text) {
    if (!is_alnum(c)) {
      if (separator == 0) separator = c == '.' || c == '_' ? c : '-';
      continue;
    }
    if (separator != 0 && !clean.empty()) clean += separator;
    separator = 0;
    clean += c;
  }
  return clean.empty() ? "image" : clean;
}

std::string annotation(const Descriptor& descriptor, const char* key) {
  const auto found = descriptor.annotations.find(key);
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

Result<std::string> canonical_name(std::string_view text, const Digest& target) {
  BAYPLAN_ASSIGN(const Reference reference, Reference::parse(text));
  if (reference.digest() && *reference.digest() != target) {
    return Error(Errc::invalid_argument, "reference", text, "is the name of " + target.to_string());
  }
  return reference.canonical();
}

class Names {
 public:
  Result<void> add(std::string_view text, const Descriptor& target) {
    BAYPLAN_ASSIGN(std::string name, canonical_name(text, target.digest));
    const auto [at, fresh] = by_name_.try_emplace(name, target.digest);
    if (!fresh && at->second != target.digest) {
      return Error(Errc::invalid_argument, "reference", name,
                   "names both " + at->second.to_string() + " and " + target.digest.to_string());
    }
    if (fresh) images_.push_back({std::move(name), target});
    return {};
  }
  bool empty() const { return images_.empty(); }
  bool has(const Digest& target) const {
    return std::any_of(images_.begin(), images_.end(),
                       [&](const NamedImage& image) { return image.target.digest == target; });
  }
  std::vector<NamedImage> take() && { return std::move(images_); }

 private:
  std::map<std::string, Digest> by_name_{};
  std::vector<NamedImage> images_{};
};

bool are_one(const std::vector<SourceImage>& images) {
  return std::all_of(images.begin(), images.end(), [&](const SourceImage& image) {
    return image.target.digest == images.front().target.digest;
  });
}

}  // namespace

std::string base_name(const std::filesystem::path& source) {
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::absolute(source, ignored).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view stem = name;
  strip_one(stem, kCompressions);
  strip_one(stem, kArchives);
  return clean_component(stem);
}

std::vector<std::string> annotated_names(const Descriptor& descriptor, std::string_view base) {
  if (std::string name = annotation(descriptor, "io.containerd.image.name"); !name.empty()) return {name};
  std::string name = annotation(descriptor, "org.opencontainers.image.ref.name");
  if (name.empty()) return {};
  if (name.find_first_of("/:@") != std::string::npos) return {name};
  return {"localhost/" + std::string(base) + ":" + name};
}

Result<std::vector<NamedImage>> name_images(const std::vector<SourceImage>& images, std::string_view wanted,
                                            std::string_view base, std::vector<std::string>& warnings) {
  if (images.empty()) return Error(Errc::not_found, "image", {}, "there is none in the source");
  const bool only = are_one(images);
  Names names;
  if (!wanted.empty()) {
    if (!only) {
      return Error(Errc::invalid_argument, "image", wanted, "the source holds several images")
          .with_advice("import them under their own names");
    }
    BAYPLAN_TRY(names.add(wanted, images.front().target));
    return std::move(names).take();
  }
  for (const SourceImage& image : images) {
    for (const std::string& name : image.names) BAYPLAN_TRY(names.add(name, image.target));
  }
  if (names.empty() && only)
    BAYPLAN_TRY(names.add("localhost/" + std::string(base) + ":latest", images.front().target));
  if (names.empty())
    return Error(Errc::not_found, "image", {}, "none of the images in the source has a name");
  for (const SourceImage& image : images) {
    const Digest& digest = image.target.digest;
    if (!names.has(digest)) warnings.push_back(digest.to_string() + ": has no name, left out");
  }
  return std::move(names).take();
}

}  // namespace bayplan::images
