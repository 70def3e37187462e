// Runs a source in a thread of its own, ahead of its reader: inflating and hashing a layer need not wait for
// the file system, nor the file system for them.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bayplan/base/stream.h"

namespace bayplan::images {

/// Reads at most kBlocks * kBlockBytes ahead. `source` is used by nobody else until the destructor, or read()
/// having answered 0 or an error. Errors of read(): the source's, after all bytes that came before it.
class PipelinedSource final : public ByteSource {
 public:
  static constexpr std::size_t kBlocks = 8;
  static constexpr std::size_t kBlockBytes = 256u << 10;

  explicit PipelinedSource(ByteSource& source);
  ~PipelinedSource() override;
  PipelinedSource(const PipelinedSource&) = delete;
  PipelinedSource& operator=(const PipelinedSource&) = delete;

  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  struct Block {
    std::vector<std::byte> bytes;
    std::size_t size = 0;
  };
  void produce();
  bool wait_for_room();
  Result<bool> fill(Block& block);
  bool wait_for_block();

  ByteSource& source_;
  std::array<Block, kBlocks> ring_;
  std::size_t next_in_ = 0;   // of the producer
  std::size_t next_out_ = 0;  // of the reader
  std::size_t offset_ = 0;    // in the reader's block

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t full_ = 0;
  bool ended_ = false;
  bool abandoned_ = false;
  std::optional<Error> failure_{};

  std::thread thread_;  // last: it uses all of the above; not running when none could be had
};

}  // namespace bayplan::images
