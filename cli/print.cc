#include "print.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "bayplan/base/escape.h"

namespace bayplan::cli {
namespace {

std::size_t width(std::string_view text) {  // code points: good enough for names and numbers
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text); }

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string short_digest(std::string_view digest) {
  const auto colon = digest.find(':');
  return std::string(colon == std::string_view::npos ? digest.substr(0, 12) : digest.substr(colon + 1, 12));
}

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::row(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::print() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width(cells[i]));
  }
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      if (i + 1 < cells.size()) line.append(widths[i] - width(cells[i]) + 2, ' ');
    }
    print_line(line);
  }
}

void print_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

void print_json(json::Writer&& writer) { print_line(std::move(writer).take()); }

json::Writer begin_json() {
  json::Writer writer;
  writer.begin_object().key("schema").integer(kJsonSchema);
  return writer;
}

std::string labels_text(const Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text.empty() ? "-" : text;
}

void write_labels(json::Writer& writer, const Labels& labels) {
  writer.key("labels").begin_object();
  for (const auto& [key, value] : labels) writer.member(key, value);
  writer.end_object();
}

Result<void> refuse_terminal(std::string_view kind) {
  if (::isatty(STDOUT_FILENO) == 0) return {};
  return Error(Errc::invalid_argument, kind, "-", "an archive is nothing for a terminal")
      .with_advice("name a file, or let a program read it");
}

}  // namespace bayplan::cli
