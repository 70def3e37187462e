// Timing of one row and its line of output.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace bayplan::bench {

struct Measured {
  std::uint64_t operations = 0;
  std::uint64_t total_ns = 0;            ///< wall clock
  std::vector<std::uint64_t> latencies;  ///< of one operation, ns
};

/// Calls `operation(i)` for i in [0, count), timing `batch` calls at a time: a clock reading costs as much as
/// a twentieth of a lookup.
Measured measure(std::uint64_t count, std::uint64_t batch,
                 const std::function<void(std::uint64_t)>& operation);

/// measure() of calls that may take long: stops after some seconds, so that a slow disk or store makes for
/// fewer calls.
Measured measure_slow(std::uint64_t count, std::uint64_t batch,
                      const std::function<void(std::uint64_t)>& operation);

/// measure_slow() from `threads` threads at once, each with its share of the numbers.
Measured measure_threads(std::uint64_t threads, std::uint64_t count, std::uint64_t batch,
                         const std::function<void(std::uint64_t)>& operation);

struct Extra {
  std::optional<std::uint64_t> checksum{};
  std::optional<std::uint64_t> file_bytes{};
  std::optional<std::uint64_t> allocated_bytes{};
};

/// One JSON object on a line of standard output.
void print_row(std::string_view row, std::uint64_t records, Measured measured, const Extra& extra = {});

}  // namespace bayplan::bench
