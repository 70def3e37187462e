// Processes that do what they are told on one store, each with a handle of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "container_model.h"

namespace bayplan::containers {

/// The image of all containers, which the store has to have.
inline constexpr const char* kModelImage = "docker.io/library/model:1";

class ModelWorkers {
 public:
  /// Forks them: before anything of the store is open in this process.
  ModelWorkers(const std::filesystem::path& directory, std::size_t count);
  ModelWorkers(const ModelWorkers&) = delete;
  ModelWorkers& operator=(const ModelWorkers&) = delete;
  ~ModelWorkers();

  /// Has the worker do it, and answers what came of it. Throws when the worker is gone.
  std::optional<Errc> apply(std::size_t worker, const Operation& operation);
  std::size_t count() const { return workers_.size(); }

 private:
  struct Worker {
    pid_t pid = -1;
    int orders = -1;
    int answers = -1;
  };
  std::vector<Worker> workers_{};
};

}  // namespace bayplan::containers
