// A token server in front of docker-registry: signs what a user may do (distribution's token specification).
#pragma once

#include <map>
#include <string>

#include "docker_registry.h"
#include "support/http_server.h"

namespace bayplan::test {

class TokenServer {
 public:
  struct User {
    std::string password;
    std::string actions;  ///< "pull" or "pull,push", on every repository
  };

  /// `anonymous` are the actions of whoever gives no name. An identity token is a user's name and password
  /// with a colon between.
  TokenServer(std::map<std::string, User> users, std::string anonymous);

  /// The YAML that makes docker-registry believe it.
  std::string auth() const;
  const HttpServer& http() const noexcept { return server_; }

 private:
  HttpReply answer(const HttpServerRequest& request) const;
  /// The actions of who asks; none: refused.
  const std::string* actions_of(const HttpServerRequest& request) const;
  std::string sign(const std::string& claims) const;

  TempDir dir_;
  Certificate certificate_;
  std::map<std::string, User> users_;
  std::string anonymous_;
  std::string chain_;  ///< the certificate as a token's header has it
  HttpServer server_;
};

}  // namespace bayplan::test
