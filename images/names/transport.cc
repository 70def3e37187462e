#include "bayplan/images/transport.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

constexpr std::array<std::string_view, 5> kRefused = {"atomic", "docker-daemon", "ostree", "sif", "tarball"};

Error broken(std::string_view text, std::string_view rule) {
  return Error(Errc::invalid_argument, "image location", text, rule);
}

// Letters and digits, joined by one of "-._:@+/" or by "--": what the layout transports take for a name.
bool is_layout_name(std::string_view name) noexcept {
  std::size_t at = 0;
  while (at < name.size() && is_alnum(name[at])) {
    while (at < name.size() && is_alnum(name[at])) ++at;
    if (at == name.size()) return true;
    const bool one = std::string_view("-._:@+/").find(name[at]) != std::string_view::npos;
    if (one) at += name.substr(at).starts_with("--") ? 2 : 1;
  }
  return false;
}

Result<std::string> checked_path(std::string_view path, std::string_view text) {
  if (path.empty()) return broken(text, "the path is empty");
  if (path.find('\0') != std::string_view::npos) return broken(text, "NUL in the path");
  return std::string(path);
}

struct PathAndRest {
  std::string path;
  std::string_view rest{};
  bool has_rest = false;  // a colon follows the path
};

Result<PathAndRest> split_path(std::string_view what, std::string_view text) {
  const std::size_t colon = what.find(':');
  BAYPLAN_ASSIGN(std::string path, checked_path(what.substr(0, colon), text));
  if (colon == std::string_view::npos) return PathAndRest{std::move(path)};
  return PathAndRest{std::move(path), what.substr(colon + 1), true};
}

Result<ImageLocation> parse_docker(std::string_view what, std::string_view text) {
  if (!what.starts_with("//")) return broken(text, "docker: is followed by //");
  BAYPLAN_ASSIGN(RegistryReference reference, RegistryReference::parse(what.substr(2)));
  return RegistryLocation{std::move(reference)};
}

template <class Location>
Result<ImageLocation> parse_layout(std::string_view what, std::string_view text) {
  BAYPLAN_ASSIGN(PathAndRest split, split_path(what, text));
  if (split.has_rest && !is_layout_name(split.rest)) {
    return broken(text, "the name behind the path is not letters and digits joined by -._:@+/");
  }
  return Location{std::move(split.path), std::string(split.rest)};
}

Result<std::uint32_t> parse_index(std::string_view digits, std::string_view text) {
  std::uint32_t index = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, index);
  if (digits.empty() || failed != std::errc() || stopped != end) {
    return broken(text, "the index behind \"@\" is no number from 0 on");
  }
  return index;
}

Result<ImageLocation> parse_docker_archive(std::string_view what, std::string_view text) {
  BAYPLAN_ASSIGN(PathAndRest split, split_path(what, text));
  DockerArchiveLocation location{std::move(split.path)};
  if (!split.has_rest) return location;
  if (split.rest.starts_with('@')) {
    BAYPLAN_ASSIGN(location.index, parse_index(split.rest.substr(1), text));
    return location;
  }
  BAYPLAN_ASSIGN(RegistryReference reference, RegistryReference::parse(split.rest));
  if (reference.digest()) return broken(text, "images in such archives have tags, not digests");
  location.reference = std::move(reference);
  return location;
}

Result<ImageLocation> parse_dir(std::string_view what, std::string_view text) {
  BAYPLAN_ASSIGN(std::string path, checked_path(what, text));
  return DirLocation{std::move(path)};
}

Result<ImageLocation> parse_storage(std::string_view what, std::string_view text) {
  if (what.empty()) return broken(text, "the name is empty");
  return StorageLocation{std::string(what)};
}

struct Transport {
  std::string_view name;
  Result<ImageLocation> (*parse)(std::string_view what, std::string_view text);
};

// In the order of the variant.
constexpr std::array<Transport, 6> kTransports = {{
    {"docker", parse_docker},
    {"oci", parse_layout<OciLayoutLocation>},
    {"oci-archive", parse_layout<OciArchiveLocation>},
    {"docker-archive", parse_docker_archive},
    {"dir", parse_dir},
    {"containers-storage", parse_storage},
}};
static_assert(kTransports.size() == std::variant_size_v<ImageLocation>);

// What stands before the first colon; empty where there is none.
std::string_view transport_word(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
}

bool is_refused(std::string_view text) noexcept {
  return std::find(kRefused.begin(), kRefused.end(), transport_word(text)) != kRefused.end();
}

// What stands behind the transport's colon.
struct WhatOf {
  std::string operator()(const RegistryLocation& at) const { return "//" + at.reference.to_string(); }
  std::string operator()(const OciLayoutLocation& at) const { return named(at.path, at.name); }
  std::string operator()(const OciArchiveLocation& at) const { return named(at.path, at.name); }
  std::string operator()(const DockerArchiveLocation& at) const {
    if (at.index) return at.path + ":@" + std::to_string(*at.index);
    return named(at.path, at.reference ? at.reference->to_string() : std::string());
  }
  std::string operator()(const DirLocation& at) const { return at.path; }
  std::string operator()(const StorageLocation& at) const { return at.text; }

  static std::string named(const std::string& path, const std::string& name) {
    return name.empty() ? path : path + ":" + name;
  }
};

}  // namespace

Result<ImageLocation> parse_location(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return broken(text, "names no transport").with_advice("write docker://NAME for an image in a registry");
  }
  const std::string_view name = text.substr(0, colon);
  if (is_refused(text)) {
    return Error(Errc::unsupported, "image location", text,
                 "the transport " + quoted(name) + " is not supported")
        .with_advice("copy the image to an archive or a registry first");
  }
  for (const Transport& transport : kTransports) {
    if (transport.name == name) return transport.parse(text.substr(colon + 1), text);
  }
  return broken(text, "there is no transport " + quoted(name));
}

bool names_transport(std::string_view text) noexcept {
  const auto is_it = [&](const Transport& transport) { return transport.name == transport_word(text); };
  return is_refused(text) || std::any_of(kTransports.begin(), kTransports.end(), is_it);
}

Result<ImageLocation> parse_source(std::string_view text, std::string_view default_transport) {
  auto as_given = parse_location(text);
  if (as_given || default_transport.empty() || is_refused(text)) return as_given;
  auto with_default = parse_location(std::string(default_transport) + std::string(text));
  if (with_default || !names_transport(text)) return with_default;
  return as_given;
}

std::string_view transport_of(const ImageLocation& location) noexcept {
  return kTransports[location.index()].name;
}

std::string to_string(const ImageLocation& location) {
  return std::string(transport_of(location)) + ":" + std::visit(WhatOf(), location);
}

std::optional<RegistryReference> registry_name(const ImageLocation& location) {
  if (const auto* registry = std::get_if<RegistryLocation>(&location)) return registry->reference;
  if (const auto* archive = std::get_if<DockerArchiveLocation>(&location)) return archive->reference;
  return {};
}

}  // namespace bayplan::images
