#include "tar_sparse.h"

#include <string>
#include <string_view>

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kMaxPieces = 65'536;
constexpr std::size_t kMaxDigits = 20;

Error bad_map(std::string_view why) { return Error(Errc::corrupt, "sparse map", {}, why); }
Error too_many() { return Error(Errc::too_large, "sparse map", {}, "more than 65536 pieces"); }

// Checks each piece against the one before and the file's size. Empty pieces count, but are not kept.
class MapBuilder {
 public:
  explicit MapBuilder(std::uint64_t size) { map_.size = size; }

  Result<void> add(std::optional<std::int64_t> offset, std::optional<std::int64_t> length) {
    if (!offset || !length || *offset < 0 || *length < 0) return bad_map("not a number");
    if (++count_ > kMaxPieces) return too_many();
    const auto begin = static_cast<std::uint64_t>(*offset);
    const auto bytes = static_cast<std::uint64_t>(*length);
    if (begin < end_) return bad_map("pieces overlap or are not in order");
    if (begin > map_.size || bytes > map_.size - begin) return bad_map("a piece lies beyond the file's end");
    end_ = begin + bytes;
    map_.stored += bytes;
    if (bytes != 0) map_.pieces.push_back({begin, bytes});
    return {};
  }

  SparseMap finish() && { return std::move(map_); }

 private:
  SparseMap map_;
  std::uint64_t end_ = 0;
  std::size_t count_ = 0;
};

Result<std::size_t> piece_count(std::string_view text) {
  const auto count = parse_tar_decimal(text);
  if (!count || *count < 0) return bad_map("the number of pieces is no number");
  if (static_cast<std::uint64_t>(*count) > kMaxPieces) return too_many();
  return static_cast<std::size_t>(*count);
}

// Formats 0.0 and 0.1: "offset,length,offset,length".
Result<void> read_listed(std::string_view list, std::size_t count, MapBuilder& builder) {
  const auto take = [&list]() -> std::optional<std::int64_t> {
    const std::size_t comma = list.find(',');
    const auto value = parse_tar_decimal(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    return value;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto offset = take();
    const auto length = take();
    BAYPLAN_TRY(builder.add(offset, length));
  }
  if (!list.empty()) return bad_map("more pieces than announced");
  return {};
}

// Format 1.0: decimal lines at the start of the data, padded to a whole block.
class LineReader {
 public:
  explicit LineReader(const NextBlock& next) : next_(next) {}

  Result<std::string> line() {
    std::string text;
    while (true) {
      if (used_ == kTarBlockBytes) {
        BAYPLAN_TRY(next_(block_));
        used_ = 0;
      }
      const char c = block_[used_++];
      if (c == '\n') return text;
      if (text.size() == kMaxDigits) return bad_map("a line is too long for a number");
      text += c;
    }
  }

 private:
  const NextBlock& next_;
  TarBlock block_{};
  std::size_t used_ = kTarBlockBytes;
};

Result<void> read_lines(const NextBlock& next, MapBuilder& builder) {
  LineReader reader(next);
  BAYPLAN_ASSIGN(const std::string head, reader.line());
  BAYPLAN_ASSIGN(const std::size_t count, piece_count(head));
  for (std::size_t i = 0; i < count; ++i) {
    BAYPLAN_ASSIGN(const std::string offset, reader.line());
    BAYPLAN_ASSIGN(const std::string length, reader.line());
    BAYPLAN_TRY(builder.add(parse_tar_decimal(offset), parse_tar_decimal(length)));
  }
  return {};
}

enum class PaxSparse : std::uint8_t { none, listed, in_data };

PaxSparse pax_sparse_kind(const PaxRecords& records) {
  const std::string_view major = pax_value(records, "GNU.sparse.major");
  const std::string_view minor = pax_value(records, "GNU.sparse.minor");
  if (major == "0" && (minor == "0" || minor == "1")) return PaxSparse::listed;
  if (major == "1" && minor == "0") return PaxSparse::in_data;
  if (!major.empty() || !minor.empty()) return PaxSparse::none;
  return pax_value(records, "GNU.sparse.map").empty() ? PaxSparse::none : PaxSparse::listed;
}

Result<std::uint64_t> pax_sparse_size(const PaxRecords& records, std::int64_t stored) {
  std::string_view text = pax_value(records, "GNU.sparse.size");
  if (text.empty()) text = pax_value(records, "GNU.sparse.realsize");
  const auto size = text.empty() ? std::optional(stored) : parse_tar_decimal(text);
  if (!size || *size < 0) return bad_map("the file's size is no number");
  return static_cast<std::uint64_t>(*size);
}

// An array of (offset, length) pairs of 12 bytes each; the byte after it says whether a block with more
// follows.
Result<bool> read_gnu_pairs(std::string_view array, MapBuilder& builder) {
  constexpr std::size_t kNumber = 12;
  const std::size_t pairs = array.size() / (2 * kNumber);
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::string_view offset = array.substr(i * 2 * kNumber, kNumber);
    if (offset.front() == '\0') break;
    BAYPLAN_TRY(builder.add(parse_tar_number(offset),
                            parse_tar_number(array.substr(i * 2 * kNumber + kNumber, kNumber))));
  }
  return array[pairs * 2 * kNumber] != '\0';
}

}  // namespace

Result<std::optional<SparseMap>> read_pax_sparse(const PaxRecords& records, TarHeader& header,
                                                 const NextBlock& next) {
  const PaxSparse kind = pax_sparse_kind(records);
  if (kind == PaxSparse::none) return std::optional<SparseMap>();
  const std::string_view name = pax_value(records, "GNU.sparse.name");
  if (!name.empty()) header.name = name;
  BAYPLAN_ASSIGN(const std::uint64_t size, pax_sparse_size(records, header.size));
  MapBuilder builder(size);
  if (kind == PaxSparse::in_data) {
    BAYPLAN_TRY(read_lines(next, builder));
  } else {
    BAYPLAN_ASSIGN(const std::size_t count, piece_count(pax_value(records, "GNU.sparse.numblocks")));
    BAYPLAN_TRY(read_listed(pax_value(records, "GNU.sparse.map"), count, builder));
  }
  return std::optional(std::move(builder).finish());
}

Result<SparseMap> read_gnu_sparse(const TarBlock& block, TarFormat format, const NextBlock& next) {
  // Star uses the same type for a map of its own.
  if (format != TarFormat::gnu) return bad_map("not in a GNU header");
  constexpr std::size_t kMapOffset = 386, kMapBytes = 4 * 24 + 1, kRealSizeOffset = 483;
  constexpr std::size_t kMaxExtensions = kMaxPieces / 21 + 1;
  const auto size = parse_tar_number(as_text(block).substr(kRealSizeOffset, 12));
  if (!size || *size < 0) return bad_map("the file's size is no number");
  MapBuilder builder(static_cast<std::uint64_t>(*size));
  BAYPLAN_ASSIGN(bool more, read_gnu_pairs(as_text(block).substr(kMapOffset, kMapBytes), builder));
  TarBlock extension{};
  for (std::size_t i = 0; more; ++i) {
    if (i == kMaxExtensions) return too_many();
    BAYPLAN_TRY(next(extension));
    BAYPLAN_ASSIGN(more, read_gnu_pairs(as_text(extension).substr(0, 21 * 24 + 1), builder));
  }
  return std::move(builder).finish();
}

}  // namespace bayplan::snapshots
