#include "ingest_state.h"

#include "fixture.h"

namespace bayplan::content::test {
namespace {

IngestState some_state() {
  Hasher hasher;
  hasher.update(as_bytes("some bytes"));
  return {.boot = "0b7a5c1e",
          .started = now(),
          .updated = now() + std::chrono::seconds(1),
          .total = 100,
          .offset = 10,
          .hash = hasher.save()};
}

TEST(IngestStateText, ComesBackAsItWas) {
  const IngestState state = some_state();
  EXPECT_EQ(must(decode_state(encode_state(state))), state);
  IngestState open_end = state;
  open_end.total.reset();
  EXPECT_EQ(must(decode_state(encode_state(open_end))), open_end);
}

TEST(IngestStateText, AnyOtherByteIsDamage) {
  const std::string text = encode_state(some_state());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(code_of(decode_state(damaged)), Errc::corrupt) << at;
    EXPECT_EQ(code_of(decode_state(text.substr(0, at))), Errc::corrupt) << at;
  }
  EXPECT_EQ(code_of(decode_state(text + " ")), Errc::corrupt);
}

TEST(IngestStateText, OtherDocumentsAreDamageEvenWithTheirDigest) {
  for (
      const std::string body :
      {"", "{}", R"({"version":2})", R"({"version":1,"boot":"","startedAt":"x"})",
       R"({"version":1,"boot":"","startedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","offset":-1,"hash":""})",
       R"({"version":1,"boot":"","startedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","offset":1,"hash":"0"})",
       R"({"version":1,"boot":"","startedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","offset":1,"hash":"zz"})"}) {
    EXPECT_EQ(code_of(decode_state(Digest::of(body).to_string() + "\n" + body)), Errc::corrupt) << body;
  }
}

TEST(IngestStateFile, IsReplaced) {
  const bayplan::test::TempDir dir;
  EXPECT_EQ(code_of(read_state(dir.fd())), Errc::not_found);
  IngestState state = some_state();
  for (const bool durably : {false, true, false}) {
    ++state.offset;
    must(write_state(dir.fd(), state, durably));
    EXPECT_EQ(must(read_state(dir.fd())), state);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

}  // namespace
}  // namespace bayplan::content::test
