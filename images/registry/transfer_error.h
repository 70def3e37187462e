// libcurl's codes and HTTP's statuses as our errors.
#pragma once

#include <string>
#include <string_view>

#include "exchange.h"
#include "retries.h"

namespace bayplan::registry {

/// What it means that a transfer ended without all of its answer. Precondition: `code` is not CURLE_OK, or no
/// head came.
Failure transfer_failure(Exchange& exchange, CURLcode code, const Url& url);

/// What it means that a registry answered `status` to a request for `kind` `name`, with `body` as its words.
/// Passing where passes() says so.
Failure status_failure(long status, const HeaderFields& fields, std::string_view body, std::string_view kind,
                       std::string_view name);

/// Whether the same request may be answered otherwise later: 408, 429, and errors of the server's own.
bool passes(long status) noexcept;

/// The errors that a registry's answer lists ("code: message"), or its first words; at most 1 KiB, escaped,
/// empty if it says nothing.
std::string registry_words(std::string_view body);

/// Whether the errors listed in `body` hold `code`.
bool has_registry_code(std::string_view body, std::string_view code);

inline constexpr std::size_t kMaxErrorBytes = 64u << 10;

}  // namespace bayplan::registry
