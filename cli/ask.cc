#include "ask.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bayplan/base/file.h"

namespace bayplan::cli {
namespace {

constexpr std::size_t kMostBytes = 64u << 10;

// Keeps what is typed from being shown.
class Unseen {
 public:
  Unseen() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    struct termios unseen = before_;
    unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) == 0;
  }
  ~Unseen() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

  bool works() const noexcept { return changed_; }

 private:
  struct termios before_ {};
  bool changed_ = false;
};

void drop_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

// A terminal answers one line at a time.
Result<std::string> read_line() {
  std::string line(kMostBytes, '\0');
  const ssize_t count = ::read(STDIN_FILENO, line.data(), line.size());
  if (count < 0 && errno == EINTR) return Error(Errc::cancelled, "input", {}, "interrupted");
  if (count < 0) return Error::from_errno(errno, "input", "standard input", "read");
  line.resize(static_cast<std::size_t>(count));
  drop_line_end(line);
  if (!line.empty()) return line;
  return Error(Errc::invalid_argument, "input", {}, "nothing was given");
}

Result<void> show(const char* question) {
  if (::isatty(STDIN_FILENO) == 0) {
    return Error(Errc::invalid_argument, "input", "standard input", "is no terminal to ask at")
        .with_advice("use --username and --password-stdin");
  }
  std::fputs(question, stderr);
  std::fflush(stderr);
  return {};
}

}  // namespace

Result<std::string> ask_line(const char* question) {
  BAYPLAN_TRY(show(question));
  return read_line();
}

Result<std::string> ask_secret(const char* question) {
  BAYPLAN_TRY(show(question));
  const Unseen unseen;
  if (!unseen.works()) return Error(Errc::io, "input", "standard input", "would be shown");
  auto line = read_line();
  std::fputc('\n', stderr);
  return line;
}

Result<std::string> read_secret() {
  file::FdSource input(STDIN_FILENO, "standard input");
  BAYPLAN_ASSIGN(std::string text, read_all(input, kMostBytes));
  drop_line_end(text);
  if (!text.empty()) return text;
  return Error(Errc::invalid_argument, "input", "standard input", "holds no password");
}

}  // namespace bayplan::cli
