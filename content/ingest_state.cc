#include "ingest_state.h"

#include <fcntl.h>

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "bayplan/base/process.h"

namespace bayplan::content {
namespace {

constexpr char kState[] = "state";
constexpr char kTemporary[] = "state.new";
constexpr std::size_t kMostBytes = 4096;
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::int64_t kVersion = 1;

Error damaged(std::string_view what) { return {Errc::corrupt, "file", kState, what}; }

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    hex += kHexDigits[value >> 4u];
    hex += kHexDigits[value & 15u];
  }
  return hex;
}

Result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return damaged("half a byte");
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const std::size_t high = kHexDigits.find(hex[at]);
    const std::size_t low = kHexDigits.find(hex[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return damaged("no hex digits");
    bytes += static_cast<char>(high << 4u | low);
  }
  return bytes;
}

Result<std::uint64_t> size_in(const json::Value& root, std::string_view name) {
  BAYPLAN_ASSIGN(const std::int64_t number, root.integer(name));
  if (number < 0) return damaged("a negative size");
  return static_cast<std::uint64_t>(number);
}

Result<Time> time_in(const json::Value& root, std::string_view name) {
  BAYPLAN_ASSIGN(const std::string_view text, root.string(name));
  return parse_rfc3339(text);
}

Result<IngestState> parse(std::string_view text) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(text, kState));
  const json::Value root = document.root();
  BAYPLAN_ASSIGN(const std::int64_t version, root.integer("version"));
  if (version != kVersion) return damaged("of another version");
  IngestState state;
  BAYPLAN_ASSIGN(state.boot, root.string("boot"));
  BAYPLAN_ASSIGN(state.started, time_in(root, "startedAt"));
  BAYPLAN_ASSIGN(state.updated, time_in(root, "updatedAt"));
  if (root.find("total")) {
    BAYPLAN_ASSIGN(state.total, size_in(root, "total"));
  }
  BAYPLAN_ASSIGN(state.offset, size_in(root, "offset"));
  BAYPLAN_ASSIGN(const std::string_view hash, root.string("hash"));
  BAYPLAN_ASSIGN(state.hash, from_hex(hash));
  return state;
}

}  // namespace

std::string encode_state(const IngestState& state) {
  json::Writer out;
  out.begin_object().key("version").integer(kVersion).member("boot", state.boot);
  out.member("startedAt", format_rfc3339(state.started)).member("updatedAt", format_rfc3339(state.updated));
  if (state.total) out.key("total").unsigned_integer(*state.total);
  out.key("offset").unsigned_integer(state.offset).member("hash", to_hex(state.hash)).end_object();
  const std::string body = std::move(out).take();
  return Digest::of(body).to_string() + "\n" + body;
}

Result<IngestState> decode_state(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return damaged("cut off");
  const std::string_view body = text.substr(end + 1);
  if (Digest::of(body).to_string() != text.substr(0, end)) return damaged("does not hash to its first line");
  auto state = parse(body);
  if (!state) return damaged(state.error().to_string());
  return state;
}

Result<IngestState> read_state(int dir) {
  BAYPLAN_ASSIGN(const std::string text, file::read_file(dir, kState, kMostBytes));
  return decode_state(text);
}

Result<void> write_state(int dir, const IngestState& state, bool durably) {
  const std::string text = encode_state(state);
  if (durably) return file::replace_durably(dir, kState, text);
  {
    BAYPLAN_ASSIGN(const UniqueFd fd,
                   file::open_beneath(dir, kTemporary, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    BAYPLAN_TRY(file::write_all(fd.get(), as_bytes(text), kTemporary));
  }
  return file::rename(dir, kTemporary, dir, kState);
}

const std::string& this_boot() {
  static const std::string kBoot = process::boot_id().value_or(std::string());
  return kBoot;
}

}  // namespace bayplan::content
