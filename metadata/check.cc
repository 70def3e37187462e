#include <limits>
#include <set>
#include <string>
#include <utility>

#include "bayplan/metadata/namespaces.h"
#include "check_walk.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMaxDepth = 256;
// Damaged rows in a row that a cursor is stepped over before its bucket is given up.
constexpr int kMaxConsecutiveErrors = 256;

bool is_damage(const Error& error) { return error.code() != Errc::closed && error.code() != Errc::io; }

class BucketWalker {
 public:
  BucketWalker(const BucketSource& source, CheckReport& report) : source_(source), report_(report) {}

  /// Answers whether it came to the end.
  Result<bool> run(std::uint64_t most_steps) {
    BAYPLAN_TRY(enter(root_bucket(source_)));
    for (; !stack_.empty(); --most_steps) {
      if (most_steps == 0) {
        problem("more is reached than there are rows; not looked at further");
        return false;
      }
      BAYPLAN_TRY(step());
    }
    return true;
  }

 private:
  struct Frame {
    Bucket bucket;
    std::unique_ptr<BucketCursor> cursor;
    std::size_t path_size;
    bool started = false;
    int errors = 0;
  };

  void problem(std::string_view what) {
    report_.problems.push_back({{"bucket", {}, path_.empty() ? "/" : path_}, std::string(what)});
  }

  // Damage becomes a problem; anything else goes up.
  Result<void> note(const Error& error) {
    if (!is_damage(error)) return error;
    problem(error.to_string());
    return {};
  }

  Result<void> enter(const Bucket& bucket) {
    const std::uint64_t id = bucket.handle().id;
    if (!bucket.handle().inline_bytes && !seen_.insert(id).second) {
      problem("the bucket is reached twice");
      return {};
    }
    if (stack_.size() >= kMaxDepth) {
      problem("nested deeper than " + std::to_string(kMaxDepth) + " buckets");
      return {};
    }
    ++report_.buckets;
    const auto sequence = bucket.sequence();
    if (!sequence) BAYPLAN_TRY(note(sequence.error()));
    auto cursor = bucket.cursor();
    if (!cursor) return note(cursor.error());
    stack_.push_back({bucket, std::move(*cursor), path_.size()});
    return {};
  }

  void leave() {
    stack_.pop_back();
    path_.resize(stack_.empty() ? 0 : stack_.back().path_size);
  }

  Result<void> step() {
    Frame& frame = stack_.back();
    auto entry = frame.started ? frame.cursor->next() : frame.cursor->first();
    frame.started = true;
    if (!entry) {
      BAYPLAN_TRY(note(entry.error()));
      if (++frame.errors >= kMaxConsecutiveErrors) leave();
      return {};
    }
    frame.errors = 0;
    if (!*entry) {
      leave();
      return {};
    }
    ++report_.rows;
    return (*entry)->is_bucket ? descend(frame.bucket, (*entry)->key) : Result<void>{};
  }

  Result<void> descend(const Bucket& parent, std::string_view key) {
    const std::size_t outer = path_.size();
    path_.append("/").append(key);
    const std::size_t depth = stack_.size();
    auto child = parent.bucket(key);
    auto entered = !child ? note(child.error()) : *child ? enter(**child) : Result<void>{};
    if (stack_.size() == depth) path_.resize(outer);
    return entered;
  }

  const BucketSource& source_;
  CheckReport& report_;
  std::vector<Frame> stack_;
  std::string path_;
  std::set<std::uint64_t> seen_;
};

Result<void> check_kinds(const BucketSource& source, std::span<const GcKind* const> kinds,
                         CheckReport& report) {
  const auto names = list_namespaces(source);
  if (!names) {
    if (!is_damage(names.error())) return names.error();
    report.problems.push_back({{"namespace", {}, {}}, names.error().to_string()});
    return {};
  }
  const ProblemSink sink = [&](Problem problem) { report.problems.push_back(std::move(problem)); };
  for (const std::string& ns : *names) {
    for (const GcKind* kind : kinds) {
      const auto checked = kind->check(source, ns, sink);
      if (checked) continue;
      if (!is_damage(checked.error())) return checked.error();
      sink({{std::string(kind->kind()), ns, {}}, checked.error().to_string()});
    }
  }
  return {};
}

}  // namespace

Result<CheckReport> check_at_most(const BucketSource& source, std::span<const GcKind* const> kinds,
                                  std::uint64_t most_steps) {
  CheckReport report;
  BAYPLAN_ASSIGN(const bool whole, BucketWalker(source, report).run(most_steps));
  if (whole) BAYPLAN_TRY(check_kinds(source, kinds, report));
  return report;
}

Result<CheckReport> check(const BucketSource& source, std::span<const GcKind* const> kinds) {
  return check_at_most(source, kinds, std::numeric_limits<std::uint64_t>::max());
}

}  // namespace bayplan::metadata
