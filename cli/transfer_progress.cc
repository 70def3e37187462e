#include "transfer_progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "print.h"

namespace bayplan::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Often enough for an eye, and for a program.
constexpr std::chrono::milliseconds kRedraw{50};
constexpr std::chrono::milliseconds kLineAgain{500};

struct Row {
  std::string stage;
  std::string object;
  std::uint64_t first = 0;  // bytes that were there when it began
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  Clock::time_point began = Clock::now();
  Clock::time_point told{};

  bool is_over() const noexcept { return total != 0 && done == total; }
  std::uint64_t rate() const {  // bytes a second
    const std::chrono::duration<double> seconds = Clock::now() - began;
    if (seconds.count() <= 0) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(done - std::min(first, done)) / seconds.count());
  }
};

std::string bar_of(const Row& row) {
  constexpr std::uint64_t kCells = 24;
  const std::uint64_t full = row.total == 0 ? 0 : std::min(kCells, row.done * kCells / row.total);
  std::string line = printable(row.stage);
  line.resize(std::max<std::size_t>(line.size(), 6), ' ');
  line += " " + short_digest(row.object) + " [" + std::string(full, '#') + std::string(kCells - full, '.') +
          "] " + human_bytes(row.done);
  if (row.total != 0) line += " of " + human_bytes(row.total);
  if (!row.is_over()) line += ", " + human_bytes(row.rate()) + "/s";
  return line;
}

std::string json_of(const Row& row) {
  json::Writer out = begin_json();
  out.member("stage", row.stage).member("object", row.object).key("done").unsigned_integer(row.done);
  if (row.total != 0) out.key("total").unsigned_integer(row.total);
  out.key("bytesPerSecond").unsigned_integer(row.rate()).end_object();
  return std::move(out).take();
}

}  // namespace

class TransferProgress::Display {
 public:
  explicit Display(bool bars) : bars_(bars) {}

  void show(const Progress& progress) {
    const std::scoped_lock lock(mutex_);
    Row& row = row_of(progress);
    row.stage = progress.stage;
    row.done = progress.done;
    row.total = progress.total;
    if (bars_) return draw(row.is_over());
    const auto time = Clock::now();
    if (!row.is_over() && time - row.told < kLineAgain) return;
    row.told = time;
    print(json_of(row) + "\n");
  }
  void finish() {
    const std::scoped_lock lock(mutex_);
    if (bars_ && !rows_.empty()) draw(true);
  }

 private:
  // A blob that is unpacked while it is fetched has a row for each.
  Row& row_of(const Progress& progress) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
      return row.object == progress.object && row.stage == progress.stage;
    });
    if (found != rows_.end()) return *found;
    return rows_.emplace_back(Row{.stage = std::string(progress.stage),
                                  .object = std::string(progress.object),
                                  .first = progress.done});
  }
  void draw(bool now) {
    const auto time = Clock::now();
    if (!now && time - drawn_ < kRedraw) return;
    drawn_ = time;
    std::string text = lines_ == 0 ? std::string() : "\x1b[" + std::to_string(lines_) + "A";
    for (const Row& row : rows_) text += "\r\x1b[K" + bar_of(row) + "\n";
    lines_ = rows_.size();
    print(text);
  }
  static void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  const bool bars_;
  std::mutex mutex_;
  std::vector<Row> rows_{};
  std::size_t lines_ = 0;
  Clock::time_point drawn_{};
};

TransferProgress::TransferProgress(const Session& session) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (session.json() || terminal) display_ = std::make_unique<Display>(!session.json());
}

TransferProgress::~TransferProgress() {
  if (display_) display_->finish();
}

ProgressSink TransferProgress::sink() {
  if (!display_) return {};
  return [display = display_.get()](const Progress& progress) { display->show(progress); };
}

}  // namespace bayplan::cli
