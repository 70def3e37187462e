#include "crash/power_cut/disk_history.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

namespace bayplan::test {
namespace {

constexpr std::size_t kSectorBytes = 512;

bool is_name(DiskOp op) {
  return op == DiskOp::create || op == DiskOp::link || op == DiskOp::unlink || op == DiskOp::rename;
}
bool is_data(DiskOp op) { return op == DiskOp::write || op == DiskOp::truncate; }

void write_bytes(DiskNode& node, std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t end = offset + bytes.size();
  node.size = std::max(node.size, end);
  if (node.data.size() < end) node.data.resize(end);
  bytes.copy(node.data.data() + offset, bytes.size());
}

void truncate(DiskNode& node, std::uint64_t size) {
  node.size = size;
  if (node.data.size() > size) node.data.resize(size);
}

void write_sectors(DiskNode& node, std::uint64_t offset, std::string_view bytes, std::minstd_rand& chance) {
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(bytes.size(), kSectorBytes - offset % kSectorBytes);
    if (chance() % 2 == 0) write_bytes(node, offset, bytes.substr(0, length));
    bytes.remove_prefix(length);
    offset += length;
  }
}

UpperTree some_upper(std::minstd_rand& chance) {
  constexpr UpperTree kPossible[] = {UpperTree::whole, UpperTree::hollow, UpperTree::empty};
  return kPossible[chance() % std::size(kPossible)];
}

UpperTree lost_upper(Loss loss) {
  switch (loss) {
    case Loss::nothing:
      return UpperTree::whole;
    case Loss::data:
    case Loss::zeroed:
      return UpperTree::hollow;
    default:
      return UpperTree::empty;
  }
}

/// Does to a state what a record says.
class Replay {
 public:
  Replay(DiskState& state, Loss loss, std::uint32_t seed) : state_(state), loss_(loss), chance_(seed + 1) {
    chance_.discard(3);  // neighbours among the seeds begin alike
  }

  void apply_synced(const DiskChange& change) {
    const DiskRecord& record = change.record;
    DiskNode& at = state_.nodes[change.node];
    switch (record.head.op) {
      case DiskOp::create:
      case DiskOp::link:
        at.entries[record.name] = change.other;
        break;
      case DiskOp::unlink:
        at.entries.erase(record.name);
        break;
      case DiskOp::rename:
        at.entries.erase(record.name);
        state_.nodes[change.other].entries[record.data] = change.moved;
        break;
      case DiskOp::write:
        write_bytes(at, record.head.value, record.data);
        break;
      case DiskOp::truncate:
        truncate(at, record.head.value);
        break;
      case DiskOp::attributes:
        at.mode = static_cast<mode_t>(record.head.value);
        at.attributes.emplace();
        std::memcpy(&*at.attributes, record.data.data(), sizeof(Attributes));
        break;
      case DiskOp::tree_changed:
        at.upper = UpperTree::whole;
        break;
      default:
        break;
    }
  }

  void apply_unsynced(const DiskChange& change) {
    const DiskRecord& record = change.record;
    const DiskOp op = record.head.op;
    if (op == DiskOp::tree_changed) {
      state_.nodes[change.node].upper = loss_ == Loss::some ? some_upper(chance_) : lost_upper(loss_);
    } else if (loss_ == Loss::zeroed && op == DiskOp::write) {
      DiskNode& file = state_.nodes[change.node];
      file.size = std::max<std::uint64_t>(file.size, record.head.value + record.data.size());
    } else if (loss_ == Loss::some && op == DiskOp::write && chance_() % 3 == 0) {
      write_sectors(state_.nodes[change.node], record.head.value, record.data, chance_);
    } else if (survives(op)) {
      apply_synced(change);
    }
  }

 private:
  bool survives(DiskOp op) {
    switch (loss_) {
      case Loss::nothing:
        return true;
      case Loss::data:
        return !is_data(op);
      case Loss::zeroed:
        return op != DiskOp::write;
      case Loss::names:
        return !is_name(op);
      case Loss::some:
        return chance_() % 2 == 0;
      case Loss::all:
        break;
    }
    return false;
  }

  DiskState& state_;
  Loss loss_;
  std::minstd_rand chance_;
};

bool covers(const DiskChange& sync, const DiskChange& done) {
  const DiskOp how = sync.record.head.op;
  const DiskOp op = done.record.head.op;
  if (how == DiskOp::sync_fs) return true;
  if (op == DiskOp::tree_changed) return false;
  if (op == DiskOp::attributes && how == DiskOp::sync_data) return false;
  return done.node == sync.node || (op == DiskOp::rename && done.other == sync.node);
}

bool is_sync(DiskOp op) {
  return op == DiskOp::sync_file || op == DiskOp::sync_data || op == DiskOp::sync_fs;
}

}  // namespace

std::vector<DiskRecord> read_log(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::string_view rest = bytes;
  std::vector<DiskRecord> records;
  while (!rest.empty()) {
    RecordHead head;
    if (rest.size() < sizeof head) throw std::runtime_error("a recording that is cut off");
    std::memcpy(&head, rest.data(), sizeof head);
    rest.remove_prefix(sizeof head);
    if (rest.size() < head.name_bytes + head.data_bytes)
      throw std::runtime_error("a recording that is cut off");
    DiskRecord record{head, std::string(rest.substr(0, head.name_bytes)),
                      std::string(rest.substr(head.name_bytes, head.data_bytes))};
    rest.remove_prefix(head.name_bytes + head.data_bytes);
    if (head.op == DiskOp::unknown) throw std::runtime_error("the recorder does not know: " + record.data);
    records.push_back(std::move(record));
  }
  return records;
}

DiskHistory::DiskHistory(DiskScan before, std::vector<DiskRecord> records)
    : before_(std::move(before.state)), node_of_inode_(std::move(before.node_of_inode)), latest_(before_) {
  changes_.reserve(records.size());
  for (DiskRecord& record : records) {
    changes_.push_back({.record = std::move(record)});
    resolve(changes_.back());
    note_sync(changes_.size() - 1);
  }
}

std::size_t DiskHistory::node_for(std::uint64_t inode) {
  const auto found = node_of_inode_.find(inode);
  if (found == node_of_inode_.end()) throw std::runtime_error("a file that was never made");
  return found->second;
}

// What a file is, it is under whatever name it gets, or without one.
void DiskHistory::add_node(std::uint64_t inode, const DiskRecord& record) {
  node_of_inode_[inode] = before_.nodes.size();
  before_.nodes.push_back({.mode = static_cast<mode_t>(record.head.value), .target = record.data});
  latest_.nodes.push_back(before_.nodes.back());
}

void DiskHistory::resolve(DiskChange& change) {
  const RecordHead& head = change.record.head;
  if (head.op == DiskOp::sync_fs || head.op == DiskOp::output) return;
  if (head.op == DiskOp::create) add_node(head.other, change.record);
  if (head.op == DiskOp::create_unnamed) add_node(head.inode, change.record);
  change.node = node_for(head.inode);
  if (is_name(head.op) && head.op != DiskOp::unlink) change.other = node_for(head.other);
  if (head.op == DiskOp::rename) change.moved = latest_.nodes[change.node].entries.at(change.record.name);
  Replay(latest_, Loss::nothing, 0).apply_synced(change);
}

// A write that is durable when its call returns syncs itself.
void DiskHistory::note_sync(std::size_t index) {
  DiskChange& change = changes_[index];
  const RecordHead& head = change.record.head;
  if (head.op == DiskOp::write && head.other != 0) {
    change.synced_by = index;
  } else if (is_sync(head.op)) {
    std::erase_if(unsynced_, [&](std::size_t done) {
      if (!covers(change, changes_[done])) return false;
      changes_[done].synced_by = index;
      return true;
    });
  } else if (head.op != DiskOp::output) {
    unsynced_.push_back(index);
  }
}

DiskState DiskHistory::after(std::size_t cut, Loss loss, std::uint32_t seed) const {
  DiskState state = before_;
  Replay replay(state, loss, seed);
  for (std::size_t i = 0; i < cut; ++i) {
    const DiskChange& change = changes_[i];
    if (change.node == DiskChange::kNone) continue;
    if (change.synced_by < cut) {
      replay.apply_synced(change);
    } else {
      replay.apply_unsynced(change);
    }
  }
  return state;
}

bool DiskHistory::said_something(std::size_t cut) const {
  return std::any_of(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(cut),
                     [](const DiskChange& change) { return change.record.head.op == DiskOp::output; });
}

std::string DiskHistory::describe(std::size_t index) const {
  constexpr const char* kNames[] = {"create",  "create_unnamed", "link",       "unlink",    "rename",
                                    "write",   "truncate",       "attributes", "sync_file", "sync_data",
                                    "sync_fs", "tree_changed",   "output",     "unknown"};
  if (index >= changes_.size()) return "the end";
  const DiskRecord& record = changes_[index].record;
  return std::string(kNames[static_cast<std::size_t>(record.head.op)]) + " " + record.name;
}

}  // namespace bayplan::test
