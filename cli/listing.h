// What every `ls` prints: a table, names only, or a JSON array.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/list.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {

/// What an `ls` is asked for.
struct ListArguments {
  bool quiet = false;
  std::vector<std::string> filters{};
  metadata::ListOptions page{};
};

/// What its help says.
struct ListWords {
  std::string description;
  std::string names;                                      ///< what -q prints: "Names"
  std::string filter = "labels.tier==web,createdat<24h";  ///< an example
};

/// Adds a verb with -q, --filter, --limit and --after.
void add_list_command(CLI::App& noun, Session& session, const ListWords& words,
                      Result<int> (*run)(const Session&, const ListArguments&),
                      const std::string& verb = "ls");

/// Errors: invalid_argument.
Result<metadata::BoundFilter> bind_filter(const ListArguments& arguments, metadata::FieldTable fields);

class Listing {
 public:
  /// `array` is the JSON member that holds the objects, `header` the table's; `quiet` prints names only.
  Listing(const Session& session, std::string_view array, std::vector<std::string> header, bool quiet);

  /// One object: its name, its table cells, and what its JSON object holds.
  void add(std::string_view name, std::vector<std::string> cells,
           const std::function<void(json::Writer&)>& write_members);
  /// One object that cannot be shown; said on standard error.
  void add_problem(const Error& error);
  /// The list was cut short behind this key.
  void cut_at(std::string_view last);
  /// Prints what is not printed yet. Answers the exit code: kDamage after a problem.
  int finish() &&;

 private:
  bool json_;
  bool quiet_;
  bool damaged_ = false;
  std::string last_{};
  json::Writer out_;
  Table table_;
};

}  // namespace bayplan::cli
