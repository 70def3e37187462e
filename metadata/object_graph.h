// The objects of a store and their references, as one read transaction sees them, and what of them is
// reached.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "bayplan/metadata/gc.h"
#include "name_table.h"

namespace bayplan::metadata {

class ObjectGraph final : public GcSink {
 public:
  using Id = NameTable::Id;

  /// Precondition: `kinds` outlive this.
  explicit ObjectGraph(GcKinds kinds);

  /// Before scan(): about how many objects there are, which spares it to move them again and again.
  void expect(std::uint64_t objects);
  /// Takes in every object of every namespace. Errors: cancelled, too_large (over 4 billion edges), corrupt,
  /// closed, io.
  Result<void> scan(const BucketSource& source, const Control& control);
  /// The same of these namespaces.
  Result<void> scan(const BucketSource& source, const std::vector<std::string>& namespaces,
                    const Control& control);
  /// Marks what roots reach.
  void mark();
  /// Takes in one object as `source` has it now, and marks it with all that it leads to. A kind that is not
  /// among ours is no object. Errors: as scan.
  Result<void> look(const BucketSource& source, std::string_view kind, std::string_view ns,
                    std::string_view key);

  /// What nothing reaches and its kind lets go, in the order in which it was told.
  std::vector<Id> unreached() const;
  /// unreached(), each before what it refers to.
  std::vector<Id> removal_order() const;
  bool reached(Id id) const noexcept { return nodes_[id].reach != Reach::no; }
  /// Number of objects that are not unreached().
  std::uint64_t kept() const;

  /// GcReport::next_expiry, of what was taken in.
  std::optional<Time> next_expiry() const noexcept { return next_expiry_; }

  /// 0 when nobody named it.
  Id find(std::string_view kind, std::string_view ns, std::string_view key) const;
  bool exists(Id id) const noexcept { return nodes_[id].exists; }
  /// Told as one, or taken by no kind here: what it refers to has to last as long as it does.
  bool is_root(Id id) const noexcept {
    const Node& node = nodes_[id];
    return node.root || (node.exists && !node.collectable);
  }
  GcNode node(Id id) const;
  /// As their nodes are ordered.
  bool is_before(Id a, Id b) const;
  /// Which told it.
  const GcKind& kind(Id id) const noexcept { return *kinds_[nodes_[id].owner]; }
  std::string_view reason(Id id) const noexcept { return reasons_[nodes_[id].reason]; }
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

  // Few of those there are: field and label names, again and again. 0 is none.
  using Reason = std::uint32_t;

  struct Node {
    std::uint64_t bytes = 0;
    std::uint32_t first_edge = 0;
    std::uint32_t edges = 0;
    Reason reason = 0;
    std::uint8_t owner = 0;  // in kinds_
    bool exists : 1 = false;
    bool collectable : 1 = false;
    bool root : 1 = false;
    bool listed : 1 = false;  // in objects_
    Reach reach = Reach::no;
  };
  struct Edge {
    Id to;
    Reason why;
    EdgeType type;
    bool flat;
  };
  // An object or an edge, until its name is looked up together with others.
  struct Told {
    ObjectName name;
    std::uint32_t hash;
    Id likely;
    std::variant<Node, Edge> what;
  };
  static constexpr std::size_t kMostWaiting = 64;

  std::uint16_t namespace_number(std::string_view ns);
  /// words_.size() for one that is none of ours.
  std::size_t word_number(std::string_view kind) const;
  void begin_telling(std::size_t kind);
  Result<void> add(std::size_t word, std::string_view key, const std::variant<Node, Edge>& what);
  void take_waiting();
  Id intern(const ObjectName& name, std::uint32_t hash);
  void take(Id id, const Node& object);
  void take(Id target, const Edge& edge);
  Reason reason_number(std::string_view text);
  void reach(Id id, Reach how);
  void follow();
  bool is_unreached(Id id) const noexcept;
  template <class Visit>
  void for_each_kept_by(Id id, Visit visit) const;

  std::vector<const GcKind*> kinds_;
  std::vector<std::string_view> words_;  // what the kinds are called
  std::vector<std::string> namespaces_;
  NameTable names_;
  std::vector<Node> nodes_;
  std::vector<Id> objects_;  // in the order in which they were told
  std::vector<Edge> edges_;
  std::unordered_map<Id, std::vector<Reference>> back_;  // those that live as long as the key does
  std::pmr::monotonic_buffer_resource memory_;
  std::vector<std::string_view> reasons_;
  std::unordered_map<std::string_view, Reason> reason_numbers_;
  std::array<char, 8192> waiting_buffer_;
  std::pmr::monotonic_buffer_resource waiting_keys_{waiting_buffer_.data(), waiting_buffer_.size()};
  std::vector<Told> waiting_;
  std::vector<Id> pending_;
  std::optional<Time> next_expiry_{};
  Id told_ = 0;  // the object told last
  std::size_t telling_kind_ = 0;
  std::size_t telling_word_ = 0;
  std::uint16_t telling_ns_ = 0;
};

}  // namespace bayplan::metadata
