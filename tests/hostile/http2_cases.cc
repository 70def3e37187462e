// HTTP/2 that breaks its rules, as far as a script of bytes can.
#include <array>

#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

enum Type : unsigned char {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindow = 8,
  kContinuation = 9
};
constexpr unsigned char kEndStream = 1;
constexpr unsigned char kEndHeaders = 4;
constexpr std::size_t kMostPayload = 16384;

std::string number(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t n = bytes; n-- > 0;) text.push_back(static_cast<char>(value >> (8 * n)));
  return text;
}

std::string frame(Type type, unsigned char flags, std::uint32_t stream, const std::string& payload) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) +
         std::string{static_cast<char>(type), static_cast<char>(flags)} + number(stream, 4) + payload;
}

/// What a server begins with.
const std::string kGreeting = frame(kSettings, 0, 0, "");
/// ":status: 200", by the number of the static table.
const std::string kOk("\x88");

/// A field that is not to be remembered, or is to be.
std::string field(const std::string& name, const std::string& value, bool remembered = false) {
  return std::string{remembered ? '\x40' : '\0', static_cast<char>(name.size())} + name +
         static_cast<char>(value.size()) + value;
}

HostileCase row(std::string name, HttpReply reply, Wanted wanted) {
  return {
      .name = std::move(name),
      .group = "http2",
      .wanted = std::move(wanted),
      .registry = {.says = always(std::move(reply)), .channel = Channel::http2, .asked = Asked::connection}};
}

HttpReply endless(const std::string& first, const std::string& again) {
  HttpReply reply = raw(first, Then::endless);
  reply.body = again;
  return reply;
}

std::string many(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t n = 0; n < count; ++n) all += text;
  return all;
}

}  // namespace

std::vector<HostileCase> http2_cases() {
  const Wanted broken{Errc::io, "registry"};
  const std::string head = frame(kHeaders, kEndHeaders, 1,
                                 kOk + field("content-type", "application/vnd.oci.image.manifest.v1+json"));
  const std::string big = field("x-big", std::string(120, 'b'), true);
  // Remembered once, then named by its number: 120 bytes for one.
  const std::string bomb = frame(kHeaders, kEndHeaders, 1, kOk + big + std::string(16'000, '\xbe'));
  HostileCase stall = row("http2_settings_and_nothing_else", raw(kGreeting, Then::stall), broken);
  stall.impatient = true;
  HostileCase window = row("http2_window_that_never_opens", raw(kGreeting + head, Then::stall), broken);
  window.impatient = true;
  HostileCase body = row("http2_body_without_end",
                         endless(kGreeting + head, frame(kData, 0, 1, std::string(kMostPayload, ' '))),
                         {Errc::too_large, "registry"});
  // There it is the answer to a HEAD first, and to a GET if that is not refused in time.
  body.pulled = {Errc::io, "registry", Errc::too_large};
  body.impatient = true;
  HostileCase empty =
      row("http2_empty_data_flood", endless(kGreeting + head, many(frame(kData, 0, 1, ""), 1000)), broken);
  empty.impatient = true;
  return {
      stall,
      window,
      row("http2_that_is_not", raw("HTTP/1.1 200 OK\r\n\r\n"), broken),
      row("http2_garbage", endless("", std::string(4096, '\xaa')), broken),
      row("http2_goaway", raw(kGreeting + frame(kGoAway, 0, 0, number(0, 4) + number(11, 4))), broken),
      row("http2_stream_refused", raw(kGreeting + frame(kReset, 0, 1, number(7, 4)), Then::stall), broken),
      row("http2_stream_reset_in_body",
          raw(kGreeting + head + frame(kData, 0, 1, "{") + frame(kReset, 0, 1, number(2, 4)), Then::stall),
          broken),
      row("http2_settings_flood", endless(kGreeting, many(kGreeting, 1000)), broken),
      row("http2_ping_flood", endless(kGreeting, many(frame(kPing, 0, 0, "12345678"), 1000)), broken),
      row("http2_continuation_flood",
          endless(kGreeting + frame(kHeaders, 0, 1, kOk),
                  many(frame(kContinuation, 0, 1, many(field("x", "y"), 1000)), 10)),
          broken),
      row("http2_empty_continuation_flood",
          endless(kGreeting + frame(kHeaders, 0, 1, kOk), many(frame(kContinuation, 0, 1, ""), 1000)),
          broken),
      row("http2_head_bomb", raw(kGreeting + bomb, Then::stall), broken),
      row("http2_frame_too_large",
          raw(kGreeting + frame(kHeaders, kEndHeaders, 1, std::string(kMostPayload + 1, '\x88')),
              Then::stall),
          broken),
      row("http2_push", raw(kGreeting + frame(kPushPromise, kEndHeaders, 1, number(2, 4) + kOk), Then::stall),
          broken),
      row("http2_data_without_head", raw(kGreeting + frame(kData, kEndStream, 1, "{}"), Then::stall), broken),
      row("http2_window_overflow",
          raw(kGreeting + many(frame(kWindow, 0, 0, number(0x7fffffff, 4)), 2), Then::stall), broken),
      body,
      empty,
  };
}

}  // namespace bayplan::test
