// What the programs of hostile rows have in common.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "runner.h"

namespace bayplan::test {

inline void expect_as_it_must_be(const HostileCase& hostile, const HostileClient& client) {
  const HostileReport report = run_hostile(hostile, client);
  std::printf("%s\n", table_line(hostile, report).c_str());
  for (const std::string& fault : report.faults) ADD_FAILURE() << fault;
}

/// main(): `--table [PART]` prints the rows, anything else is GoogleTest's.
inline int hostile_main(int argc, char** argv, const std::vector<HostileCase>& cases,
                        const HostileClient& client) {
  if (argc > 1 && argv[1] == std::string_view("--table")) {
    return print_hostile_table(cases, argc > 2 ? argv[2] : "", client) == 0 ? 0 : 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace bayplan::test
