#include "token_server.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <vector>

#include "names/base64.h"

namespace bayplan::test {
namespace {

std::string base64url(std::string_view bytes) {
  std::string text = images::encode_base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text.substr(0, text.find('='));
}

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)));
    at += 2;
  }
  return out;
}

// The values of `name` in a query or form.
std::vector<std::string> values_of(const std::string& form, const std::string& name) {
  std::vector<std::string> values;
  std::istringstream parts(form);
  for (std::string part; std::getline(parts, part, '&');) {
    if (part.starts_with(name + "=")) values.push_back(unescaped(part.substr(name.size() + 1)));
  }
  return values;
}

std::string form_of(const HttpServerRequest& request) {
  if (request.method == "POST") return request.body;
  const std::size_t question = request.target.find('?');
  return question == std::string::npos ? std::string() : request.target.substr(question + 1);
}

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The lines of a PEM file between its first and last.
std::string pem_body(const std::string& path) {
  std::istringstream lines(file_text(path));
  std::string body;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("-----")) body += line;
  }
  return body;
}

// "repository:a/b:pull,push" as an entry of the claim `access`, with no more than `allowed`.
std::string access_of(const std::string& scope, const std::string& allowed) {
  const std::size_t first = scope.find(':');
  const std::size_t last = scope.rfind(':');
  std::string actions;
  std::istringstream wanted(scope.substr(last + 1));
  for (std::string action; std::getline(wanted, action, ',');) {
    if (allowed.find(action) == std::string::npos) continue;
    actions += (actions.empty() ? "\"" : ",\"") + action + "\"";
  }
  return R"({"type":"repository","name":")" + scope.substr(first + 1, last - first - 1) + R"(","actions":[)" +
         actions + "]}";
}

}  // namespace

TokenServer::TokenServer(std::map<std::string, User> users, std::string anonymous)
    : certificate_(make_certificate(dir_, "tokens")),
      users_(std::move(users)),
      anonymous_(std::move(anonymous)),
      chain_(pem_body(certificate_.certificate)),
      server_([this](const HttpServerRequest& request) { return answer(request); }) {}

std::string TokenServer::auth() const {
  return "token:\n  realm: http://" + server_.address() +
         "/token\n  service: test\n  issuer: test\n  rootcertbundle: " + certificate_.certificate + "\n";
}

const std::string* TokenServer::actions_of(const HttpServerRequest& request) const {
  std::string who = request.field("Authorization");
  const auto refresh = values_of(request.body, "refresh_token");
  if (who.empty() && refresh.empty()) return anonymous_.empty() ? nullptr : &anonymous_;
  for (const auto& [name, user] : users_) {
    const std::string secret = name + ":" + user.password;
    if (who == "Basic " + images::encode_base64(secret) || (!refresh.empty() && refresh.front() == secret)) {
      return &user.actions;
    }
  }
  return nullptr;
}

HttpReply TokenServer::answer(const HttpServerRequest& request) const {
  const std::string* actions = actions_of(request);
  if (actions == nullptr) return {.status = 401, .body = R"({"details":"incorrect username or password"})"};
  std::string access;
  const std::string form = form_of(request);
  for (const std::string& scopes : values_of(form, "scope")) {
    std::istringstream each(scopes);
    for (std::string scope; each >> scope;)
      access += (access.empty() ? "" : ",") + access_of(scope, *actions);
  }
  const std::time_t now = std::time(nullptr);
  const std::string claims = R"({"iss":"test","aud":"test","sub":"someone","jti":"1","iat":)" +
                             std::to_string(now) + R"(,"nbf":)" + std::to_string(now - 60) + R"(,"exp":)" +
                             std::to_string(now + 300) + R"(,"access":[)" + access + "]}";
  return {.body = R"({"token":")" + sign(claims) + R"(","expires_in":300})"};
}

std::string TokenServer::sign(const std::string& claims) const {
  const std::string text =
      base64url(R"({"typ":"JWT","alg":"RS256","x5c":[")" + chain_ + R"("]})") + "." + base64url(claims);
  const std::string file = dir_.path() / "unsigned";
  std::ofstream(file) << text;
  const CommandResult signature =
      run_command({"openssl", "dgst", "-sha256", "-sign", certificate_.key, file});
  return text + "." + base64url(signature.out);
}

}  // namespace bayplan::test
