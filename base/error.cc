#include "bayplan/base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "bayplan/base/escape.h"
#include "bayplan/base/utf8.h"

namespace bayplan {
namespace {

constexpr std::size_t kMaxQuotedBytes = 256;

// "kind "name": ", leaving out what is empty.
void append_subject(std::string& out, std::string_view kind, std::string_view name) {
  append_escaped(out, kind, {});
  if (!kind.empty() && !name.empty()) out += ' ';
  if (!name.empty()) out += quoted(name);
  if (!kind.empty() || !name.empty()) out += ": ";
}

Errc class_of(int os_errno) noexcept {
  switch (os_errno) {
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::already_exists;
    case EACCES:
    case EPERM:
      return Errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
      return Errc::no_space;
    case EROFS:
      return Errc::read_only;
    case ELOOP:
    case ENAMETOOLONG:
      return Errc::invalid_argument;
    case EBUSY:
    case EAGAIN:
      return Errc::busy;
    case ENOSYS:
    case EOPNOTSUPP:
      return Errc::unsupported;
    default:
      return Errc::io;
  }
}

}  // namespace

std::string_view errc_name(Errc code) noexcept {
  switch (code) {
#define BAYPLAN_ERROR(name, number, text, when) \
  case Errc::name:                              \
    return #name;
#include "bayplan/base/error_codes.def"
#undef BAYPLAN_ERROR
  }
  return "unknown";
}

std::string_view errc_text(Errc code) noexcept {
  switch (code) {
#define BAYPLAN_ERROR(name, number, text, when) \
  case Errc::name:                              \
    return text;
#include "bayplan/base/error_codes.def"
#undef BAYPLAN_ERROR
  }
  return "unknown error";
}

std::string Quoted::operator()(std::string_view name) const {
  std::string_view shown = name.substr(0, kMaxQuotedBytes);
  if (shown.size() < name.size()) {
    // Not through the middle of a character: step back over at most three continuation bytes.
    std::size_t end = shown.size();
    while (end > shown.size() - 3 && (static_cast<unsigned char>(name[end]) & 0xC0u) == 0x80u) --end;
    if (utf8::first(name.substr(end)).length != 0) shown = name.substr(0, end);
  }
  std::string out = "\"";
  append_escaped(out, shown, "\"\\");
  out += shown.size() < name.size() ? "\"..." : "\"";
  return out;
}

struct Error::Detail {
  std::string kind;
  std::string name;
  std::string message;
  std::string advice;
  int os_errno = 0;
  std::vector<std::pair<std::string, std::string>> context;  // innermost first
};

Error::Error(Errc code, std::string_view kind, std::string_view name, std::string_view message)
    : code_(code), detail_(std::make_shared<Detail>()) {
  detail_->kind = kind;
  detail_->name = name;
  detail_->message = message;
}

Error Error::from_errno(int os_errno, std::string_view kind, std::string_view name, std::string_view call) {
  Error error(class_of(os_errno), kind, name);
  error.detail_->message = std::string(call) + ": " + std::generic_category().message(os_errno);
  error.detail_->os_errno = os_errno;
  return error;
}

const std::string& Error::kind() const noexcept { return detail_->kind; }
const std::string& Error::name() const noexcept { return detail_->name; }
const std::string& Error::message() const noexcept { return detail_->message; }
const std::string& Error::advice() const noexcept { return detail_->advice; }
int Error::os_errno() const noexcept { return detail_->os_errno; }

Error::Detail& Error::mutable_detail() {
  if (detail_.use_count() != 1) detail_ = std::make_shared<Detail>(*detail_);
  return *detail_;
}

Error Error::with_context(std::string_view kind, std::string_view name) && {
  mutable_detail().context.emplace_back(kind, name);
  return std::move(*this);
}

Error Error::with_advice(std::string_view advice) && {
  mutable_detail().advice = advice;
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string out;
  for (auto level = detail_->context.rbegin(); level != detail_->context.rend(); ++level) {
    append_subject(out, level->first, level->second);
  }
  append_subject(out, detail_->kind, detail_->name);
  out += errc_text(code_);
  if (!detail_->message.empty()) append_escaped(out += ": ", detail_->message, {});
  if (!detail_->advice.empty()) append_escaped(out += "; ", detail_->advice, {});
  return out;
}

}  // namespace bayplan
