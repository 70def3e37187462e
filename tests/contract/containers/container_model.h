// The runtime service as one would write it in memory, and what is asked of both.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/error.h"

namespace bayplan::containers {

/// One call; numbers choose among few IDs and names, so that calls meet.
struct Operation {
  enum class Kind : int {
    make_pod,
    make_member,
    remove,
    remove_by_name,
    remove_pod,
    raise,
    name,
    start,
    stop
  };
  static constexpr int kKinds = 9;
  Kind kind{};
  int id = 0;
  int name = 0;
  int pod = 0;
};
std::string to_string(const Operation& operation);

inline constexpr int kIds = 5;
inline constexpr int kNames = 4;
inline constexpr int kPods = 2;
std::string id_of(int number);
std::string name_of(int number);
std::string pod_of(int number);

/// A container as it can be seen.
struct Seen {
  std::string pod{};
  std::vector<std::string> names{};
  std::vector<std::string> layer_names{};
  std::uint32_t attempt = 0;
  std::uint64_t mounts = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};
using Containers = std::map<std::string, Seen>;
std::string to_string(const Containers& containers);

class ContainerModel {
 public:
  /// Nothing: it succeeds.
  std::optional<Errc> apply(const Operation& operation);
  const Containers& containers() const { return containers_; }

 private:
  std::optional<Errc> make(const std::string& id, const std::string& pod, std::vector<std::string> names);
  bool is_taken(const std::string& name, std::vector<std::string> Seen::*list) const;
  std::optional<Errc> remove_pod(const std::string& pod);
  std::optional<Errc> give_name(const std::string& id, const std::string& name);
  std::string holder(const std::string& name) const;

  Containers containers_{};
};

}  // namespace bayplan::containers
