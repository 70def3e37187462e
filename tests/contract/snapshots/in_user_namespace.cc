// main() of the contract as rootless engines see it: root of a user namespace with 65,536 subordinate ids.
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/user_namespace.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests) || ::geteuid() != 0) return RUN_ALL_TESTS();
  const bool passed = bayplan::test::run_in_user_namespace(bayplan::test::kSubordinateIds, [] {
    if (RUN_ALL_TESTS() != 0) ::_exit(1);
  });
  return passed ? 0 : 1;
}
