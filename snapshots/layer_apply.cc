#include "layer_apply.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "layer_context.h"
#include "layer_entry.h"
#include "layer_whiteout.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kDrainBufferBytes = 256u << 10;

Error over_limit(std::string_view what, std::uint64_t limit) {
  return Error(Errc::too_large, "layer", {}, "more than " + std::to_string(limit) + " " + std::string(what));
}

/// The archive, cancellable, and no longer than the limits let it be: chains of headers, skipped content and
/// padding write nothing and could go on for ever.
class BoundedArchive final : public ByteSource {
 public:
  BoundedArchive(ByteSource& tar, const ApplyLimits& limits, const Control& control)
      : tar_(tar), control_(control), limit_(archive_limit(limits)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_TRY(control_.cancel.check());
    BAYPLAN_ASSIGN(const std::size_t count, tar_.read(into));
    if (count > limit_ - read_) return over_limit("bytes of archive", limit_);
    read_ += count;
    return count;
  }

 private:
  static std::uint64_t archive_limit(const ApplyLimits& limits) {
    constexpr std::uint64_t kHeaders = 2048, kSlack = 1u << 20;
    std::uint64_t total = 0;
    const bool overflow = __builtin_mul_overflow(limits.max_entries, kHeaders, &total) ||
                          __builtin_add_overflow(total, limits.max_bytes, &total) ||
                          __builtin_add_overflow(total, kSlack, &total);
    return overflow ? std::numeric_limits<std::uint64_t>::max() : total;
  }

  ByteSource& tar_;
  const Control& control_;
  std::uint64_t limit_;
  std::uint64_t read_ = 0;
};

class LayerApplier {
 public:
  LayerApplier(ByteSource& archive, int root_fd, const ApplyLimits& limits, const Control& control)
      : archive_(archive), limits_(limits), control_(control), context_(archive, root_fd, control) {}

  Result<ApplyReport> run() && {
    while (true) {
      BAYPLAN_ASSIGN(const std::optional<TarEntry> entry, context_.reader().next());
      if (!entry) break;
      BAYPLAN_TRY(context_.files().check());
      BAYPLAN_TRY(count(*entry));
      BAYPLAN_TRY(apply(*entry).with_context("layer entry", entry->name));
    }
    BAYPLAN_TRY(context_.files().wait());
    BAYPLAN_TRY(context_.tree().restore_times(control_.cancel));
    BAYPLAN_TRY(drain());
    if (duplicates_ != 0) {
      context_.warn(std::to_string(duplicates_) + " entries replaced earlier ones of the same layer");
    }
    return std::move(context_.report());
  }

 private:
  // Holes count: nobody who copies the tree later must be overwhelmed by them.
  Result<void> count(const TarEntry& entry) {
    if (entry.size > limits_.max_bytes - bytes_) return over_limit("bytes of content", limits_.max_bytes);
    bytes_ += entry.size;
    const std::uint64_t entries = ++context_.report().entries + context_.tree().created_directories();
    if (entries > limits_.max_entries) return over_limit("entries", limits_.max_entries);
    return {};
  }

  Result<void> apply(const TarEntry& entry) {
    if (entry.name.empty()) {
      context_.warn("skipped an entry without a name");
      return {};
    }
    const std::string path = clean_path(entry.name);
    BAYPLAN_ASSIGN(const Marker marker, parse_marker(path));
    if (marker.kind == MarkerKind::ignored) return {};
    if (marker.kind != MarkerKind::none) return apply_marker(context_, marker);
    // On an overlay it would hide the file that it stands for.
    if (entry.type == TarType::char_device && entry.dev_major == 0 && entry.dev_minor == 0) {
      context_.warn("dropped character device 0:0 " + quoted(entry.name));
      return {};
    }
    BAYPLAN_ASSIGN(const bool again, place_entry(context_, entry, path));
    duplicates_ += again ? 1 : 0;
    return {};
  }

  Result<void> drain() {
    std::vector<std::byte> buffer(kDrainBufferBytes);
    while (true) {
      BAYPLAN_ASSIGN(const std::size_t count, archive_.read(buffer));
      if (count == 0) return {};
    }
  }

  ByteSource& archive_;
  const ApplyLimits& limits_;
  const Control& control_;
  LayerContext context_;
  std::uint64_t bytes_ = 0;
  std::uint64_t duplicates_ = 0;
};

}  // namespace

Result<ApplyReport> apply_layer(ByteSource& tar, int root_fd, const ApplyLimits& limits,
                                const Control& control) {
  BoundedArchive archive(tar, limits, control);
  return LayerApplier(archive, root_fd, limits, control).run();
}

}  // namespace bayplan::snapshots
