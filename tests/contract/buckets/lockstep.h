// Random operations done to the store and to the model at once; every answer has to be the same.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bayplan/metadata/tx.h"
#include "model_store.h"
#include "operation.h"
#include "random.h"

namespace bayplan::metadata {

/// The store and the model do not agree.
struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws Mismatch where `source` does not hold exactly what `state` does: everything, or, given `others`,
/// the buckets that `state` does not share with each of these states. The operation log is left out.
void expect_same(const BucketSource& source, const model::State& state,
                 const std::vector<const model::State*>& others = {});

class Lockstep {
 public:
  explicit Lockstep(Random& random) : random_(random) {}

  /// Some operations, with savepoints inside. Throws Mismatch. Answers an error where the transaction is to
  /// be undone; now and then it throws Undo for that.
  Result<void> transaction(WriteTx& real, model::WriteTx& expected);
  struct Undo {};

  /// What the last transaction did and did not undo.
  const std::vector<Operation>& done() const noexcept { return done_; }
  /// How the last transaction left the model, before it was perhaps undone.
  const model::State& inside() const noexcept { return inside_; }
  /// Operations so far.
  std::size_t count() const noexcept { return count_; }

 private:
  struct Both {
    MutableBucket real;
    model::MutableBucket expected;
  };
  using Items = decltype(model::Node::items);

  std::string some_key();
  std::string likely_key(const Items& items);
  std::uint64_t some_size();
  Both root(WriteTx& real, model::WriteTx& expected) { return {real.root(), expected.root()}; }
  Both somewhere(WriteTx& real, model::WriteTx& expected);
  std::optional<Both> child(Both& parent, const std::string& key);
  const Items& items_of(const Both& both) const;

  void operations(WriteTx& real, model::WriteTx& expected, int depth);
  void savepoint(WriteTx& real, model::WriteTx& expected, int depth);
  void one_operation(WriteTx& real, model::WriteTx& expected, std::vector<Both>& held);
  Operation some_operation(const Items& items);
  void run(Operation operation, Both& bucket, Both& target);
  void shrink(WriteTx& real, model::WriteTx& expected);
  void walk(Both& bucket);
  void step(BucketCursor& real, BucketCursor& expected, const Items& items);

  Random& random_;
  const model::State* state_ = nullptr;
  std::vector<Operation> done_{};
  model::State inside_{};
  std::size_t count_ = 0;
};

}  // namespace bayplan::metadata
