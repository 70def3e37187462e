// Containers and pods through RuntimeService, on a store of its own in --dir.
//
//   pods     --records pods of an infrastructure container and two members each: created, listed by pod,
//   deleted layers   an image of --ops layers, beside a tree of --records others: a container made and
//   removed, the image removed
//
// Each line is one operation's figures, and its processor time beside them, which other programs hardly
// change. "longest write" is how long a write transaction kept others waiting, in all that came before it:
// from its first change to its durable end; what of it passed before its commit, which is ours; and the
// commit, which is the disk's.
#include <time.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>

#include "arguments.h"
#include "bayplan/base/fault.h"
#include "bayplan/containers/containers.h"
#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/spec.h"
#include "bayplan/images/image_service.h"
#include "bayplan/images/import.h"
#include "measure.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::bench {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

constexpr std::string_view kNamespace = metadata::kDefaultNamespace;
constexpr const char* kImage = "localhost/bench:1";
constexpr std::uint64_t kMembers = 2;

/// The longest of each, of the write transactions of this thread.
struct LongestWrite {
  std::chrono::nanoseconds whole{0};
  std::chrono::nanoseconds before_commit{0};
  std::chrono::nanoseconds commit{0};
};

class WriteClock {
 public:
  WriteClock() {
    fault::arm([this](fault::Point point) -> std::optional<Error> {
      if (point == fault::Point::key_write && !begun_) begun_ = committing_ = Clock::now();
      if (point == fault::Point::commit_before) committing_ = Clock::now();
      if (point == fault::Point::commit_durable && begun_) end();
      return {};
    });
  }
  WriteClock(const WriteClock&) = delete;
  WriteClock& operator=(const WriteClock&) = delete;
  ~WriteClock() { fault::arm({}); }

  /// Answers it, and begins anew.
  LongestWrite forget() { return std::exchange(longest_, {}); }

 private:
  using Clock = std::chrono::steady_clock;
  static void raise(std::chrono::nanoseconds& longest, Clock::duration took) {
    longest = std::max<std::chrono::nanoseconds>(longest, took);
  }
  void end() {
    const auto now = Clock::now();
    raise(longest_.whole, now - *begun_);
    raise(longest_.before_commit, committing_ - *begun_);
    raise(longest_.commit, now - committing_);
    begun_.reset();
  }

  std::optional<Clock::time_point> begun_{};
  Clock::time_point committing_{};
  LongestWrite longest_{};
};

std::chrono::nanoseconds processor_time() {
  struct timespec used {};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) throw std::runtime_error("clock_gettime");
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}
std::int64_t micros(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

class Run {
 public:
  explicit Run(Arguments arguments) : arguments_(std::move(arguments)), store_(open()), service_(store_) {}

  void all() {
    for (const std::string& row : arguments_.rows) {
      const auto known = kRows.find(row);
      if (known == kRows.end()) throw std::invalid_argument("no such row: " + row);
      known->second(*this);
    }
  }

 private:
  void import_image(std::uint64_t layers) {
    test::LayoutBuilder layout;
    std::vector<std::string> tars;
    for (std::uint64_t n = 0; n < layers; ++n) {
      tars.push_back(test::TarBuilder().file("file-" + std::to_string(n), "x").end());
    }
    layout.tag(layout.image(tars));
    const auto source = arguments_.directory / "layout";
    layout.write_to(source);
    images::import(*store_, kNamespace, source, {.name = kImage}, {}).value();
  }

  static std::string pod_id(std::uint64_t pod) { return "pod-" + std::to_string(pod); }
  static std::string member_id(std::uint64_t pod, std::uint64_t member) {
    return pod_id(pod) + "-" + std::to_string(member);
  }

  void make_container(const std::string& pod, const std::string& id) {
    containers::ContainerRequest request;
    request.pod_name = request.pod_id = pod;
    request.image_name = kImage;
    request.container_id = request.container_name = id;
    request.config = config_;
    service_.create_container(request, {}).value();
  }
  void make_pod(std::uint64_t pod) {
    containers::SandboxRequest request;
    request.pod_name = pod_id(pod) + "-name";
    request.pod_id = pod_id(pod);
    request.image_name = kImage;
    request.container_name = pod_id(pod) + "-infra";
    request.config = config_;
    service_.create_pod_sandbox(request, {}).value();
    for (std::uint64_t member = 0; member < kMembers; ++member) {
      make_container(pod_id(pod), member_id(pod, member));
    }
  }
  void delete_pod(std::uint64_t pod) {
    for (std::uint64_t member = 0; member < kMembers; ++member) {
      service_.delete_container(member_id(pod, member)).value();
    }
    service_.remove_pod_sandbox(pod_id(pod)).value();
  }

  void pods() {
    import_image(1);
    const std::uint64_t count = arguments_.records;
    run("pods_create", count, [&](std::uint64_t pod) { make_pod(pod); });
    run("pods_list", arguments_.reads, [&](std::uint64_t) {
      const auto pods = service_.pods().value();
      if (pods.size() != count || pods.begin()->second.size() != kMembers + 1)
        throw std::runtime_error("pods are missing");
    });
    run("pods_delete", count, [&](std::uint64_t pod) { delete_pod(pod); });
    if (!service_.list()->empty()) throw std::runtime_error("containers are left");
    print_longest_write("pods");
  }

  // Four upon each: of a parent that an earlier transaction made.
  void grow_tree(std::uint64_t layers) {
    const Labels root{{std::string(metadata::kGcRootLabel), "1"}};
    snapshots::Snapshotter& snapshotter = store_->snapshotter();
    const auto name = [](std::uint64_t layer) { return "tree-" + std::to_string(layer); };
    const auto parent = [&](std::uint64_t layer) {
      return layer == 1 ? std::string() : name((layer + 2) / 4);
    };
    constexpr std::uint64_t kAtOnce = 500;
    for (std::uint64_t begin = 1; begin <= layers;) {
      const std::uint64_t end = std::min({begin + kAtOnce, 4 * begin - 2, layers + 1});
      std::vector<snapshots::Stage> stages;
      const auto staged = store_->db().view([&](const ReadTx& tx) -> Result<void> {
        for (std::uint64_t layer = begin; layer < end; ++layer) {
          BAYPLAN_ASSIGN(auto stage, snapshotter.stage(tx, kNamespace, parent(layer)));
          stages.push_back(std::move(stage));
        }
        return {};
      });
      if (!staged) throw std::runtime_error(staged.error().to_string());
      store_->db()
          .update([&](WriteTx& tx) -> Result<void> {
            for (std::uint64_t layer = begin; layer < end; ++layer) {
              BAYPLAN_TRY(snapshotter.add_committed(tx, kNamespace, name(layer), parent(layer),
                                                    std::move(stages[layer - begin]), {}, root,
                                                    metadata::referred()));
            }
            return {};
          })
          .value();
      begin = end;
    }
  }

  void layers() {
    grow_tree(arguments_.records);
    import_image(arguments_.ops);
    longest_.forget();
    run("layers_create", arguments_.reads,
        [&](std::uint64_t n) { make_container("layers", "layers-" + std::to_string(n)); });
    run("layers_delete", arguments_.reads,
        [&](std::uint64_t n) { service_.delete_container("layers-" + std::to_string(n)).value(); });
    const images::ImageService images(store_, {.users = {&containers::container_gc_kind()}});
    run("layers_remove_image", 1, [&](std::uint64_t) {
      if (images.remove_image(kImage)->size() != arguments_.ops)
        throw std::runtime_error("layers of the image stay");
    });
    print_longest_write("layers");
  }

  std::shared_ptr<images::Store> open() const {
    return std::make_shared<images::Store>(
        images::Store::open(arguments_.directory / "store", {.run_root = arguments_.directory / "run"})
            .value());
  }

  void run(std::string_view row, std::uint64_t count,
           const std::function<void(std::uint64_t)>& operation) const {
    const auto before = processor_time();
    Measured measured = measure(count, 1, operation);
    const auto used = processor_time() - before;
    print_row(row, arguments_.records, std::move(measured));
    std::cout << "processor time of " << row << ": " << micros(used / std::max<std::uint64_t>(count, 1))
              << " us each\n";
  }
  void print_longest_write(std::string_view what) {
    const LongestWrite longest = longest_.forget();
    std::cout << "longest write transaction of " << what << ": " << micros(longest.whole)
              << " us; before its commit " << micros(longest.before_commit) << " us; commit "
              << micros(longest.commit) << " us\n";
  }

  Arguments arguments_;
  std::shared_ptr<images::Store> store_;
  containers::RuntimeService service_;
  const std::string config_ = containers::generate_spec({}, {}, {.args = {"/bin/true"}}).value();
  WriteClock longest_;

  static const std::map<std::string, std::function<void(Run&)>, std::less<>> kRows;
};

const std::map<std::string, std::function<void(Run&)>, std::less<>> Run::kRows{{"pods", &Run::pods},
                                                                               {"layers", &Run::layers}};

}  // namespace
}  // namespace bayplan::bench

int main(int argc, char** argv) {
  try {
    bayplan::bench::Run(bayplan::bench::parse(argc, argv)).all();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
