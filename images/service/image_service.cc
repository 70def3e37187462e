#include "bayplan/images/image_service.h"

namespace bayplan::images {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

// Plans before other writers have to wait, and while they wait only if something was committed meanwhile:
// what is done is what was planned in the very same state.
template <class Plan, class Apply>
auto plan_and_apply(const metadata::Db& db, Plan plan, Apply apply)
    -> std::invoke_result_t<Plan, const ReadTx&> {
  std::uint64_t seen = 0;
  BAYPLAN_ASSIGN(auto planned, db.view([&](const ReadTx& tx) {
    seen = tx.revision();
    return plan(tx);
  }));
  using Planned = std::invoke_result_t<Plan, const ReadTx&>;
  return db.update(
      [&](WriteTx& tx) -> Planned {
        if (tx.revision() != seen + 1) {
          BAYPLAN_ASSIGN(planned, plan(tx));
        }
        BAYPLAN_TRY(apply(tx, planned));
        return std::move(planned);
      },
      {.reclaiming = true});
}

}  // namespace

Result<ImageService> ImageService::open(const std::filesystem::path& root, const StoreOptions& store,
                                        ImageServiceOptions options) {
  BAYPLAN_ASSIGN(auto shared, open_shared(root.empty() ? metadata::default_root() : root, store));
  return ImageService(std::move(shared), std::move(options));
}

ImageService::ImageService(std::shared_ptr<Store> store, ImageServiceOptions options)
    : store_(std::move(store)), options_(std::move(options)), images_(*store_, options_.ns) {}

Result<std::vector<ImageResult>> ImageService::list_images(std::string_view filter,
                                                           const metadata::ListProblem& problem) const {
  return store_->db().view([&](const ReadTx& tx) -> Result<std::vector<ImageResult>> {
    std::vector<ImageResult> results;
    if (filter.empty()) {
      BAYPLAN_ASSIGN(auto images, images_.list(tx, problem));
      for (StoredImage& image : images) results.push_back({image.id, std::move(image.names)});
      return results;
    }
    const auto found = images_.lookup(tx, filter);
    if (!found && found.error().code() == Errc::not_found) return results;
    if (!found) return found.error();
    BAYPLAN_ASSIGN(StoredImage image, images_.get(tx, found->id));
    results.push_back({image.id, std::move(image.names)});
    return results;
  });
}

Result<ImageStatus> ImageService::image_status(std::string_view text) const {
  return store_->db().view([&](const ReadTx& tx) -> Result<ImageStatus> {
    BAYPLAN_ASSIGN(const FoundImage found, images_.lookup(tx, text));
    return images_.status(tx, found.id);
  });
}

Result<FoundImage> ImageService::resolve(std::string_view text) const {
  return store_->db().view([&](const ReadTx& tx) { return images_.lookup(tx, text); });
}

Result<void> ImageService::untag_image(std::string_view text) const {
  const auto untagged = plan_and_apply(
      store_->db(), [&](const ReadTx& tx) { return images_.plan_untag(tx, text, options_.users); },
      [&](WriteTx& tx, const ImageUntag& untag) { return images_.untag(tx, untag); });
  return untagged ? Result<void>() : untagged.error();
}

Result<std::vector<std::string>> ImageService::remove_image(std::string_view text) const {
  auto removed = plan_and_apply(
      store_->db(),
      [&](const ReadTx& tx) -> Result<ImageRemoval> {
        BAYPLAN_ASSIGN(const FoundImage found, images_.lookup(tx, text));
        return images_.plan_removal(tx, found.id, options_.users);
      },
      [&](WriteTx& tx, const ImageRemoval& removal) { return images_.remove(tx, removal); });
  if (!removed) return std::move(removed).error();
  return std::move(removed->layers);
}

}  // namespace bayplan::images
