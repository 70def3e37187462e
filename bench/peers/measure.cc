#include "measure.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <limits>
#include <mutex>
#include <thread>

namespace bayplan::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kLongestNs = 3'000'000'000;

std::uint64_t since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

std::uint64_t percentile(const std::vector<std::uint64_t>& sorted, std::uint64_t percent) {
  return sorted.empty() ? 0 : sorted[(sorted.size() - 1) * percent / 100];
}

Measured measure_until(std::uint64_t longest_ns, std::uint64_t count, std::uint64_t batch,
                       const std::function<void(std::uint64_t)>& operation) {
  Measured measured{.latencies = {}};
  measured.latencies.reserve(count / batch + 1);
  const auto start = Clock::now();
  std::uint64_t done = 0;
  while (done < count && since(start) < longest_ns) {
    const std::uint64_t end = std::min(count, done + batch);
    const std::uint64_t calls = end - done;
    const auto batch_start = Clock::now();
    for (; done < end; ++done) operation(done);
    measured.latencies.push_back(since(batch_start) / calls);
  }
  measured.operations = done;
  measured.total_ns = since(start);
  return measured;
}

}  // namespace

Measured measure(std::uint64_t count, std::uint64_t batch,
                 const std::function<void(std::uint64_t)>& operation) {
  return measure_until(std::numeric_limits<std::uint64_t>::max(), count, batch, operation);
}

Measured measure_slow(std::uint64_t count, std::uint64_t batch,
                      const std::function<void(std::uint64_t)>& operation) {
  return measure_until(kLongestNs, count, batch, operation);
}

Measured measure_threads(std::uint64_t threads, std::uint64_t count, std::uint64_t batch,
                         const std::function<void(std::uint64_t)>& operation) {
  const std::uint64_t share = std::max<std::uint64_t>(1, count / threads);
  std::vector<Measured> parts(threads);
  std::mutex guard;
  std::exception_ptr failure;
  std::vector<std::thread> running;
  const auto start = Clock::now();
  for (std::uint64_t n = 0; n < threads; ++n) {
    running.emplace_back([&, n] {
      try {
        parts[n] = measure_slow(share, batch, [&](std::uint64_t i) { operation(n * share + i); });
      } catch (...) {
        const std::scoped_lock lock(guard);
        failure = std::current_exception();
      }
    });
  }
  for (auto& thread : running) thread.join();
  Measured all{.total_ns = since(start), .latencies = {}};
  if (failure) std::rethrow_exception(failure);
  for (const Measured& part : parts) {
    all.operations += part.operations;
    all.latencies.insert(all.latencies.end(), part.latencies.begin(), part.latencies.end());
  }
  return all;
}

void print_row(std::string_view row, std::uint64_t records, Measured measured, const Extra& extra) {
  std::sort(measured.latencies.begin(), measured.latencies.end());
  std::cout << R"({"row":")" << row << R"(","records":)" << records;
  if (measured.operations != 0) {
    std::cout << R"(,"ops":)" << measured.operations << R"(,"ops_per_s":)"
              << static_cast<double>(measured.operations) * 1e9 / static_cast<double>(measured.total_ns)
              << R"(,"p50_ns":)" << percentile(measured.latencies, 50) << R"(,"p99_ns":)"
              << percentile(measured.latencies, 99);
  }
  if (extra.checksum) std::cout << R"(,"checksum":)" << *extra.checksum;
  if (extra.file_bytes) std::cout << R"(,"file_bytes":)" << *extra.file_bytes;
  if (extra.allocated_bytes) std::cout << R"(,"allocated_bytes":)" << *extra.allocated_bytes;
  std::cout << "}" << std::endl;
}

}  // namespace bayplan::bench
