// Items of big data: bytes that a service keeps with a container, each under a key of its own. Short ones
// lie in the container's record, others are blobs that the record keeps from the collector. In the caller's
// transaction, but for store(); all-or-nothing each. An unknown container is not_found with the kind
// "container", an unknown item not_found with the kind "big data item".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/digest.h"
#include "bayplan/images/store.h"

namespace bayplan::containers::big_data {

/// What lies in the record.
inline constexpr std::size_t kMaxInlineBytes = 2048;

struct Item {
  std::string key;
  Digest digest;           ///< sha256
  std::uint64_t size = 0;  ///< bytes

  friend bool operator==(const Item&, const Item&) = default;
};

/// In byte order of the keys. Errors: not_found, corrupt, closed, io.
Result<std::vector<Item>> list(const metadata::BucketSource& source, std::string_view ns,
                               std::string_view id);
/// Errors: not_found, invalid_argument (an empty key), corrupt, closed, io.
Result<Item> stat(const metadata::BucketSource& source, std::string_view ns, std::string_view id,
                  std::string_view key);
/// The bytes, which are verified where they are a blob. Errors: as stat; too_large (over `limit`), and those
/// of content::Store::read_blob.
Result<std::string> read(const content::Store& blobs, const metadata::BucketSource& source,
                         std::string_view ns, std::string_view id, std::string_view key, std::size_t limit);

/// Puts an item; the same bytes again change nothing. Errors: not_found, invalid_argument (an empty key),
/// too_large (over kMaxInlineBytes; a key over 4096 bytes), and those of MutableBucket.
Result<void> put(metadata::WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key,
                 std::string_view bytes);
/// Puts an item that is a blob, and records it. After an error `blob` is still the caller's. Errors: as put,
/// and those of content::add.
Result<void> put(metadata::WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key,
                 content::ReadyBlob&& blob);
/// Errors: as stat, and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key);

/// put() in a transaction of its own, of whichever kind the length asks for. Errors: those of put, of
/// content::Ingest and of Db::update.
Result<void> store(images::Store& store, std::string_view ns, std::string_view id, std::string_view key,
                   std::string_view bytes);

}  // namespace bayplan::containers::big_data
