#include "bayplan/snapshots/tar_writer.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "tar_fields.h"
#include "tar_header.h"
#include "tree_root.h"

namespace bayplan::snapshots {
namespace {

using namespace tar_fields;  // NOLINT(google-build-using-namespace): the names of this file's subject

constexpr std::string_view kMagicAndVersion(
    "ustar\0"
    "00",
    8);
constexpr std::size_t kMaxNameBytes = 4095;
constexpr std::size_t kMaxPaxBytes = 1u << 20;
constexpr TarBlock kZeroBlock{};

using Records = std::map<std::string, std::string>;

char type_flag(TarType type) noexcept {
  switch (type) {
    case TarType::file:
      return '0';
    case TarType::hard_link:
      return '1';
    case TarType::symlink:
      return '2';
    case TarType::char_device:
      return '3';
    case TarType::block_device:
      return '4';
    case TarType::directory:
      return '5';
    case TarType::fifo:
      return '6';
  }
  return '0';
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

/// What a header shows to readers that do not know pax records.
std::string ascii_of(std::string_view text) {
  std::string ascii;
  std::copy_if(text.begin(), text.end(), std::back_inserter(ascii), [](char c) { return c > 0; });
  return ascii;
}

bool fits(Field field, std::int64_t value) noexcept {
  return value >= 0 && value < std::int64_t{1} << (3 * (field.length - 1));
}

struct SplitTime {
  std::int64_t seconds;
  std::int64_t nanoseconds;  // 0..10^9-1, also before 1970
};

SplitTime split(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), (time - seconds).count()};
}

std::string pax_time(SplitTime time) {
  if (time.nanoseconds == 0) return std::to_string(time.seconds);
  std::string sign;
  if (time.seconds < 0) {
    sign = "-";
    time = {-(time.seconds + 1), 1'000'000'000 - time.nanoseconds};
  }
  std::string digits = std::to_string(time.nanoseconds);
  digits.insert(0, 9 - digits.size(), '0');
  digits.resize(digits.find_last_not_of('0') + 1);
  return sign + std::to_string(time.seconds) + "." + digits;
}

/// Where a long name is cut into ustar's prefix and name; 0 where it cannot be.
std::size_t ustar_split(std::string_view name) {
  if (!is_ascii(name)) return 0;
  std::size_t length = name.size();
  if (length > kUstarPrefix.length + 1) {
    length = kUstarPrefix.length + 1;
  } else if (name.back() == '/') {
    --length;
  }
  const std::size_t slash = name.substr(0, length).rfind('/');
  if (slash == std::string_view::npos || slash == 0 || slash > kUstarPrefix.length) return 0;
  const std::size_t rest = name.size() - slash - 1;
  return rest == 0 || rest > kName.length ? 0 : slash;
}

std::string pax_record(const std::string& key, const std::string& value) {
  const std::size_t body = key.size() + value.size() + 3;  // space, equals sign, newline
  std::size_t length = body + std::to_string(body).size();
  length = body + std::to_string(length).size();  // the digits may have grown by counting themselves
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

class HeaderBlock {
 public:
  void put(Field field, std::string_view text) {
    std::copy_n(text.begin(), std::min(text.size(), field.length), at(field));
    // Readers of v7 take a name that is cut behind a slash for a directory.
    if (text.size() > field.length && at(field)[field.length - 1] == '/') at(field)[field.length - 1] = '\0';
  }
  /// Zero where the value has no room: a pax record says it then.
  void put(Field field, std::int64_t value) {
    if (!fits(field, value)) value = 0;
    put_octal(at(field), field.length - 1, static_cast<std::uint64_t>(value));
  }
  void put_type(char type) { *at(kType) = type; }

  std::span<const std::byte> seal() {
    put(kMagic, kMagicAndVersion);
    std::fill_n(at(kChecksum), kChecksum.length, ' ');
    std::uint64_t sum = 0;
    for (const char byte : block_) sum += static_cast<unsigned char>(byte);
    put_octal(at(kChecksum), kChecksum.length - 2, sum);
    at(kChecksum)[kChecksum.length - 2] = '\0';
    return as_bytes(as_text(block_));
  }

 private:
  char* at(Field field) { return block_.data() + field.offset; }
  static void put_octal(char* to, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i-- > 0; value >>= 3) to[i] = static_cast<char>('0' + (value & 7));
  }

  TarBlock block_{};
};

/// What the header of `entry` has no room for. A name that only needs splitting is left to the header.
Records pax_records(const TarEntry& entry) {
  Records records;
  const auto number = [&](const char* key, Field field, std::uint64_t value) {
    if (!fits(field, static_cast<std::int64_t>(value))) records.emplace(key, std::to_string(value));
  };
  if (entry.type == TarType::file) number("size", kSize, entry.size);
  number("uid", kUid, entry.uid);
  number("gid", kGid, entry.gid);
  const SplitTime mtime = split(entry.mtime);
  if (mtime.nanoseconds != 0 || !fits(kMtime, mtime.seconds)) records.emplace("mtime", pax_time(mtime));
  if (entry.link.size() > kLink.length || !is_ascii(entry.link)) records.emplace("linkpath", entry.link);
  for (const auto& [name, value] : entry.xattrs) records.emplace("SCHILY.xattr." + name, value);
  const bool long_name = entry.name.size() > kName.length;
  if (!is_ascii(entry.name) || (long_name && (!records.empty() || ustar_split(entry.name) == 0))) {
    records.emplace("path", entry.name);
  }
  return records;
}

HeaderBlock header_of(const TarEntry& entry, bool pax) {
  HeaderBlock block;
  const bool splits = !pax && entry.name.size() > kName.length;
  const std::size_t slash = splits ? ustar_split(entry.name) : 0;
  if (slash != 0) block.put(kUstarPrefix, std::string_view(entry.name).substr(0, slash));
  block.put(kName, slash != 0 ? entry.name.substr(slash + 1) : ascii_of(entry.name));
  block.put_type(type_flag(entry.type));
  block.put(kMode, entry.mode & 07777u);
  block.put(kUid, entry.uid);
  block.put(kGid, entry.gid);
  block.put(kSize, entry.type == TarType::file ? static_cast<std::int64_t>(entry.size) : 0);
  block.put(kMtime, split(entry.mtime).seconds);
  block.put(kLink, ascii_of(entry.link));
  block.put(kDevMajor, entry.dev_major);
  block.put(kDevMinor, entry.dev_minor);
  return block;
}

/// The header of the pax records, by the name that Go gives it.
HeaderBlock pax_header(const std::string& name, std::size_t bytes) {
  const std::size_t base = name.rfind('/') + 1;  // 0 without a slash
  std::string shown = ascii_of(clean_path(name.substr(0, base) + "/PaxHeaders.0/" + name.substr(base)));
  shown.resize(std::min(shown.size(), kName.length));
  shown.resize(shown.find_last_not_of('/') + 1);
  HeaderBlock block;
  block.put(kName, shown);
  block.put_type('x');
  for (const Field field : {kMode, kUid, kGid, kMtime}) block.put(field, 0);
  block.put(kSize, static_cast<std::int64_t>(bytes));
  return block;
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

Result<void> check(const TarEntry& entry) {
  const auto refused = [&](Errc code, std::string_view why) {
    return Error(code, "tar entry", entry.name, why);
  };
  if (entry.name.empty()) return refused(Errc::invalid_argument, "has no name");
  if (has_nul(entry.name) || has_nul(entry.link)) return refused(Errc::invalid_argument, "a name holds NUL");
  if (entry.name.size() > kMaxNameBytes || entry.link.size() > kMaxNameBytes) {
    return refused(Errc::too_large, "a name of more than " + std::to_string(kMaxNameBytes) + " bytes");
  }
  for (const auto& xattr : entry.xattrs) {
    if (has_nul(xattr.first) || xattr.first.find('=') != std::string::npos) {
      return refused(Errc::invalid_argument,
                     "the name of its attribute " + quoted(xattr.first) + " cannot stand in a tar");
    }
  }
  return {};
}

std::size_t padding_of(std::uint64_t bytes) noexcept {
  return static_cast<std::size_t>((kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes);
}

Result<void> write_pax(ByteSink& sink, const TarEntry& entry, const Records& records) {
  std::string body;
  for (const auto& [key, value] : records) body += pax_record(key, value);
  if (body.size() > kMaxPaxBytes) {
    return Error(Errc::too_large, "tar entry", entry.name, "its attributes take more than 1 MiB");
  }
  BAYPLAN_TRY(sink.write(pax_header(entry.name, body.size()).seal()));
  body.resize(body.size() + padding_of(body.size()));
  return sink.write(as_bytes(body));
}

}  // namespace

Result<void> TarWriter::check_complete() const {
  if (missing_ == 0) return {};
  return Error(Errc::failed_precondition, "tar entry", name_,
               std::to_string(missing_) + " bytes of its content are missing");
}

Result<void> TarWriter::pad() {
  BAYPLAN_TRY(sink_.write(as_bytes(as_text(kZeroBlock).substr(0, padding_))));
  padding_ = 0;
  return {};
}

Result<void> TarWriter::add(const TarEntry& entry) {
  BAYPLAN_TRY(check_complete());
  BAYPLAN_TRY(check(entry));
  const Records records = pax_records(entry);
  if (!records.empty()) BAYPLAN_TRY(write_pax(sink_, entry, records));
  BAYPLAN_TRY(sink_.write(header_of(entry, !records.empty()).seal()));
  name_ = entry.name;
  missing_ = entry.type == TarType::file ? entry.size : 0;
  padding_ = padding_of(missing_);
  return {};
}

Result<void> TarWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > missing_) {
    return Error(Errc::invalid_argument, "tar entry", name_, "more content than its size");
  }
  BAYPLAN_TRY(sink_.write(bytes));
  missing_ -= bytes.size();
  return missing_ == 0 ? pad() : Result<void>();
}

Result<void> TarWriter::finish() {
  BAYPLAN_TRY(check_complete());
  BAYPLAN_TRY(sink_.write(as_bytes(as_text(kZeroBlock))));
  return sink_.write(as_bytes(as_text(kZeroBlock)));
}

}  // namespace bayplan::snapshots
