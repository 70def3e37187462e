#include "listing.h"

#include <utility>

namespace bayplan::cli {

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

void Listing::finish() && {
  if (json_) {
    out_.end_array().end_object();
    print_json(std::move(out_));
  } else if (!quiet_) {
    table_.print();
  }
}

}  // namespace bayplan::cli
