// A process that pulls: pull_worker STORE SOURCE [pulls=N] [say=BYTES] [die=BYTES]. Each number of BYTES is
// of those that came from the registry: at `say` it prints a line and goes on, at `die` it kills itself. It
// ends with "done OK FETCHED RECEIVED": how many pulls succeeded, what they reported, what came.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bayplan/images/pull.h"
#include "bayplan/registry/client.h"

namespace bayplan::images {
namespace {

struct Wishes {
  unsigned pulls = 1;
  std::uint64_t say = UINT64_MAX;
  std::uint64_t die = UINT64_MAX;
};

Wishes wishes_of(int argc, char** argv) {
  Wishes wishes;
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const std::uint64_t number = std::strtoull(word.substr(word.find('=') + 1).c_str(), nullptr, 10);
    if (word.starts_with("pulls=")) wishes.pulls = static_cast<unsigned>(number);
    if (word.starts_with("say=")) wishes.say = number;
    if (word.starts_with("die=")) wishes.die = number;
  }
  return wishes;
}

void print(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

class Worker {
 public:
  Worker(Registry& client, const Wishes& wishes) : client_(client), wishes_(wishes) {}

  int run(Store& store, const std::string& source) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < wishes_.pulls; ++i) threads.emplace_back([&] { pull_one(store, source); });
    for (std::thread& thread : threads) thread.join();
    print("done " + std::to_string(ok_) + " " + std::to_string(fetched_) + " " +
          std::to_string(client_.statistics().bytes_received));
    return ok_ == wishes_.pulls ? 0 : 1;
  }

 private:
  void pull_one(Store& store, const std::string& source) {
    Control control;
    control.progress = [this](const Progress& progress) {
      if (progress.stage == "fetch") look();
    };
    const auto report = pull(
        store, "default", source, [this]() -> Result<Registry*> { return &client_; }, {}, {}, control);
    const std::scoped_lock lock(mutex_);
    if (!report) std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
    if (!report) return;
    ++ok_;
    fetched_ += report->fetched;
  }
  void look() {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t received = client_.statistics().bytes_received;
    if (received >= wishes_.say) {
      wishes_.say = UINT64_MAX;
      print("said");
    }
    if (received < wishes_.die) return;
    print("died " + std::to_string(received));
    ::raise(SIGKILL);
  }

  Registry& client_;
  std::mutex mutex_;
  Wishes wishes_;
  unsigned ok_ = 0;
  std::uint64_t fetched_ = 0;
};

int run(int argc, char** argv) {
  if (argc < 3) return 2;
  RegistryOptions options;
  options.first_wait = std::chrono::milliseconds(20);
  options.attempts = 10;
  const auto client = registry::open_client(options);
  auto store = Store::open(argv[1], {.snapshotter = "native"});
  if (!client || !store) return 3;
  return Worker(**client, wishes_of(argc, argv)).run(*store, argv[2]);
}

}  // namespace
}  // namespace bayplan::images

int main(int argc, char** argv) { return bayplan::images::run(argc, argv); }
