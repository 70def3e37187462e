#include "bayplan/snapshots/tar_reader.h"

#include <algorithm>
#include <utility>

#include "tar_header.h"
#include "tar_pax.h"
#include "tar_sparse.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kMaxSpecialBytes = 1u << 20;
constexpr std::size_t kMaxNameBytes = 4095;
constexpr std::int64_t kMaxId = 0xFFFF'FFFE;  // 2^32-1 means "no change" to chown
constexpr std::int64_t kMaxDeviceMajor = 4095;
constexpr std::int64_t kMaxDeviceMinor = (1 << 20) - 1;

Error truncated() { return Error(Errc::corrupt, "tar", {}, "ends in the middle of an entry"); }

std::optional<TarType> type_of(char type) {
  switch (type) {
    case '0':
    case 'S':
      return TarType::file;
    case '1':
      return TarType::hard_link;
    case '2':
      return TarType::symlink;
    case '3':
      return TarType::char_device;
    case '4':
      return TarType::block_device;
    case '5':
      return TarType::directory;
    case '6':
      return TarType::fifo;
    default:
      return std::nullopt;
  }
}

bool carries_data(char type) { return std::string_view("123456").find(type) == std::string_view::npos; }

Result<std::uint32_t> ranged(std::int64_t value, std::int64_t max, const TarHeader& header,
                             std::string_view what) {
  if (value >= 0 && value <= max) return static_cast<std::uint32_t>(value);
  return Error(Errc::invalid_argument, "tar entry", header.name,
               std::string(what) + " " + std::to_string(value) + " is not in 0.." + std::to_string(max));
}

Result<void> check_names(const TarHeader& header) {
  if (header.name.size() <= kMaxNameBytes && header.link.size() <= kMaxNameBytes) return {};
  return Error(Errc::too_large, "tar entry", header.name, "a name of more than 4095 bytes");
}

Result<void> fill_numbers(const TarHeader& header, TarEntry& entry) {
  entry.mode = static_cast<std::uint32_t>(header.mode & 07777);
  BAYPLAN_ASSIGN(entry.uid, ranged(header.uid, kMaxId, header, "uid"));
  BAYPLAN_ASSIGN(entry.gid, ranged(header.gid, kMaxId, header, "gid"));
  if (entry.type != TarType::char_device && entry.type != TarType::block_device) return {};
  BAYPLAN_ASSIGN(entry.dev_major, ranged(header.dev_major, kMaxDeviceMajor, header, "device major"));
  BAYPLAN_ASSIGN(entry.dev_minor, ranged(header.dev_minor, kMaxDeviceMinor, header, "device minor"));
  return {};
}

}  // namespace

struct TarReader::State {
  // What the headers before an entry say about it.
  struct Extensions {
    PaxRecords pax;
    std::string long_name;
    std::string long_link;
  };

  explicit State(ByteSource& archive) : source(archive) {}

  Result<std::optional<TarEntry>> next();
  Result<std::size_t> read(std::span<std::byte> into);

  Result<void> skip_rest();
  Result<std::optional<TarHeader>> read_header();
  Result<std::size_t> fill(std::span<std::byte> into);
  Result<bool> fill_block(TarBlock& into);
  Result<void> fill_data_block(TarBlock& into);
  Result<std::string> read_special(const TarHeader& header);
  Result<bool> take_extension(const TarHeader& header, Extensions& extensions);
  Result<TarEntry> make_entry(TarHeader header, const Extensions& extensions);
  Result<void> read_sparse(TarHeader& header, const PaxRecords& pax, TarEntry& entry);
  Result<void> begin_data(std::int64_t size, std::string_view name);

  ByteSource& source;
  TarBlock block{};
  std::uint64_t data = 0;   // of the current entry, still in the source
  std::size_t padding = 0;  // behind it
  bool ended = false;
  std::optional<Error> failed;
};

// Reads until `into` is full or the source ends.
Result<std::size_t> TarReader::State::fill(std::span<std::byte> into) {
  std::size_t have = 0;
  while (have < into.size()) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(into.subspan(have)));
    if (count == 0) break;
    have += count;
  }
  return have;
}

// False when the source ends before the block begins.
Result<bool> TarReader::State::fill_block(TarBlock& into) {
  BAYPLAN_ASSIGN(const std::size_t have, fill(std::as_writable_bytes(std::span(into))));
  if (have == kTarBlockBytes) return true;
  if (have == 0) return false;
  return truncated();
}

// One block of the current entry's data.
Result<void> TarReader::State::fill_data_block(TarBlock& into) {
  if (data < kTarBlockBytes) return truncated();
  BAYPLAN_ASSIGN(const bool whole, fill_block(into));
  if (!whole) return truncated();
  data -= kTarBlockBytes;
  return {};
}

// The source may end inside the padding, as archives of some writers do.
Result<void> TarReader::State::skip_rest() {
  if (data != 0) {
    BAYPLAN_ASSIGN(const std::uint64_t skipped, source.skip(data));
    if (skipped != data) return truncated();
    data = 0;
  }
  std::array<std::byte, kTarBlockBytes> pad;
  BAYPLAN_TRY(fill(std::span(pad).first(std::exchange(padding, 0))));
  return {};
}

Result<std::size_t> TarReader::State::read(std::span<std::byte> into) {
  if (data == 0) return 0u;
  const std::span<std::byte> part =
      into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), data)));
  BAYPLAN_ASSIGN(const std::size_t count, source.read(part));
  if (count == 0) return truncated();
  data -= count;
  return count;
}

// Empty at the end of the archive.
Result<std::optional<TarHeader>> TarReader::State::read_header() {
  BAYPLAN_ASSIGN(bool whole, fill_block(block));
  if (!whole) return std::optional<TarHeader>();
  if (is_zero_block(block)) {
    BAYPLAN_ASSIGN(whole, fill_block(block));
    if (!whole || is_zero_block(block)) return std::optional<TarHeader>();
    return Error(Errc::corrupt, "tar", {}, "one zero block, and then something else");
  }
  BAYPLAN_ASSIGN(TarHeader header, parse_tar_header(block));
  return std::optional(std::move(header));
}

Result<void> TarReader::State::begin_data(std::int64_t size, std::string_view name) {
  if (size < 0) return Error(Errc::corrupt, "tar entry", name, "negative size");
  data = static_cast<std::uint64_t>(size);
  padding = static_cast<std::size_t>(-data % kTarBlockBytes);
  return {};
}

// The data of a header that describes another one.
Result<std::string> TarReader::State::read_special(const TarHeader& header) {
  BAYPLAN_TRY(begin_data(header.size, header.name));
  if (data > kMaxSpecialBytes) return Error(Errc::too_large, "tar", {}, "a header of more than 1 MiB");
  std::string text(static_cast<std::size_t>(data), '\0');
  BAYPLAN_ASSIGN(const std::size_t have, fill(std::as_writable_bytes(std::span(text))));
  if (have != text.size()) return truncated();
  data = 0;
  return text;
}

// False when the header is an entry of its own.
Result<bool> TarReader::State::take_extension(const TarHeader& header, Extensions& extensions) {
  if (std::string_view("xgLK").find(header.type) == std::string_view::npos) return false;
  BAYPLAN_ASSIGN(const std::string text, read_special(header));
  if (header.type == 'L') {
    extensions.long_name = cut_at_nul(text);
  } else if (header.type == 'K') {
    extensions.long_link = cut_at_nul(text);
  } else {
    BAYPLAN_ASSIGN(PaxRecords records, parse_pax(text));
    // To Go a global header is an entry: it ends what came before it, and nobody applies it.
    if (header.type == 'g') extensions = {};
    if (header.type == 'x') extensions.pax = std::move(records);
  }
  return true;
}

Result<void> TarReader::State::read_sparse(TarHeader& header, const PaxRecords& pax, TarEntry& entry) {
  std::optional<SparseMap> map;
  if (header.type == 'S') {
    const NextBlock next = [this](TarBlock& into) -> Result<void> {
      BAYPLAN_ASSIGN(const bool whole, fill_block(into));
      if (!whole) return truncated();
      return {};
    };
    BAYPLAN_ASSIGN(map, read_gnu_sparse(block, header.format, next));
  } else {
    const NextBlock next = [this](TarBlock& into) { return fill_data_block(into); };
    BAYPLAN_ASSIGN(map, read_pax_sparse(pax, header, next));
  }
  if (!map) return {};
  if (entry.type != TarType::file || map->stored != data) {
    return Error(Errc::corrupt, "tar entry", header.name, "its sparse map does not fit its data");
  }
  entry.sparse = true;
  entry.size = map->size;
  entry.pieces = std::move(map->pieces);
  return {};
}

Result<TarEntry> TarReader::State::make_entry(TarHeader header, const Extensions& extensions) {
  if (carries_data(header.type))
    BAYPLAN_TRY(begin_data(header.size, header.name));  // a pax size mends nothing
  BAYPLAN_TRY(merge_pax(extensions.pax, header));
  if (!extensions.long_name.empty()) header.name = extensions.long_name;
  if (!extensions.long_link.empty()) header.link = extensions.long_link;
  if (header.type == '\0') header.type = header.name.ends_with('/') ? '5' : '0';
  const auto type = type_of(header.type);
  if (!type) {
    return Error(Errc::unsupported, "tar entry", header.name,
                 "entry type " + std::to_string(static_cast<unsigned char>(header.type)));
  }
  TarEntry entry;
  entry.type = *type;
  BAYPLAN_TRY(begin_data(carries_data(header.type) ? header.size : 0, header.name));
  entry.size = data;
  BAYPLAN_TRY(read_sparse(header, extensions.pax, entry));
  BAYPLAN_TRY(check_names(header));
  BAYPLAN_TRY(fill_numbers(header, entry));
  BAYPLAN_ASSIGN(entry.xattrs, pax_xattrs(extensions.pax));
  entry.mtime = header.mtime;
  entry.name = std::move(header.name);
  entry.link = std::move(header.link);
  return entry;
}

Result<std::optional<TarEntry>> TarReader::State::next() {
  Extensions extensions;
  while (!ended) {
    BAYPLAN_TRY(skip_rest());
    BAYPLAN_ASSIGN(std::optional<TarHeader> header, read_header());
    if (!header) break;
    BAYPLAN_ASSIGN(const bool taken, take_extension(*header, extensions));
    if (taken) continue;
    BAYPLAN_ASSIGN(TarEntry entry, make_entry(std::move(*header), extensions));
    return std::optional(std::move(entry));
  }
  ended = true;
  return std::optional<TarEntry>();
}

TarReader::TarReader(ByteSource& source) : state_(std::make_unique<State>(source)) {}
TarReader::~TarReader() = default;

Result<std::optional<TarEntry>> TarReader::next() {
  if (state_->failed) return *state_->failed;
  auto entry = state_->next();
  if (!entry) state_->failed = entry.error();
  return entry;
}

Result<std::size_t> TarReader::read(std::span<std::byte> into) {
  if (state_->failed) return *state_->failed;
  auto count = state_->read(into);
  if (!count) state_->failed = count.error();
  return count;
}

}  // namespace bayplan::snapshots
