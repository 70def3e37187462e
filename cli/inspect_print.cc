#include "inspect_print.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "bayplan/base/utf8.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/walk.h"
#include "bucket_path.h"
#include "decode_value.h"
#include "print.h"

namespace bayplan::cli {
namespace {

using metadata::Bucket;
using metadata::Entry;

class TreePrinter {
 public:
  TreePrinter(const InspectSource& source, std::size_t depth) : source_(source), depth_(depth) {}

  Result<void> print(const Bucket& bucket, const std::string& name = {}, std::size_t level = 0) {
    const std::string indent(level * 2, ' ');
    const auto damage = [&](const Error& error) -> Result<void> {
      damaged_ = true;
      print_line(indent + "!! " + printable(error.to_string()));
      return {};
    };
    return metadata::for_each_readable(
        bucket,
        [&](const Entry& entry) -> Result<void> {
          if (!entry.is_bucket) {
            print_line(indent + escape_key(entry.key) + " = " + describe_value(name, entry.key, entry.value));
            source_.forget();
            return {};
          }
          print_line(indent + escape_key(entry.key) + "/");
          if (level + 1 >= depth_) return {};
          const auto child = bucket.bucket(entry.key);
          if (child && *child) return print(**child, std::string(entry.key), level + 1);
          return damage(child ? Error(Errc::corrupt, "bucket", entry.key, "cannot be opened")
                              : child.error());
        },
        damage);
  }
  bool damaged() const noexcept { return damaged_; }

 private:
  const InspectSource& source_;
  std::size_t depth_;
  bool damaged_ = false;
};

class Dumper {
 public:
  Dumper(const InspectSource& source, std::string path) : source_(source), path_(std::move(path)) {}

  Result<void> run(const Bucket& root) {
    json::Writer head = begin_json();
    head.member("path", path_);
    head.member("format", source_.file().facts().format);
    head.key("transaction").unsigned_integer(source_.file().facts().transaction);
    head.end_object();
    print_json(std::move(head));
    BAYPLAN_TRY(walk(root, {.enter = [&](std::string_view key, const Bucket& bucket,
                                         std::size_t depth) { return enter(key, bucket, depth); },
                            .value = [&](const Entry& entry) { return value(entry); },
                            .leave = [&] { return leave(); },
                            .damage = [&](const Error& error) { return damage(error); }}));
    return finish(root);
  }
  bool damaged() const noexcept { return damages_ > 0; }

 private:
  Result<void> enter(std::string_view key, const Bucket& bucket, std::size_t depth) {
    lengths_.push_back(path_.size());
    if (depth > 1) append(key);
    ++buckets_;
    const auto sequence = bucket.sequence();
    if (!sequence) return {};  // the walk over its keys says so
    json::Writer line;
    line.begin_object().member("path", path_).key("sequence").unsigned_integer(*sequence).end_object();
    print_json(std::move(line));
    return {};
  }
  Result<void> value(const Entry& entry) {
    const std::size_t length = path_.size();
    append(entry.key);
    ++values_;
    json::Writer line;
    line.begin_object().member("path", path_);
    utf8::valid(entry.value) ? line.member("value", entry.value) : line.member("hex", hex(entry.value));
    line.end_object();
    print_json(std::move(line));
    path_.resize(length);
    source_.forget();
    return {};
  }
  Result<void> leave() {
    path_.resize(lengths_.back());
    lengths_.pop_back();
    return {};
  }
  Result<void> damage(const Error& error) {
    ++damages_;
    json::Writer line;
    line.begin_object().member("path", path_).member("damage", error.to_string()).end_object();
    print_json(std::move(line));
    return {};
  }
  Result<void> finish(const Bucket& root) {
    json::Writer line;
    line.begin_object().key("buckets").unsigned_integer(buckets_).key("values").unsigned_integer(values_);
    line.key("damages").unsigned_integer(damages_);
    if (damages_ == 0) {
      BAYPLAN_ASSIGN(const Digest digest, logical_digest(root));
      line.member("digest", digest.to_string());
    }
    line.end_object();
    print_json(std::move(line));
    return {};
  }
  void append(std::string_view key) {
    if (!path_.empty()) path_ += '/';
    path_ += escape_key(key);
  }

  const InspectSource& source_;
  std::string path_;
  std::vector<std::size_t> lengths_;
  std::uint64_t buckets_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t damages_ = 0;
};

}  // namespace

Result<int> print_tree(const InspectSource& source, const std::string& path, std::size_t depth) {
  BAYPLAN_ASSIGN(const Bucket bucket, source.bucket(path));
  TreePrinter printer(source, std::min(depth, kMaxTreeDepth));
  BAYPLAN_TRY(printer.print(bucket));
  return source.finish(printer.damaged());
}

Result<int> print_keys(const InspectSource& source, const std::string& path, bool json) {
  BAYPLAN_ASSIGN(const Bucket bucket, source.bucket(path));
  bool damaged = false;
  BAYPLAN_TRY(metadata::for_each_readable(
      bucket,
      [&](const Entry& entry) -> Result<void> {
        if (json) {
          json::Writer line = begin_json();
          line.member("key", escape_key(entry.key)).key("bucket").boolean(entry.is_bucket).end_object();
          print_json(std::move(line));
        } else {
          print_line(escape_key(entry.key) + (entry.is_bucket ? "/" : ""));
        }
        source.forget();
        return {};
      },
      [&](const Error& error) -> Result<void> {
        damaged = true;
        std::fprintf(stderr, "bayplan: %s\n", error.to_string().c_str());
        return {};
      }));
  return source.finish(damaged);
}

Result<int> print_dump(const InspectSource& source, const std::string& path) {
  BAYPLAN_ASSIGN(const auto steps, parse_bucket_path(path));
  BAYPLAN_ASSIGN(const Bucket bucket, source.bucket(path));
  std::string canonical;
  for (const std::string& step : steps) canonical += (canonical.empty() ? "" : "/") + escape_key(step);
  Dumper dumper(source, std::move(canonical));
  BAYPLAN_TRY(dumper.run(bucket));
  return source.finish(dumper.damaged());
}

Result<int> print_value(const InspectSource& source, const std::string& path) {
  BAYPLAN_ASSIGN(const auto place, source.key(path));
  BAYPLAN_ASSIGN(const auto value, place.first.get(place.second));
  if (!value) return Error(Errc::not_found, "key", path).with_advice("a bucket is shown by `inspect tree`");
  std::fwrite(value->data(), 1, value->size(), stdout);
  return source.finish(false);
}

}  // namespace bayplan::cli
