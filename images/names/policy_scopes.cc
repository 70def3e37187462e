#include "names/policy_scopes.h"

#include <filesystem>
#include <string_view>

#include "names/registry_host.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

using Scopes = std::vector<std::string>;

// Each beginning of `text` that ends before a slash, the longest first.
void add_parents(std::string_view text, Scopes& scopes) {
  for (std::size_t end = text.rfind('/'); end != std::string_view::npos && end > 0; end = text.rfind('/')) {
    text = text.substr(0, end);
    scopes.emplace_back(text);
  }
}

void add_wildcards(std::string_view host, Scopes& scopes) {
  std::string_view name = host.substr(0, host.find(':'));
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    scopes.push_back("*." + std::string(name));
  }
}

// Where the path leads once its links are followed, or nothing: a path that cannot be followed is in no
// scope.
std::string real_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return {};
  std::string real = std::filesystem::weakly_canonical(absolute, error).native();
  if (error) return {};
  while (real.size() > 1 && real.ends_with('/')) real.pop_back();
  return real;
}

Scopes path_scopes(const std::string& path, const std::string& name) {
  const std::string whole = real_path(path);
  if (whole.empty()) return {};
  Scopes scopes;
  if (!name.empty()) scopes.push_back(whole + ":" + name);
  scopes.push_back(whole);
  add_parents(whole, scopes);
  return scopes;
}

struct ScopesOf {
  Scopes operator()(const RegistryLocation& at) const {
    const std::string repository = with_lower_host(at.reference.repository());
    Scopes scopes = {with_lower_host(at.reference.to_string()), repository};
    add_parents(repository, scopes);
    add_wildcards(lower(at.reference.domain()), scopes);
    return scopes;
  }
  Scopes operator()(const OciLayoutLocation& at) const { return path_scopes(at.path, at.name); }
  Scopes operator()(const OciArchiveLocation& at) const { return path_scopes(at.path, at.name); }
  Scopes operator()(const DirLocation& at) const { return path_scopes(at.path, {}); }
  Scopes operator()(const DockerArchiveLocation&) const { return {}; }
  Scopes operator()(const StorageLocation&) const { return {}; }
};

}  // namespace

std::vector<std::string> policy_scopes(const ImageLocation& location) {
  return std::visit(ScopesOf(), location);
}

}  // namespace bayplan::images
