// Answers to who asks for the rest of a blob.
#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

const std::string& layer() { return good_image().layer_bytes(); }

HostileCase rest(std::string name, std::function<HttpReply()> reply, Wanted wanted) {
  return {.name = std::move(name),
          .group = "range",
          .ask = Ask::rest,
          .wanted = std::move(wanted),
          .registry = {.says = on(good_image().layer.digest.hex(),
                                  [reply = std::move(reply)](const Places&) { return reply(); })}};
}

HttpReply part(const std::string& range, std::uint64_t from = kRestFrom) {
  HttpReply reply{.status = 206, .body = layer().substr(from)};
  if (!range.empty()) reply.fields.emplace_back("Content-Range", range);
  return reply;
}

std::string bytes(std::uint64_t first, std::uint64_t last, const std::string& total) {
  return "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + total;
}

HostileCase unasked() {
  HostileCase row = rest("part_that_nobody_asked_for",
                         [] { return part(bytes(0, layer().size() - 1, "*"), 0); }, {Errc::corrupt, "blob"});
  row.ask = Ask::blob;
  return row;
}

}  // namespace

std::vector<HostileCase> range_cases() {
  const Wanted another_part{Errc::corrupt, "blob"};
  const std::uint64_t size = good_image().layer.size;
  const std::string total = std::to_string(size);
  return {
      rest(
          "whole_blob_for_a_part", [] { return HttpReply{.body = layer()}; }, kTaken),
      rest(
          "part_from_the_beginning", [=] { return part(bytes(0, size - 1, total), 0); }, another_part),
      rest(
          "part_one_byte_later", [=] { return part(bytes(kRestFrom + 1, size - 1, total), kRestFrom + 1); },
          another_part),
      rest(
          "part_that_ends_early", [=] { return part(bytes(kRestFrom, size - 2, total)); }, another_part),
      rest(
          "part_of_a_longer_blob", [=] { return part(bytes(kRestFrom, size - 1, "9999999999")); },
          another_part),
      rest(
          "part_beyond_64_bits", [=] { return part("bytes 1500000-99999999999999999999/*"); }, another_part),
      rest(
          "part_backwards", [=] { return part(bytes(size - 1, kRestFrom, total)); }, another_part),
      rest(
          "part_without_range", [] { return part(""); }, another_part),
      rest(
          "part_in_parts", [] { return part("multipart/byteranges"); }, another_part),
      rest("part_with_another_length",
           [=] {
             HttpReply reply = part(bytes(kRestFrom, size - 1, total));
             reply.content_length = size;
             reply.then = Then::close;
             return reply;
           },
           {Errc::digest_mismatch, "blob"}),
      rest("part_never_satisfiable", [] { return HttpReply{.status = 416}; }, {Errc::io, "blob"}),
      rest("part_without_end",
           [=] {
             HttpReply reply = part(bytes(kRestFrom, size - 1, total));
             reply.sized = false;
             reply.then = Then::endless;
             return reply;
           },
           {Errc::digest_mismatch, "blob"}),
      unasked(),
  };
}

}  // namespace bayplan::test
