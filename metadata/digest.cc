#include "bayplan/metadata/digest.h"

#include <string>

#include "bayplan/metadata/walk.h"
#include "byte_order.h"

namespace bayplan::metadata {
namespace {

// Each part begins with what it is and how long it is, so that no two sources look alike.
class LogicalHasher {
 public:
  void begin_bucket(std::string_view key, std::uint64_t sequence) {
    part('{', key);
    number(sequence);
  }
  void value(const Entry& entry) {
    part('k', entry.key);
    part('v', entry.value);
  }
  void end_bucket() { part('}', {}); }
  Digest digest() const { return hasher_.digest(); }

 private:
  void part(char what, std::string_view bytes) {
    update({&what, 1});
    number(bytes.size());
    update(bytes);
  }
  void number(std::uint64_t value) {
    char bytes[sizeof value];
    store_le(bytes, value);
    update({bytes, sizeof bytes});
  }
  void update(std::string_view bytes) {
    hasher_.update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  }

  Hasher hasher_;
};

}  // namespace

Result<Digest> logical_digest(const Bucket& bucket) {
  LogicalHasher hasher;
  BAYPLAN_TRY(
      walk(bucket, {.enter = [&](std::string_view key, const Bucket& entered, std::size_t) -> Result<void> {
                      BAYPLAN_ASSIGN(const std::uint64_t sequence, entered.sequence());
                      hasher.begin_bucket(key, sequence);
                      return {};
                    },
                    .value = [&](const Entry& entry) -> Result<void> {
                      hasher.value(entry);
                      return {};
                    },
                    .leave = [&]() -> Result<void> {
                      hasher.end_bucket();
                      return {};
                    }}));
  return hasher.digest();
}

}  // namespace bayplan::metadata
