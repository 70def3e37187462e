#include "print_mounts.h"

#include "print.h"

namespace bayplan::cli {

void print_mounted(const Session& session, const snapshots::MountPoint& at) {
  if (!session.json()) return print_line(at.target.native());
  json::Writer out = begin_json();
  out.member("key", at.key).member("target", at.target.native());
  out.key("count").unsigned_integer(at.count).end_object();
  print_json(std::move(out));
}

void print_unmounted(const Session& session, std::uint64_t left) {
  if (!session.json()) {
    if (left > 0) print_line("still mounted for " + std::to_string(left));
    return;
  }
  json::Writer out = begin_json();
  out.key("count").unsigned_integer(left).end_object();
  print_json(std::move(out));
}

}  // namespace bayplan::cli
