// How results reach people (tables) and programs (JSON).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/json.h"
#include "bayplan/base/labels.h"

namespace bayplan::cli {

/// Number of the JSON output's shape; it grows when a member changes meaning or goes away.
inline constexpr int kJsonSchema = 1;

/// `text` with control characters, escape sequences and invalid UTF-8 as \xNN: safe on a terminal.
std::string printable(std::string_view text);

/// "12.3 MiB".
std::string human_bytes(std::uint64_t bytes);

/// The first 12 hex digits of "sha256:<hex>", as every tool of the field shows them.
std::string short_digest(std::string_view digest);

/// Left-aligned columns, two spaces apart, header in capitals. Cells pass through printable().
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void row(std::vector<std::string> cells);
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Writes one line of text, or one JSON document, to standard output.
void print_line(std::string_view text);
void print_json(json::Writer&& writer);
/// {"schema":N, ... : the caller adds members and ends the object.
json::Writer begin_json();

/// "a=1,b=2", as ctr prints labels; "-" for none.
std::string labels_text(const Labels& labels);
void write_labels(json::Writer& writer, const Labels& labels);

/// Before an archive goes to standard output, for the `kind` of thing asked for. Errors: invalid_argument (it
/// is a terminal).
Result<void> refuse_terminal(std::string_view kind);

}  // namespace bayplan::cli
