// The objects of a store and their references, as one read transaction sees them, and what of them is
// reached.
#pragma once

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

class ObjectGraph final : public GcSink {
 public:
  using Id = std::uint32_t;

  /// Precondition: `kinds` outlive this.
  explicit ObjectGraph(GcKinds kinds);

  /// Takes in every object of every namespace. Errors: cancelled, too_large (over 4 billion edges), corrupt,
  /// closed, io.
  Result<void> scan(const BucketSource& source, const Control& control);
  /// Marks what roots reach.
  void mark();
  /// Takes in one object as `source` has it now, and marks it with all that it leads to. A kind that is not
  /// among ours is no object. Errors: as scan.
  Result<void> look(const BucketSource& source, std::string_view kind, std::string_view ns,
                    std::string_view key);

  /// What nothing reaches and its kind lets go, each before what it refers to.
  std::vector<Id> unreached() const;
  bool reached(Id id) const noexcept { return nodes_[id].reach != Reach::no; }
  /// Number of objects that are not unreached().
  std::uint64_t kept() const;

  /// GcReport::next_expiry, of what was taken in.
  std::optional<Time> next_expiry() const noexcept { return next_expiry_; }

  /// 0 when nobody named it.
  Id find(std::string_view kind, std::string_view ns, std::string_view key) const;
  bool exists(Id id) const noexcept { return nodes_[id].exists; }
  bool is_root(Id id) const noexcept { return nodes_[id].root; }
  GcNode node(Id id) const;
  /// Which told it.
  const GcKind& kind(Id id) const noexcept { return *kinds_[nodes_[id].owner]; }
  std::string_view reason(Id id) const noexcept { return nodes_[id].reason; }
  std::uint64_t bytes(Id id) const noexcept { return nodes_[id].bytes; }

  struct Reference {
    Id from = 0;
    std::string_view why{};
  };
  /// Who keeps whom: for each object those that keep it, while they live.
  std::vector<std::vector<Reference>> referrers() const;

  Result<void> object(const GcObject& object) override;
  Result<void> edge(const GcEdge& edge) override;

 private:
  enum class Reach : unsigned char { no, flat, full };

  // Word and namespace by number: few of each, many keys.
  struct Name {
    std::size_t word;
    std::size_t ns;
    std::string_view key;
    std::uint32_t hash() const noexcept;
  };
  // Of a hash table without chains. Most of a scan is looking up names, and most of that would be waiting for
  // memory: the hash tells other names apart without a look at their nodes.
  struct Slot {
    std::uint32_t hash = 0;
    Id id = 0;  // 0: free
  };
  struct Node {
    std::string_view key{};
    std::string_view reason{};
    std::uint64_t bytes = 0;
    std::uint32_t first_edge = 0;
    std::uint32_t edges = 0;
    std::uint16_t ns = 0;
    std::uint8_t word = 0;
    std::uint8_t owner = 0;  // in kinds_
    bool exists = false;
    bool collectable = false;
    bool root = false;
    Reach reach = Reach::no;
  };
  struct Edge {
    Id to;
    EdgeType type;
    bool flat;
    std::string_view why;
  };

  std::uint16_t namespace_number(std::string_view ns);
  /// words_.size() for one that is none of ours.
  std::size_t word_number(std::string_view kind) const;
  std::size_t slot_of(const Name& name, std::uint32_t hash) const;
  void add_slots();
  Id intern(std::size_t word, std::uint16_t ns, std::string_view key);
  void begin_telling(std::size_t kind);
  std::string_view keep(std::string_view text);
  std::string_view keep_reason(std::string_view text);
  void reach(Id id, Reach how);
  void follow();
  bool is_unreached(Id id) const noexcept;
  template <class Visit>
  void for_each_kept_by(Id id, Visit visit) const;

  std::vector<const GcKind*> kinds_;
  std::vector<std::string_view> words_;  // what the kinds are called
  std::vector<std::string> namespaces_;
  std::pmr::monotonic_buffer_resource memory_;
  std::vector<Slot> slots_;  // a power of two
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::unordered_map<Id, std::vector<Reference>> back_;  // those that live as long as the key does
  std::unordered_map<std::string_view, std::string_view> reasons_;
  std::vector<Id> pending_;
  std::optional<Time> next_expiry_{};
  Id told_ = 0;  // the object told last
  std::size_t telling_kind_ = 0;
  std::size_t telling_word_ = 0;
  std::uint16_t telling_ns_ = 0;
};

}  // namespace bayplan::metadata
