// Verbs of the noun "image" that have files of their own.
#pragma once

#include "session.h"

namespace bayplan::cli {

void add_image_export(CLI::App& image, Session& session);
/// check and verify.
void add_image_checks(CLI::App& image, Session& session);

}  // namespace bayplan::cli
