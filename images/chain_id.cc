#include "bayplan/images/documents.h"

namespace bayplan::images {

std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids) {
  std::vector<Digest> chain;
  chain.reserve(diff_ids.size());
  for (const Digest& diff_id : diff_ids) {
    chain.push_back(chain.empty() ? diff_id
                                  : Digest::of(chain.back().to_string() + " " + diff_id.to_string()));
  }
  return chain;
}

}  // namespace bayplan::images
