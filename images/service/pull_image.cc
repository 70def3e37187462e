#include "bayplan/images/image_service.h"

namespace bayplan::images {

using metadata::ReadTx;
using metadata::WriteTx;

Result<PulledImage> ImageService::pull_image(std::string_view name, const RemoteContext& context,
                                             PullOptions options, const Control& control) const {
  options.default_transport = options_.default_transport;
  options.replaced = [this](WriteTx& tx, const Image& before) { return images_.name_moved(tx, before); };
  // The documents of all images are read here, and not while other writers wait.
  BAYPLAN_TRY(store_->db().view([&](const ReadTx& tx) { return images_.list(tx); }));
  BAYPLAN_ASSIGN(PullReport report,
                 pull(*store_, options_.ns, name, options_.registry, context, options, control));
  BAYPLAN_ASSIGN(const auto id,
                 store_->db().view([&](const ReadTx& tx) { return images_.of_target(tx, report.target); }));
  return PulledImage{id, std::move(report)};
}

Result<void> ImageService::can_pull(std::string_view name, const RemoteContext& context,
                                    const Control& control) const {
  const PullOptions options{.default_transport = options_.default_transport};
  BAYPLAN_TRY(find_source(*store_, options_.ns, name, options_.registry, context, options, control));
  return {};
}

}  // namespace bayplan::images
