// What every program of this folder can be asked to do, and the command line that asks:
//
//   PROGRAM --dir DIR --records N [--rows a,b,...] [--ops N] [--reads N] [--first N]
//
// prints one JSON object per row. The store holds records 0 to N-1 once row `load` ran; rows that make
// records begin with number --first (default 0). go/rows.go is this file in Go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "record.h"

namespace bayplan::bench {

/// The collector of a store that holds blobs beside the records.
class Collector {
 public:
  virtual ~Collector() = default;

  /// Records of blobs that have no files, in one durable transaction.
  virtual void add(std::span<const Blob> blobs) = 0;
  /// Finds what nothing refers to, and removes nothing.
  virtual void mark() = 0;
  /// Marks, and removes what nothing refers to.
  virtual void collect() = 0;
  virtual std::uint64_t blobs_left() = 0;
};

/// A store of blobs beside the records.
class Ingester {
 public:
  virtual ~Ingester() = default;

  /// Stores a blob that is not there yet, with its record: durable when this returns.
  virtual void ingest(std::string_view bytes) = 0;
  /// The same, sharing its commit with other threads where the peer can.
  virtual void ingest_beside_others(std::string_view bytes) = 0;
};

/// A store of records below v1/default/images, made of what a peer has. Failures are exceptions.
class Peer {
 public:
  virtual ~Peer() = default;

  virtual void open(const std::filesystem::path& directory) = 0;
  virtual std::filesystem::path file() const = 0;

  /// One durable transaction for all of `records`.
  virtual void create(std::span<const Record> records) = 0;
  /// Replaces `updated_at` and the last label, in one durable transaction.
  virtual void update(std::string_view name, std::string_view updated_at, std::string_view label) = 0;
  virtual void remove(std::string_view name) = 0;

  /// Reads all values of one record in a read transaction of its own.
  virtual void get(std::string_view name, Checksum& seen) = 0;
  /// Reads all records with all values, in one read transaction.
  virtual void list(Checksum& seen) = 0;
  /// False: the peer cannot leave out the rest.
  virtual bool list_names(Checksum& seen) = 0;

  /// create() of one record, sharing its commit with other threads where the peer can. False: it cannot.
  virtual bool submit(const Record& record) = 0;

  /// list() of what containerd's filter language lets through. False: the peer has no filters.
  virtual bool list_matching(const std::string& filter, Checksum& seen) {
    static_cast<void>(filter);
    static_cast<void>(seen);
    return false;
  }

  /// Lives as long as the peer. nullptr: it has none.
  virtual Collector* collector() { return nullptr; }
  /// The same.
  virtual Ingester* ingester() { return nullptr; }

  /// From now on records take as many bytes as in bayplan's rows, and hold a checksum that list_matching()
  /// verifies. False: the peer is no floor.
  virtual bool widen() { return false; }

  /// Begins a transaction, writes `pending` rows, then times `repeats` times: savepoints `depth` deep with
  /// one small write in the innermost, or in every one. Undoes all of it. Nanoseconds of each.
  /// Empty: the peer has no savepoints.
  struct Savepoints {
    std::uint64_t depth;
    bool every_level;
    std::uint64_t pending;
    std::uint64_t repeats;
  };
  virtual std::vector<std::uint64_t> savepoints(const Savepoints& what) {
    static_cast<void>(what);
    return {};
  }
};

/// main() of a program: parses, runs, prints. The exit code.
int run_rows(Peer& peer, int argc, char** argv);

}  // namespace bayplan::bench
