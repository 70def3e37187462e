#include "pipelined_source.h"

#include <algorithm>
#include <cstring>
#include <system_error>

namespace bayplan::images {

PipelinedSource::PipelinedSource(ByteSource& source) : source_(source) {
  for (Block& block : ring_) block.bytes.resize(kBlockBytes);
  try {
    thread_ = std::thread([this] { produce(); });
  } catch (const std::system_error&) {
    // No thread to be had: read() asks the source itself.
  }
}

PipelinedSource::~PipelinedSource() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool PipelinedSource::wait_for_room() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return full_ < kBlocks || abandoned_; });
  return !abandoned_;
}

// True while there is more to come.
Result<bool> PipelinedSource::fill(Block& block) {
  block.size = 0;
  while (block.size < kBlockBytes) {
    BAYPLAN_ASSIGN(const std::size_t count, source_.read(std::span(block.bytes).subspan(block.size)));
    if (count == 0) return false;
    block.size += count;
  }
  return true;
}

void PipelinedSource::produce() {
  bool more = true;
  while (more && wait_for_room()) {
    Block& block = ring_[next_in_];
    next_in_ = (next_in_ + 1) % kBlocks;
    auto filled = fill(block);
    more = filled && *filled;
    {
      const std::lock_guard guard(mutex_);
      if (!filled) failure_ = std::move(filled).error();
      ended_ = !more;
      ++full_;
    }
    changed_.notify_all();
  }
}

bool PipelinedSource::wait_for_block() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return full_ > 0 || ended_; });
  return full_ > 0;
}

Result<std::size_t> PipelinedSource::read(std::span<std::byte> into) {
  if (!thread_.joinable()) return source_.read(into);
  while (wait_for_block()) {
    const Block& block = ring_[next_out_];
    if (offset_ < block.size) {
      const std::size_t count = std::min(into.size(), block.size - offset_);
      std::memcpy(into.data(), block.bytes.data() + offset_, count);
      offset_ += count;
      return count;
    }
    offset_ = 0;
    next_out_ = (next_out_ + 1) % kBlocks;
    {
      const std::lock_guard guard(mutex_);
      --full_;
    }
    changed_.notify_all();
  }
  const std::lock_guard guard(mutex_);
  if (failure_) return *failure_;
  return std::size_t{0};
}

}  // namespace bayplan::images
