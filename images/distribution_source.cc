#include "distribution_source.h"

#include <algorithm>
#include <set>
#include <vector>

#include "names/registry_host.h"

namespace bayplan::images {
namespace {

std::string key_of(const RegistryReference& reference) {
  return "containerd.io/distribution.source." + split_host(reference.domain()).host;
}

std::vector<std::string> pieces_of(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

std::set<std::string> repositories_of(const Labels& labels, const std::string& key) {
  const auto label = labels.find(key);
  if (label == labels.end()) return {};
  const auto pieces = pieces_of(label->second, ',');
  return {pieces.begin(), pieces.end()};
}

std::size_t common_components(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  const auto end = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
  return static_cast<std::size_t>(end - one.begin());
}

}  // namespace

Labels distribution_source_labels(const Labels& present, const RegistryReference& repository) {
  const std::string key = key_of(repository);
  std::set<std::string> repositories = repositories_of(present, key);
  if (!repositories.insert(repository.path()).second) return {};
  std::string value;
  for (const std::string& path : repositories) value += (value.empty() ? "" : ",") + path;
  if (!validate_label(key, value)) return {};
  return {{key, value}};
}

std::string mount_source(const Labels& labels, const RegistryReference& destination) {
  const auto wanted = pieces_of(destination.path(), '/');
  std::string best;
  std::size_t most = 0;
  for (const std::string& path : repositories_of(labels, key_of(destination))) {
    // A label is anybody's to write: what is no path of a repository would fail the push.
    const auto parsed = RegistryReference::parse(destination.domain() + "/" + path);
    if (path == destination.path() || !parsed || parsed->path() != path) continue;
    const std::size_t common = common_components(wanted, pieces_of(path, '/'));
    if (!best.empty() && common <= most) continue;
    best = path;
    most = common;
  }
  return best;
}

}  // namespace bayplan::images
