// Stands in for libFuzzer: feeds a fuzz target the files of its corpus and mutations of them, the same ones
// in every run. fuzz_TARGET CORPUS MUTATIONS; BAYPLAN_MUTATIONS is another number of them, BAYPLAN_TEST_SEED
// another beginning.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace {

std::string fed;  // what the target has now, for whoever looks into its death

// Only what a signal handler may call.
void tell_input(int signal) {
  for (const char c : fed) {
    constexpr const char* kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    const char text[] = {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    const bool plain = c > ' ' && c <= '~' && c != '\\';
    if (::write(STDERR_FILENO, plain ? &c : text, plain ? 1 : sizeof(text)) < 0) break;
  }
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

void feed(std::string input) {
  fed = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char*>(fed.data()), fed.size());
}

unsigned long number_from_environment(const char* name, unsigned long otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

std::vector<std::string> read_corpus(const char* directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// One change; the first byte, by which a target chooses its parser, stays.
void change(std::string& text, const std::string& other, std::minstd_rand& chance) {
  const std::size_t at = 1 + chance() % text.size();
  const std::size_t length = 1 + chance() % 16;
  switch (chance() % 6) {
    case 0:
      text.insert(at, 1, static_cast<char>(chance() % 256));
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, text, chance() % text.size(), length);
      break;
    case 3:
      text.insert(at, other, chance() % other.size(), length);
      break;
    case 4:
      text.insert(at, length * 50, text[at - 1]);
      break;
    default:
      text[std::min(at, text.size() - 1)] ^= static_cast<char>(1 << chance() % 8);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGTRAP}) std::signal(signal, tell_input);
  std::vector<std::string> inputs = read_corpus(argv[1]);
  for (const std::string& input : inputs) feed(input);
  std::erase_if(inputs, [](const std::string& input) { return input.empty(); });
  if (inputs.empty()) return 2;
  std::minstd_rand chance(static_cast<unsigned>(number_from_environment("BAYPLAN_TEST_SEED", 1)));
  const unsigned long mutations =
      number_from_environment("BAYPLAN_MUTATIONS", std::strtoul(argv[2], nullptr, 10));
  for (unsigned long n = 0; n < mutations; ++n) {
    std::string text = inputs[chance() % inputs.size()];
    for (std::size_t changes = 1 + chance() % 4; changes > 0; --changes) {
      change(text, inputs[chance() % inputs.size()], chance);
    }
    feed(std::move(text));
  }
  std::printf("%zu inputs, %lu mutations\n", inputs.size(), mutations);
  return 0;
}
