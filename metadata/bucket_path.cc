#include "bucket_path.h"

#include <unordered_map>
#include <vector>

#include "byte_order.h"
#include "lmdb_value.h"

namespace bayplan::metadata {

struct Step {
  std::uint64_t parent = 0;
  std::string key{};
  bool is_chain = false;
};
/// Who leads to what, by the rows that can be read.
struct BucketSteps : std::unordered_map<std::uint64_t, Step> {};

namespace {

using Steps = BucketSteps;

Steps read_steps(ReadState& state) {
  Steps steps;
  MDB_cursor* cursor = nullptr;
  if (::mdb_cursor_open(state.txn(), state.environment->rows(), &cursor) != 0) return steps;
  MDB_val key{};
  MDB_val value{};
  int rc = ::mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  for (; rc == 0; rc = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    const std::string_view row_key = to_view(key);
    const auto row = decode_row(row_key, to_view(value));
    if (!row || (row->tag != Tag::bucket && row->tag != Tag::chain)) continue;
    const bool is_chain = row->tag == Tag::chain;
    const std::string_view user_key = row_key.substr(kBucketIdBytes);
    steps.emplace(row->number(),
                  Step{load_be<std::uint64_t>(row_key.data()),
                       std::string(is_chain ? user_key.substr(0, kMaxChunkBytes) : user_key), is_chain});
  }
  ::mdb_cursor_close(cursor);
  return steps;
}

std::shared_ptr<const Steps> steps_of(ReadState& state) {
  if (state.known_steps) return state.known_steps;
  auto steps = std::make_shared<const Steps>(read_steps(state));
  if (!state.core) state.known_steps = steps;
  return steps;
}

bool is_continuation(const Steps& steps, std::uint64_t id) {
  const auto step = steps.find(id);
  return step != steps.end() && step->second.is_chain;
}

}  // namespace

std::string bucket_path(ReadState& state, std::uint64_t id) {
  if (id == kRootBucketId) return "/";
  const auto known = steps_of(state);
  const Steps& steps = *known;
  std::vector<std::string_view> parts;  // from the end
  for (std::size_t left = steps.size(); id != kRootBucketId; --left) {
    const auto step = steps.find(id);
    if (step == steps.end() || left == 0) {
      parts.clear();
      break;
    }
    parts.push_back(step->second.key);
    id = step->second.parent;
    // The rest of a long key's continuation, or a new name: a slash stands before the first part of each.
    if (!is_continuation(steps, id)) parts.emplace_back("/");
  }
  std::string path;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) path.append(*part);
  return parts.empty() ? "number " + std::to_string(id) : path;
}

Error in_bucket(ReadState& state, Error error, std::string_view row_key) {
  if (row_key.size() < kBucketIdBytes) return error;
  return std::move(error).with_context("bucket", bucket_path(state, load_be<std::uint64_t>(row_key.data())));
}

}  // namespace bayplan::metadata
