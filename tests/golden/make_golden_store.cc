// make_golden_store format-1|schema-0 DIRECTORY: writes DIRECTORY/data.mdb. Run once per format version, by
// the library of that version; what it wrote is kept in the repository and never written again.
#include <filesystem>
#include <iostream>
#include <string_view>

#include "bayplan/metadata/backup.h"
#include "contents.h"

int main(int argc, char** argv) {
  using namespace bayplan;
  const std::string_view which = argc == 3 ? argv[1] : "";
  if (which != "format-1" && which != "schema-0") {
    std::cerr << "usage: make_golden_store format-1|schema-0 DIRECTORY\n";
    return 2;
  }
  const std::filesystem::path directory = argv[2];
  const std::filesystem::path scratch = directory.native() + ".scratch";
  {
    const auto db = metadata::Db::open(scratch).value();
    which == "format-1" ? test::fill_format_1(db) : test::fill_schema_0(db);
    metadata::compact(db, directory).value();
  }
  std::filesystem::remove_all(scratch);
  return 0;
}
