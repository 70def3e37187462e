#include "tar_pax.h"

#include <cstdint>
#include <optional>

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kXattrPrefix = "SCHILY.xattr.";
constexpr std::string_view kSparseOffset = "GNU.sparse.offset";
constexpr std::string_view kSparseLength = "GNU.sparse.numbytes";
constexpr std::string_view kSparseMap = "GNU.sparse.map";
constexpr std::size_t kMaxXattrs = 256;
constexpr std::size_t kMaxXattrBytes = 64u << 10;
constexpr std::size_t kNanosecondDigits = 9;

Error malformed(std::string_view why) { return Error(Errc::corrupt, "pax header", {}, why); }

struct Record {
  std::string_view key;
  std::string_view value;
};

bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_valid(const Record& record) {
  if (record.key.empty() || holds_nul(record.key)) return false;
  const bool names = record.key == "path" || record.key == "linkpath" || record.key == "uname" ||
                     record.key == "gname" || record.key == "GNU.sparse.name";
  return !names || !holds_nul(record.value);
}

// Takes one record off the front of `rest`.
Result<Record> take_record(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos) return malformed("a record without a length");
  const auto length = parse_tar_decimal(rest.substr(0, space));
  if (!length || *length < 5 || static_cast<std::uint64_t>(*length) > rest.size()) {
    return malformed("a record's length is wrong");
  }
  // Digits and a space stand up to `space`, so a newline at the end stands behind it.
  const auto end = static_cast<std::size_t>(*length);
  if (rest[end - 1] != '\n') return malformed("a record does not end where it says");
  const std::string_view text = rest.substr(space + 1, end - space - 2);
  rest.remove_prefix(end);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return malformed("a record without a value");
  const Record record{text.substr(0, equals), text.substr(equals + 1)};
  if (!is_valid(record)) return malformed("a record's key or name holds what it must not");
  return record;
}

// Gathers the alternating offset and numbytes records of sparse format 0.0.
class SparsePairs {
 public:
  static bool takes(std::string_view key) { return key == kSparseOffset || key == kSparseLength; }

  Result<void> add(const Record& record) {
    const bool wants_offset = count_ % 2 == 0;
    if (wants_offset != (record.key == kSparseOffset) || record.value.find(',') != std::string_view::npos) {
      return malformed("sparse records out of order");
    }
    if (count_ != 0) joined_ += ',';
    joined_ += record.value;
    ++count_;
    return {};
  }

  void store(PaxRecords& records) && {
    if (count_ != 0) records.insert_or_assign(std::string(kSparseMap), std::move(joined_));
  }

 private:
  std::size_t count_ = 0;
  std::string joined_;
};

// "-1.5" is a second and a half before the epoch, "-0.5" half a second.
std::optional<Time> parse_pax_time(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto seconds = parse_tar_decimal(text.substr(0, point));
  if (!seconds) return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (point != std::string_view::npos) {
    const std::string_view fraction = text.substr(point + 1);
    if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    for (std::size_t i = 0; i < kNanosecondDigits; ++i) {
      nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  return tar_time(*seconds, text.front() == '-' ? -nanoseconds : nanoseconds);
}

Result<void> merge_number(const PaxRecords& records, std::string_view key, std::int64_t& into) {
  const std::string_view text = pax_value(records, key);
  if (text.empty()) return {};
  const auto value = parse_tar_decimal(text);
  if (!value) return malformed(std::string(key) + " is no number");
  into = *value;
  return {};
}

Result<void> merge_time(const PaxRecords& records, std::string_view key, Time& into) {
  const std::string_view text = pax_value(records, key);
  if (text.empty()) return {};
  const auto value = parse_pax_time(text);
  if (!value) return malformed(std::string(key) + " is no time");
  into = *value;
  return {};
}

void merge_text(const PaxRecords& records, std::string_view key, std::string& into) {
  const std::string_view text = pax_value(records, key);
  if (!text.empty()) into = text;
}

}  // namespace

std::string_view pax_value(const PaxRecords& records, std::string_view key) {
  const auto found = records.find(key);
  return found == records.end() ? std::string_view() : std::string_view(found->second);
}

Result<PaxRecords> parse_pax(std::string_view body) {
  PaxRecords records;
  SparsePairs pairs;
  while (!body.empty()) {
    BAYPLAN_ASSIGN(const Record record, take_record(body));
    if (SparsePairs::takes(record.key)) {
      BAYPLAN_TRY(pairs.add(record));
    } else {
      records.insert_or_assign(std::string(record.key), std::string(record.value));
    }
  }
  std::move(pairs).store(records);
  return records;
}

Result<void> merge_pax(const PaxRecords& records, TarHeader& header) {
  merge_text(records, "path", header.name);
  merge_text(records, "linkpath", header.link);
  BAYPLAN_TRY(merge_number(records, "size", header.size));
  BAYPLAN_TRY(merge_number(records, "uid", header.uid));
  BAYPLAN_TRY(merge_number(records, "gid", header.gid));
  BAYPLAN_TRY(merge_time(records, "mtime", header.mtime));
  Time unused{};  // a tree does not keep them, but their errors are errors to every reader
  BAYPLAN_TRY(merge_time(records, "atime", unused));
  return merge_time(records, "ctime", unused);
}

Result<Xattrs> pax_xattrs(const PaxRecords& records) {
  Xattrs xattrs;
  for (auto it = records.lower_bound(kXattrPrefix); it != records.end(); ++it) {
    if (!it->first.starts_with(kXattrPrefix)) break;
    const std::string name = it->first.substr(kXattrPrefix.size());
    if (it->second.size() > kMaxXattrBytes) {
      return Error(Errc::too_large, "xattr", name, "more than 65536 bytes");
    }
    if (xattrs.size() == kMaxXattrs) return Error(Errc::too_large, "xattr", name, "more than 256 of them");
    xattrs.emplace(name, it->second);
  }
  return xattrs;
}

}  // namespace bayplan::snapshots
