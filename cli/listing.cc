#include "listing.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "exit_codes.h"

namespace bayplan::cli {

void add_list_command(CLI::App& noun, Session& session, const ListWords& words,
                      Result<int> (*run)(const Session&, const ListArguments&), const std::string& verb) {
  const auto arguments = std::make_shared<ListArguments>();
  CLI::App* const command = add_command(noun, session, verb, words.description,
                                        [&session, arguments, run] { return run(session, *arguments); });
  command->add_flag("-q,--quiet", arguments->quiet, words.names + " only");
  command->add_option("-f,--filter", arguments->filters,
                      "Only what matches, e.g. " + words.filter + "; of several one has to");
  command->add_option("--limit", arguments->page.limit, "Show so many at most");
  command->add_option("--after", arguments->page.after, "Begin behind this one");
}

Result<metadata::BoundFilter> bind_filter(const ListArguments& arguments, metadata::FieldTable fields) {
  BAYPLAN_ASSIGN(const metadata::Filter filter, metadata::Filter::parse(arguments.filters));
  return filter.bind(fields);
}

Listing::Listing(const Session& session, std::string_view array, std::vector<std::string> header, bool quiet)
    : json_(session.json()), quiet_(quiet), out_(begin_json()), table_(std::move(header)) {
  out_.key(array).begin_array();
}

void Listing::add(std::string_view name, std::vector<std::string> cells,
                  const std::function<void(json::Writer&)>& write_members) {
  if (json_) {
    out_.begin_object();
    write_members(out_);
    out_.end_object();
  } else if (quiet_) {
    print_line(printable(name));
  } else {
    table_.row(std::move(cells));
  }
}

void Listing::add_problem(const Error& error) {
  damaged_ = true;
  std::fprintf(stderr, "bayplan: %s\n", error.to_string().c_str());
}

void Listing::cut_at(std::string_view last) { last_ = last; }

int Listing::finish() && {
  if (json_) {
    out_.end_array();
    if (!last_.empty()) out_.member("last", last_);
    out_.end_object();
    print_json(std::move(out_));
  } else if (!quiet_) {
    table_.print();
    if (!last_.empty()) print_line("more: --after " + printable(last_));
  }
  return damaged_ ? kDamage : kOk;
}

}  // namespace bayplan::cli
