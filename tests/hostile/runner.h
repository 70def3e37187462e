// Runs a row of the hostile registry: the servers in this process, the client in a child of its own, so that
// its memory is its own and a crash is seen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {

/// What the client does in the child: `hostile.ask`, of the repository that it is given.
using HostileClient =
    std::function<Result<void>(const HostileCase& hostile, const images::RemoteRepository& repository)>;

/// How the client of a row is to be opened.
images::RegistryOptions options_of(const HostileCase& hostile);

struct HostileReport {
  std::string wanted;               ///< "taken", or class and kind of the error
  std::string got;                  ///< the same, or how the child ended
  std::string text;                 ///< the error as people see it
  std::uint64_t peak_memory = 0;    ///< bytes that the child had in memory at most
  std::size_t requests = 0;         ///< that the registry saw
  std::size_t elsewhere = 0;        ///< that the other server saw
  std::size_t secrets = 0;          ///< places where one was seen that it was not for
  std::vector<std::string> faults;  ///< what is not as it must be
};

/// Precondition: this process has no other thread.
HostileReport run_hostile(const HostileCase& hostile, const HostileClient& client);

/// Runs the rows whose "group/name" holds `part`, and prints a line for each. Answers how many are not as
/// they must be.
std::size_t print_hostile_table(const std::vector<HostileCase>& cases, std::string_view part,
                                const HostileClient& client);

/// One line of the table.
std::string table_line(const HostileCase& hostile, const HostileReport& report);

}  // namespace bayplan::test
