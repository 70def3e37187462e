#include "support/tar_builder.h"

#include <algorithm>
#include <cstdio>

namespace bayplan::test {
namespace {

constexpr std::size_t kBlock = 512;

std::string octal(std::uint64_t value, std::size_t width) {
  std::string text(width, '\0');
  for (std::size_t i = width - 1; i-- > 0; value >>= 3) text[i] = static_cast<char>('0' + (value & 7));
  return text;
}

std::string base256(std::int64_t value, std::size_t width) {
  std::string text(width, value < 0 ? '\xff' : '\0');
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < std::min<std::size_t>(width, 8); ++i, rest >>= 8) {
    text[width - 1 - i] = static_cast<char>(rest & 0xff);
  }
  text[0] = value < 0 ? '\xff' : '\x80';
  return text;
}

bool fits_octal(std::int64_t value, std::size_t width) {
  return value >= 0 && static_cast<std::uint64_t>(value) >> (3 * (width - 1)) == 0;
}

// A number that does not fit is 0 outside of GNU archives: a pax record carries it.
std::string number(std::int64_t value, std::size_t width, TarDialect dialect) {
  if (fits_octal(value, width)) return octal(static_cast<std::uint64_t>(value), width);
  return dialect == TarDialect::gnu ? base256(value, width) : octal(0, width);
}

std::string padding(std::size_t size) { return std::string((kBlock - size % kBlock) % kBlock, '\0'); }

std::int64_t whole_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

// "-1.5" for a second and a half before the epoch.
std::string pax_time(Time time) {
  const std::int64_t total = time.time_since_epoch().count();
  const auto magnitude =
      total < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(total) : static_cast<std::uint64_t>(total);
  std::string fraction = std::to_string(1'000'000'000 + magnitude % 1'000'000'000).substr(1);
  return (total < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000'000) + "." + fraction;
}

}  // namespace

std::string TarBuilder::patched(std::string block, std::size_t offset, std::string_view bytes) {
  block.replace(offset, bytes.size(), bytes);
  block.replace(148, 8, "        ");
  std::uint64_t sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  block.replace(148, 8, octal(sum, 7) + " ");
  return block;
}

std::string TarBuilder::block(const TarFields& fields, TarDialect dialect) {
  std::string out(kBlock, '\0');
  const auto put = [&out](std::size_t offset, std::size_t width, std::string_view text) {
    text = text.substr(0, width);
    out.replace(offset, text.size(), text);
  };
  put(0, 100, fields.name);
  put(100, 8, number(fields.mode, 8, dialect));
  put(108, 8, number(fields.uid, 8, dialect));
  put(116, 8, number(fields.gid, 8, dialect));
  put(124, 12, number(fields.size, 12, dialect));
  put(136, 12, number(fields.mtime, 12, dialect));
  out[156] = fields.type;
  put(157, 100, fields.link);
  if (dialect != TarDialect::v7) {
    put(257, 8,
        dialect == TarDialect::gnu ? std::string_view("ustar  \0", 8) : std::string_view("ustar\00000", 8));
    put(329, 8, number(fields.major, 8, dialect));
    put(337, 8, number(fields.minor, 8, dialect));
    put(345, 155, fields.prefix);
  }
  return patched(std::move(out), 0, {});
}

std::string TarBuilder::record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  if (std::to_string(length).size() != std::to_string(rest).size())
    length = rest + std::to_string(length).size();
  return std::to_string(length).append(" ").append(key).append("=").append(value).append("\n");
}

TarBuilder& TarBuilder::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

TarBuilder& TarBuilder::data(std::string_view bytes) { return raw(bytes).raw(padding(bytes.size())); }

TarBuilder& TarBuilder::header(const TarFields& fields) { return raw(block(fields, dialect_)); }

TarBuilder& TarBuilder::pax(const Records& records, char type) {
  std::string body;
  for (const auto& [key, value] : records) body += record(key, value);
  const TarFields fields{
      .type = type, .name = "PaxHeaders/x", .size = static_cast<std::int64_t>(body.size())};
  return raw(block(fields, TarDialect::ustar)).data(body);
}

std::string TarBuilder::end(std::size_t zero_blocks) const {
  return bytes_ + std::string(zero_blocks * kBlock, '\0');
}

void TarBuilder::write_pax_extras(const TarFields& fields, const TarMeta& meta) {
  Records records;
  if (fields.name.size() > 100) records.emplace_back("path", fields.name);
  if (fields.link.size() > 100) records.emplace_back("linkpath", fields.link);
  if (!fits_octal(fields.uid, 8)) records.emplace_back("uid", std::to_string(fields.uid));
  if (!fits_octal(fields.gid, 8)) records.emplace_back("gid", std::to_string(fields.gid));
  const bool whole = meta.mtime.time_since_epoch().count() % 1'000'000'000 == 0;
  if (!whole || !fits_octal(fields.mtime, 12)) records.emplace_back("mtime", pax_time(meta.mtime));
  for (const auto& [name, value] : meta.xattrs) records.emplace_back("SCHILY.xattr." + name, value);
  if (!records.empty()) pax(records);
}

void TarBuilder::write_gnu_extras(const TarFields& fields) {
  const auto extra = [this](char type, const std::string& text) {
    if (text.size() <= 100) return;
    const TarFields head{.type = type,
                         .name = "././@LongLink",
                         .size = static_cast<std::int64_t>(text.size() + 1),
                         .mtime = 0};
    raw(block(head, TarDialect::gnu)).data(text + std::string(1, '\0'));
  };
  extra('K', fields.link);
  extra('L', fields.name);
}

TarBuilder& TarBuilder::entry(TarFields fields, std::string_view content, const TarMeta& meta) {
  fields.size = static_cast<std::int64_t>(content.size());
  fields.mode = meta.mode;
  fields.uid = meta.uid;
  fields.gid = meta.gid;
  fields.mtime = whole_seconds(meta.mtime);
  if (dialect_ == TarDialect::pax) write_pax_extras(fields, meta);
  if (dialect_ == TarDialect::gnu) write_gnu_extras(fields);
  const std::size_t slash = fields.name.rfind('/', 154);
  if (dialect_ == TarDialect::ustar && fields.name.size() > 100 && slash != std::string::npos) {
    fields.prefix = fields.name.substr(0, slash);
    fields.name.erase(0, slash + 1);
  }
  return header(fields).data(content);
}

TarBuilder& TarBuilder::file(const std::string& name, std::string_view content, const TarMeta& meta) {
  return entry({.type = dialect_ == TarDialect::v7 ? '\0' : '0', .name = name}, content, meta);
}
TarBuilder& TarBuilder::dir(const std::string& name, const TarMeta& meta) {
  return entry({.type = dialect_ == TarDialect::v7 ? '\0' : '5', .name = name + "/"}, {}, meta);
}
TarBuilder& TarBuilder::symlink(const std::string& name, const std::string& target, const TarMeta& meta) {
  return entry({.type = '2', .name = name, .link = target}, {}, meta);
}
TarBuilder& TarBuilder::hard_link(const std::string& name, const std::string& target, const TarMeta& meta) {
  return entry({.type = '1', .name = name, .link = target}, {}, meta);
}
TarBuilder& TarBuilder::device(const std::string& name, char type, std::uint32_t major, std::uint32_t minor,
                               const TarMeta& meta) {
  return entry({.type = type, .name = name, .major = major, .minor = minor}, {}, meta);
}
TarBuilder& TarBuilder::fifo(const std::string& name, const TarMeta& meta) {
  return entry({.type = '6', .name = name}, {}, meta);
}

}  // namespace bayplan::test
