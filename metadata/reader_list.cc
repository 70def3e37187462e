#include "reader_list.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

namespace bayplan::metadata {
namespace {

// Cuts the first word off.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(" \n"));
  line.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return {};
  return value;
}

// "pid thread txnid" after a heading, "-" for the txnid of a slot that reads nothing; or "(no ...)" alone.
int add_reader(const char* text, void* readers) {
  std::string_view line(text);
  const auto pid = number<pid_t>(next_word(line));
  if (!pid) return 0;
  next_word(line);
  static_cast<std::vector<ReaderSlot>*>(readers)->push_back({*pid, number<std::uint64_t>(next_word(line))});
  return 0;
}

}  // namespace

std::vector<ReaderSlot> list_readers(MDB_env* env) {
  std::vector<ReaderSlot> readers;
  ::mdb_reader_list(env, add_reader, &readers);
  return readers;
}

std::string describe_readers(const std::vector<ReaderSlot>& readers) {
  constexpr std::size_t kNamed = 8;
  std::map<pid_t, std::size_t> counts;
  for (const ReaderSlot& reader : readers) ++counts[reader.pid];
  std::vector<std::pair<std::size_t, pid_t>> most;
  most.reserve(counts.size());
  for (const auto& [pid, count] : counts) most.emplace_back(count, pid);
  std::sort(most.rbegin(), most.rend());
  std::string text = std::to_string(readers.size()) + " reader slots are taken: ";
  for (std::size_t i = 0; i < std::min(most.size(), kNamed); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(most[i].first) + " by process " +
            std::to_string(most[i].second);
  }
  if (most.size() > kNamed) text += " and more by " + std::to_string(most.size() - kNamed) + " others";
  return text;
}

}  // namespace bayplan::metadata
