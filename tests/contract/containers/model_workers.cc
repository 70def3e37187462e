#include "model_workers.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/storage_record.h"

namespace bayplan::containers {
namespace {

using metadata::WriteTx;

constexpr int kSuccess = -1;

template <class T>
int code_of(const Result<T>& result) {
  return result ? kSuccess : static_cast<int>(result.error().code());
}

class Service {
 public:
  explicit Service(const std::filesystem::path& directory)
      : store_(std::make_shared<images::Store>(
            images::Store::open(directory / "store", {.snapshotter = "native", .run_root = directory / "run"})
                .value())),
        service_(store_) {}

  int apply(const Operation& operation) const {
    const std::string id = id_of(operation.id);
    const std::string name = name_of(operation.name);
    switch (operation.kind) {
      case Operation::Kind::make_pod:
        return make_pod(pod_of(operation.pod), name);
      case Operation::Kind::make_member:
        return make_member(pod_of(operation.pod), id, name);
      case Operation::Kind::remove:
        return code_of(service_.delete_container(id));
      case Operation::Kind::remove_by_name:
        return code_of(service_.delete_container(name));
      case Operation::Kind::remove_pod:
        return code_of(service_.remove_pod_sandbox(pod_of(operation.pod)));
      case Operation::Kind::raise:
        return code_of(service_.update_container_metadata(id, [](RuntimeMetadata& metadata) -> Result<void> {
          ++metadata.attempt;
          return {};
        }));
      case Operation::Kind::name:
        return code_of(store_->db().update(
            [&](WriteTx& tx) { return storage::add_names(tx, metadata::kDefaultNamespace, id, {name}); }));
      case Operation::Kind::start:
        return code_of(service_.start_container(id));
      case Operation::Kind::stop:
        return code_of(service_.stop_container(id));
    }
    return kSuccess;
  }

 private:
  int make_pod(const std::string& pod, const std::string& name) const {
    SandboxRequest request;
    request.pod_name = pod + "-name";
    request.pod_id = pod;
    request.image_name = kModelImage;
    request.container_name = name;
    request.config = R"({"ociVersion":"1.1.0"})";
    return code_of(service_.create_pod_sandbox(request, {}));
  }
  int make_member(const std::string& pod, const std::string& id, const std::string& name) const {
    ContainerRequest request;
    request.pod_name = pod + "-name";
    request.pod_id = pod;
    request.image_name = kModelImage;
    request.container_name = name;
    request.container_id = id;
    request.config = R"({"ociVersion":"1.1.0"})";
    return code_of(service_.create_container(request, {}));
  }

  std::shared_ptr<images::Store> store_;
  RuntimeService service_;
};

[[noreturn]] void work(const std::filesystem::path& directory, int orders, int answers) {
  try {
    const Service service(directory);
    Operation operation;
    while (::read(orders, &operation, sizeof(operation)) == static_cast<ssize_t>(sizeof(operation))) {
      const int code = service.apply(operation);
      if (::write(answers, &code, sizeof(code)) != static_cast<ssize_t>(sizeof(code))) break;
    }
    std::fflush(nullptr);
    ::_exit(0);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    ::_exit(1);
  }
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  return ends;
}

}  // namespace

ModelWorkers::ModelWorkers(const std::filesystem::path& directory, std::size_t count) {
  while (workers_.size() < count) {
    const auto orders = make_pipe();
    const auto answers = make_pipe();
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (const Worker& earlier : workers_) ::close(earlier.orders);  // or they would never see its end
      ::close(orders[1]);
      work(directory, orders[0], answers[1]);
    }
    ::close(orders[0]);
    ::close(answers[1]);
    workers_.push_back({pid, orders[1], answers[0]});
  }
}

ModelWorkers::~ModelWorkers() {
  for (const Worker& worker : workers_) ::close(worker.orders);
  for (const Worker& worker : workers_) {
    ::waitpid(worker.pid, nullptr, 0);
    ::close(worker.answers);
  }
}

std::optional<Errc> ModelWorkers::apply(std::size_t worker, const Operation& operation) {
  const Worker& one = workers_.at(worker);
  int code = 0;
  const bool told =
      ::write(one.orders, &operation, sizeof(operation)) == static_cast<ssize_t>(sizeof(operation));
  if (!told || ::read(one.answers, &code, sizeof(code)) != static_cast<ssize_t>(sizeof(code)))
    throw std::runtime_error("a worker is gone");
  if (code == kSuccess) return {};
  return static_cast<Errc>(code);
}

}  // namespace bayplan::containers
