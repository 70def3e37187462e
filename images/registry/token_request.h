// One question to a token server (distribution's token protocol, and its OAuth 2 form).
#pragma once

#include <string>
#include <string_view>

#include "authorizer.h"

namespace bayplan::registry {

/// The token server that a challenge names, if it may be asked for `who`: https, or the registry's own
/// host where that is reached over plain HTTP itself; no user name in it. Errors: corrupt (none named, not a
/// URL), failed_precondition (may not be asked).
Result<Url> token_server(const Challenge& challenge, const Identity& who);

/// The request that asks `server` for a token for `scopes`: anonymous, with user and password, or with the
/// identity token, whichever the credentials are.
HttpRequest token_request(const Url& server, const Challenge& challenge, const Identity& who,
                          const Scopes& scopes);

struct Token {
  std::string text;
  std::chrono::seconds lifetime{};  ///< at least 60
};

/// Errors: corrupt (no token in it, or one that is not a field's text, or longer than 64 KiB).
Result<Token> parse_token(std::string_view answer);

/// True if there is anything to identify with.
bool is_anonymous(const images::RegistryCredentials& credentials) noexcept;

/// "Basic ..".
std::string basic_authorization(const images::RegistryCredentials& credentials);

inline constexpr std::size_t kMaxTokenBytes = 1u << 20;

}  // namespace bayplan::registry
