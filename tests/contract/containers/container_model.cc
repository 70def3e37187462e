#include "container_model.h"

#include <algorithm>
#include <array>

namespace bayplan::containers {
namespace {

bool has(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += " " + one;
  return text;
}

}  // namespace

std::string id_of(int number) { return "container-" + std::to_string(number); }
std::string name_of(int number) { return "name-" + std::to_string(number); }
std::string pod_of(int number) { return "pod-" + std::to_string(number); }

std::string to_string(const Operation& operation) {
  constexpr std::array<const char*, Operation::kKinds> kWords = {
      "make_pod", "make_member", "remove", "remove_by_name", "remove_pod", "raise", "name", "start", "stop"};
  return std::string(kWords.at(static_cast<std::size_t>(operation.kind))) + " id " +
         std::to_string(operation.id) + " name " + std::to_string(operation.name) + " pod " +
         std::to_string(operation.pod);
}

std::string to_string(const Containers& containers) {
  std::string text;
  for (const auto& [id, seen] : containers) {
    text += id + ": pod " + seen.pod + ", names" + joined(seen.names) + ", layer names" +
            joined(seen.layer_names) + ", attempt " + std::to_string(seen.attempt) + ", mounts " +
            std::to_string(seen.mounts) + "\n";
  }
  return text;
}

bool ContainerModel::is_taken(const std::string& name, std::vector<std::string> Seen::*list) const {
  return std::any_of(containers_.begin(), containers_.end(),
                     [&](const auto& one) { return has(one.second.*list, name); });
}

std::optional<Errc> ContainerModel::make(const std::string& id, const std::string& pod,
                                         std::vector<std::string> names) {
  const std::string layer = names.front() + "-layer";
  if (containers_.contains(id) || is_taken(layer, &Seen::layer_names)) return Errc::already_exists;
  for (const std::string& name : names) {
    if (is_taken(name, &Seen::names)) return Errc::already_exists;
  }
  containers_[id] = {pod, std::move(names), {layer}};
  return {};
}

std::string ContainerModel::holder(const std::string& name) const {
  for (const auto& list : {&Seen::names, &Seen::layer_names}) {
    for (const auto& [id, seen] : containers_) {
      if (has(seen.*list, name)) return id;
    }
  }
  return {};
}

std::optional<Errc> ContainerModel::remove_pod(const std::string& pod) {
  const std::string id = containers_.contains(pod) ? pod : holder(pod);
  if (id.empty()) return Errc::not_found;
  if (containers_.at(id).pod != id) return Errc::invalid_argument;
  containers_.erase(id);
  return {};
}

std::optional<Errc> ContainerModel::give_name(const std::string& id, const std::string& name) {
  if (!containers_.contains(id)) return Errc::not_found;
  if (has(containers_.at(id).names, name)) {
    std::erase(containers_.at(id).names, name);
  } else {
    for (auto& [other, seen] : containers_) std::erase(seen.names, name);
  }
  auto& names = containers_.at(id).names;
  names.insert(names.begin(), name);
  return {};
}

std::optional<Errc> ContainerModel::apply(const Operation& operation) {
  const std::string id = id_of(operation.id);
  const std::string name = name_of(operation.name);
  const std::string pod = pod_of(operation.pod);
  const auto found = containers_.find(id);
  const bool there = found != containers_.end();
  switch (operation.kind) {
    case Operation::Kind::make_pod:
      return make(pod, pod, {name, pod + "-name"});
    case Operation::Kind::make_member:
      return make(id, pod, {name});
    case Operation::Kind::remove:
      containers_.erase(id);
      return {};
    case Operation::Kind::remove_by_name:
      containers_.erase(holder(name));
      return {};
    case Operation::Kind::remove_pod:
      return remove_pod(pod);
    case Operation::Kind::raise:
      if (!there) return Errc::not_found;
      ++found->second.attempt;
      return {};
    case Operation::Kind::name:
      return give_name(id, name);
    case Operation::Kind::start:
      if (!there) return Errc::not_found;
      ++found->second.mounts;
      return {};
    case Operation::Kind::stop:
      if (there) found->second.mounts = 0;
      return {};
  }
  return {};
}

}  // namespace bayplan::containers
