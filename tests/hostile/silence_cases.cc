// Registries that say nothing, a little now and then, or go away in the middle of anything.
#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

const Wanted kGivenUp{Errc::io, "registry"};

HostileCase silent(std::string name, Ask ask, HttpReply reply) {
  return {.name = std::move(name),
          .group = "silence",
          .ask = ask,
          .wanted = kGivenUp,
          .registry = {.says = always(std::move(reply))},
          .impatient = true};
}

HttpReply drip(std::string head, std::string body) {
  HttpReply reply = raw(std::move(head), Then::drip);
  reply.body = std::move(body);
  return reply;
}

HostileCase reset(std::string name, Ask ask, HttpReply reply, Asked asked = Asked::request) {
  return {.name = std::move(name),
          .group = "reset",
          .ask = ask,
          .wanted = kGivenUp,
          .registry = {.says = always(std::move(reply)), .asked = asked}};
}

}  // namespace

std::vector<HostileCase> silence_cases() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string sized = ok + "Content-Length: " + std::to_string(good_image().layer.size) + "\r\n\r\n";
  const std::string part = std::string(1000, 'p');
  HostileCase unread = silent("upload_never_read", Ask::push_blob, raw("", Then::stall));
  unread.registry = {.says = on("/uploads/1", raw("", Then::stall)), .asked = Asked::head};
  return {
      silent("never_answers", Ask::manifest, raw("", Then::stall)),
      silent("head_never_ends", Ask::manifest, raw(ok, Then::stall)),
      silent("head_drips", Ask::manifest, drip(ok, "X: y\r\n")),
      silent("head_drips_for_blob", Ask::blob, drip(ok, "X: y\r\n")),
      silent("interim_answers_without_end", Ask::manifest, drip("", "HTTP/1.1 100 Continue\r\n\r\n")),
      silent("manifest_body_stalls", Ask::manifest, raw(sized + "{", Then::stall)),
      silent("manifest_body_drips", Ask::manifest, drip(sized, " ")),
      silent("blob_body_stalls", Ask::blob, raw(sized + part, Then::stall)),
      silent("blob_body_drips", Ask::blob, drip(sized, "b")),
      silent("tags_body_drips", Ask::tags, drip(sized, " ")),
      unread,
      reset("reset_at_connection", Ask::manifest, raw("", Then::reset), Asked::connection),
      reset("reset_after_request", Ask::manifest, raw("", Then::reset)),
      reset("reset_after_request_for_blob", Ask::blob, raw("", Then::reset)),
      reset("closed_after_request", Ask::manifest, raw("", Then::close)),
      reset("reset_in_status_line", Ask::manifest, raw("HTTP/1.", Then::reset)),
      reset("reset_in_head", Ask::manifest, raw(ok + "Content-Le", Then::reset)),
      reset("reset_after_head", Ask::manifest, raw(sized, Then::reset)),
      reset("reset_in_manifest", Ask::manifest, raw(sized + "{\"schemaVersion", Then::reset)),
      reset("reset_in_blob", Ask::blob, raw(sized + part, Then::reset)),
      reset("reset_in_tags", Ask::tags, raw(sized + "{\"tags\":[", Then::reset)),
      reset("reset_before_upload", Ask::push_blob, raw("", Then::reset)),
  };
}

}  // namespace bayplan::test
