// Bodies that are not what their heads or their descriptors say.
#include <algorithm>
#include <array>
#include <cstdio>

#include "bayplan/content/compress.h"
#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"
#include "support/string_sink.h"

namespace bayplan::test {
namespace {

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kBombBytes = 1u << 30;

using Reply = std::function<HttpReply()>;  // made when it is needed: rows are small

const std::string& layer() { return good_image().layer_bytes(); }
std::string piece() { return std::string(kPieceBytes, 'e'); }

HostileCase row(Ask ask, std::string name, const std::string& part, Reply reply, Wanted wanted) {
  return {.name = std::move(name),
          .group = "body",
          .ask = ask,
          .wanted = std::move(wanted),
          .registry = {.says = on(part, [reply = std::move(reply)](const Places&) { return reply(); })}};
}

HostileCase blob(std::string name, Reply reply, Wanted wanted) {
  const std::string part = good_image().layer.digest.hex();
  return row(Ask::blob, std::move(name), part, std::move(reply), std::move(wanted));
}

HostileCase manifest(std::string name, Reply reply, Wanted wanted) {
  return row(Ask::manifest, std::move(name), "/manifests/", std::move(reply), std::move(wanted));
}

HttpReply with_length(const std::string& length) {
  return raw("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + layer());
}

HttpReply chunks_without_end() {
  HttpReply reply = raw(kChunked, Then::endless);
  reply.body = "10000\r\n" + piece() + "\r\n";
  return reply;
}

HttpReply stream_without_end(int status = 200) {
  return {.status = status, .body = piece(), .sized = false, .then = Then::endless};
}

HttpReply trailers_without_end(const std::string& body) {
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", body.size());
  HttpReply reply = raw(kChunked + std::string(size.data()) + body + "\r\n0\r\n", Then::endless);
  reply.body = "X-Trailer: " + std::string(1000, 't') + "\r\n";
  return reply;
}

std::vector<HostileCase> lengths() {
  const Wanted wrong_size{Errc::digest_mismatch, "blob"};
  const auto of = [](std::string body, bool sized) {
    return HttpReply{.body = std::move(body), .sized = sized, .then = Then::close};
  };
  const auto claiming = [](std::string body, std::size_t length) {
    return HttpReply{.body = std::move(body), .content_length = length, .then = Then::close};
  };
  return {
      blob("blob_cut_before_its_length", [=] { return claiming(layer().substr(0, 1000), layer().size()); },
           {Errc::io, "registry"}),
      blob("blob_cut_without_length", [=] { return of(layer().substr(0, 1000), false); }, {Errc::io, "blob"}),
      blob(
          "blob_of_nothing", [=] { return of("", true); }, wrong_size),
      blob(
          "blob_one_byte_more", [=] { return of(layer() + "x", true); }, wrong_size),
      blob(
          "blob_one_byte_more_without_length", [=] { return of(layer() + "x", false); }, wrong_size),
      blob(
          "blob_one_byte_less", [=] { return of(layer().substr(1), true); }, wrong_size),
      blob(
          "blob_length_too_small", [=] { return claiming(layer(), layer().size() - 1); }, wrong_size),
      blob(
          "blob_length_too_big", [=] { return claiming(layer(), layer().size() + 1); }, wrong_size),
      blob("blob_length_negative", [] { return with_length("-1"); }, {Errc::corrupt, "registry"}),
      blob(
          "blob_length_beyond_64_bits", [] { return with_length("99999999999999999999"); }, kTaken),
      blob("blob_length_of_letters", [] { return with_length("many"); }, {Errc::corrupt, "registry"}),
      blob("blob_two_lengths",
           [] { return with_length(std::to_string(layer().size()) + "\r\nContent-Length: 5"); },
           {Errc::io, "blob"}),
  };
}

std::vector<HostileCase> endless() {
  const Wanted wrong_size{Errc::digest_mismatch, "blob"};
  const Wanted too_large{Errc::too_large, "registry"};
  return {
      blob(
          "blob_endless", [] { return stream_without_end(); }, wrong_size),
      blob(
          "blob_endless_in_chunks", [] { return chunks_without_end(); }, wrong_size),
      blob(
          "blob_endless_trailers", [] { return trailers_without_end(layer()); }, too_large),
      manifest(
          "manifest_endless", [] { return stream_without_end(); }, too_large),
      manifest(
          "manifest_endless_in_chunks", [] { return chunks_without_end(); }, too_large),
      manifest(
          "manifest_endless_trailers", [] { return trailers_without_end("{}"); }, too_large),
      manifest("manifest_error_endless", [] { return stream_without_end(400); },
               {Errc::invalid_argument, "manifest"}),
      blob("blob_error_endless", [] { return stream_without_end(403); }, {Errc::permission_denied, "blob"}),
  };
}

std::vector<HostileCase> chunks() {
  const Wanted cut{Errc::io, "registry"};
  const auto of = [](const std::string& text) { return raw(kChunked + text + piece()); };
  return {
      blob(
          "blob_chunk_of_no_size", [=] { return of("zz\r\n"); }, cut),
      blob(
          "blob_chunk_beyond_64_bits", [=] { return of("FFFFFFFFFFFFFFFFF\r\n"); }, cut),
      blob(
          "blob_chunk_that_is_cut", [=] { return of("20000\r\n"); }, cut),
      blob(
          "blob_chunk_with_a_long_extension",
          [=] { return of("10000;" + std::string(1u << 20, 'x') + "\r\n"); }, cut),
  };
}

/// Nothing, very much of it, in a few bytes.
std::string bomb(content::Compression compression) {
  StringSink packed;
  const auto compressor = content::compress(packed, compression).value();
  const std::string zeros(1u << 20, '\0');
  for (std::size_t done = 0; done < kBombBytes; done += zeros.size()) {
    if (!compressor->write(as_bytes(zeros))) std::abort();
  }
  if (!compressor->finish()) std::abort();
  return packed.text;
}

HttpReply coded(const std::string& field, const std::string& coding) {
  const bool zstd = coding == "zstd";
  return {.fields = {{field, coding}, {"Content-Type", "application/vnd.oci.image.manifest.v1+json"}},
          .body = bomb(zstd ? content::Compression::zstd : content::Compression::gzip),
          .sized = false,
          .then = Then::close};
}

std::vector<HostileCase> codings() {
  std::vector<HostileCase> rows;
  for (const char* coding : {"gzip", "deflate", "br", "zstd", "gzip, chunked"}) {
    std::string word(coding);
    std::replace(word.begin(), word.end(), ',', '_');
    std::erase(word, ' ');
    for (const char* field : {"Content-Encoding", "Transfer-Encoding"}) {
      const bool content = field == std::string_view("Content-Encoding");
      const std::string name = std::string(content ? "content" : "transfer") + "_encoding_" + word;
      const auto reply = [=] { return coded(field, coding); };
      rows.push_back(blob("blob_" + name, reply, {Errc::unsupported, content ? "blob" : "registry"}));
      rows.push_back(
          manifest("manifest_" + name, reply, {Errc::unsupported, content ? "manifest" : "registry"}));
    }
  }
  return rows;
}

}  // namespace

std::vector<HostileCase> body_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {lengths, endless, chunks, codings}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
