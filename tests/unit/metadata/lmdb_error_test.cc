#include "lmdb_error.h"

#include <gtest/gtest.h>
#include <lmdb.h>

#include <cerrno>

namespace bayplan::metadata {
namespace {

TEST(LmdbError, has_the_class_that_callers_react_to) {
  struct Case {
    int rc;
    Errc code;
  };
  for (const auto& [rc, expected] :
       {Case{MDB_MAP_FULL, Errc::too_large}, Case{MDB_READERS_FULL, Errc::busy}, Case{MDB_PANIC, Errc::io},
        Case{MDB_CORRUPTED, Errc::corrupt}, Case{MDB_VERSION_MISMATCH, Errc::version_mismatch},
        Case{MDB_TXN_FULL, Errc::too_large}, Case{ENOSPC, Errc::no_space},
        Case{EACCES, Errc::permission_denied}, Case{EIO, Errc::io}, Case{EROFS, Errc::read_only}}) {
    EXPECT_EQ(lmdb_error(rc, "mdb_call").code(), expected) << rc;
  }
}

TEST(LmdbError, names_the_call) {
  EXPECT_NE(lmdb_error(MDB_MAP_FULL, "mdb_put").to_string().find("mdb_put"), std::string::npos);
  EXPECT_EQ(lmdb_error(ENOSPC, "mdb_put").os_errno(), ENOSPC);
}

}  // namespace
}  // namespace bayplan::metadata
