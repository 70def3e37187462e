// Mutations of a store's data.mdb and of containerd's meta.db through the commands that an operator uses: no
// crash, no hang, and nothing printed as sound that was never committed. BAYPLAN_INSPECT_MUTATIONS says how
// many of each (60), BAYPLAN_TEST_SEED which. A table compares with mdb_dump and bbolt, where they are
// installed.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <sstream>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "support/containerd_root.h"

namespace bayplan::test {
namespace {

constexpr std::size_t kPage = 4096;
constexpr int kTimedOut = 124;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

using Random = std::mt19937_64;
std::size_t below(Random& random, std::size_t end) { return random() % end; }

void flip_byte(std::string& bytes, Random& random) {
  bytes[below(random, bytes.size())] ^= static_cast<char>(1 + below(random, 255));
}
void garble(std::string& bytes, Random& random) {
  const std::size_t at = below(random, bytes.size());
  for (std::size_t i = at; i < std::min(bytes.size(), at + 64); ++i) bytes[i] = static_cast<char>(random());
}
void cut(std::string& bytes, Random& random) {
  bytes.resize(below(random, bytes.size() / kPage) * kPage + below(random, 2) * below(random, kPage));
}
void zero_page(std::string& bytes, Random& random) {
  bytes.replace(below(random, bytes.size() / kPage) * kPage, kPage, kPage, '\0');
}
void swap_pages(std::string& bytes, Random& random) {
  const std::size_t a = below(random, bytes.size() / kPage) * kPage;
  const std::size_t b = below(random, bytes.size() / kPage) * kPage;
  const std::string page = bytes.substr(a, kPage);
  bytes.replace(a, kPage, bytes, b, kPage);
  bytes.replace(b, kPage, page);
}
void damage_meta(std::string& bytes, Random& random) {
  bytes[below(random, 2) * kPage + below(random, 160)] ^= static_cast<char>(1 + below(random, 255));
}

struct Mutation {
  const char* name;
  void (*apply)(std::string& bytes, Random& random);
};
constexpr Mutation kMutations[] = {{"flip byte", flip_byte},   {"garble 64", garble},
                                   {"truncate", cut},          {"zero page", zero_page},
                                   {"swap pages", swap_pages}, {"meta byte", damage_meta}};

/// What a dump said is stored: each value, or, where bytes of values are not checked by the format, its
/// shape.
std::multiset<std::string> values_of(const std::string& dump, bool shape_only) {
  std::multiset<std::string> values;
  std::istringstream lines(dump);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"value\":") == std::string::npos && line.find("\"hex\":") == std::string::npos) continue;
    if (!shape_only) {
      values.insert(line);
      continue;
    }
    const auto document = json::Document::parse(line, "line");
    const auto path = document->root().string("path").value();
    const auto hex = document->root().optional_string("hex").value();
    const std::size_t size = hex ? hex->size() / 2 : document->root().string("value").value().size();
    values.insert(std::to_string(std::count(path.begin(), path.end(), '/')) + " " + std::to_string(size));
  }
  return values;
}

class InspectMutations : public testing::Test {
 protected:
  struct Row {
    std::uint64_t runs = 0;
    std::uint64_t noticed = 0;
    std::uint64_t wrong = 0;
    std::uint64_t died = 0;
  };

  CommandResult inspect(std::vector<std::string> arguments) const {
    std::vector<std::string> whole{"timeout",       "-s",      "KILL",     "10",
                                   BAYPLAN_COMMAND, "inspect", "--source", file()};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return run_command(whole);
  }
  std::string file() const { return (command.directory() / "mutated").string(); }

  void expect_sane(const CommandResult& result, const std::string& what) {
    Row& row = rows_["bayplan"];
    ++row.runs;
    const bool died = result.exit_code >= 128 || result.exit_code == kTimedOut || result.exit_code < 0;
    row.died += died ? 1 : 0;
    row.noticed += result.exit_code != 0 && !died ? 1 : 0;
    EXPECT_FALSE(died) << what << ": exit code " << result.exit_code << ": " << result.err;
  }

  // `committed`: by the last transaction and the one before it.
  void expect_true(const CommandResult& dump, const std::vector<std::multiset<std::string>>& committed,
                   bool shape_only, const std::string& what) {
    if (dump.exit_code != 0) return;
    const auto printed = values_of(dump.out, shape_only);
    const bool known = std::find(committed.begin(), committed.end(), printed) != committed.end();
    rows_["bayplan"].wrong += known ? 0 : 1;
    EXPECT_TRUE(known) << what << " printed what was never committed";
  }

  void compare_with(const std::vector<std::string>& peer, const std::string& good_output) {
    if (run_command({"which", peer.front()}).exit_code != 0) return;
    std::vector<std::string> whole{"timeout", "-s", "KILL", "10"};
    whole.insert(whole.end(), peer.begin(), peer.end());
    const CommandResult result = run_command(whole);
    Row& row = rows_[peer.front()];
    ++row.runs;
    const bool died = result.exit_code >= 128 || result.exit_code == 2;  // 2: a panic of Go's
    row.died += died ? 1 : 0;
    row.noticed += result.exit_code != 0 && !died ? 1 : 0;
    row.wrong += result.exit_code == 0 && result.out != good_output ? 1 : 0;
  }

  void run(const std::string& good, const std::vector<std::multiset<std::string>>& committed, bool shape_only,
           const std::vector<std::string>& peer) {
    const std::uint64_t count = from_environment("BAYPLAN_INSPECT_MUTATIONS", 60);
    const std::uint64_t seed = from_environment("BAYPLAN_TEST_SEED", std::random_device()());
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    Random random(seed);
    write(good);
    const std::string good_output = run_command(peer).out;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Mutation& mutation = kMutations[i % std::size(kMutations)];
      std::string bytes = good;
      mutation.apply(bytes, random);
      write(bytes);
      const std::string what = std::string(mutation.name) + " " + std::to_string(i);
      for (const auto& verb : std::vector<std::vector<std::string>>{{"check"}, {"tree"}, {"ls", "images"}})
        expect_sane(inspect(verb), what + " " + verb.front());
      const CommandResult dump = inspect({"dump"});
      expect_sane(dump, what + " dump");
      expect_true(dump, committed, shape_only, what);
      compare_with(peer, good_output);
    }
    std::printf("%-10s %8s %8s %8s %8s\n", "program", "runs", "noticed", "died", "wrong");
    for (const auto& [name, row] : rows_) {
      std::printf("%-10s %8llu %8llu %8llu %8llu\n", name.c_str(), static_cast<unsigned long long>(row.runs),
                  static_cast<unsigned long long>(row.noticed), static_cast<unsigned long long>(row.died),
                  static_cast<unsigned long long>(row.wrong));
    }
  }

  void write(const std::string& bytes) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
  }
  std::multiset<std::string> dumped(const std::string& bytes, bool shape_only) const {
    write(bytes);
    const CommandResult dump = inspect({"dump"});
    EXPECT_EQ(dump.exit_code, 0) << dump.err;
    return values_of(dump.out, shape_only);
  }

  CommandLine command;

 private:
  std::map<std::string, Row> rows_;
};

TEST_F(InspectMutations, OfAStore) {
  command.ok({"image", "import", command.layout()});
  const auto data = command.root() / "metadata" / "data.mdb";
  std::vector<std::multiset<std::string>> committed{dumped(read_bytes(data), false)};
  command.ok({"image", "label", "registry.test/small:1", "a=b"});
  const std::string good = read_bytes(data);
  committed.push_back(dumped(good, false));
  ASSERT_NE(committed.front(), committed.back());
  run(good, committed, false, {"mdb_dump", "-n", "-a", file()});
}

TEST_F(InspectMutations, OfContainerdsFile) {
  make_containerd_root(command.directory() / "containerd");
  const std::string good = read_bytes(containerd_metadata(command.directory() / "containerd"));
  run(good, {dumped(good, true)}, true, {"bbolt", "check", file()});
}

}  // namespace
}  // namespace bayplan::test
