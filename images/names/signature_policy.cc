#include "bayplan/images/signature_policy.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "bayplan/base/json.h"
#include "names/config_file.h"
#include "names/policy_scopes.h"
#include "names/registry_host.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRegistries = "docker";  // the transport

struct Requirement {
  enum class Kind { accept, reject, signature };
  Kind kind = Kind::reject;
  std::string type{};
};

using Requirements = std::vector<Requirement>;
using Scopes = std::map<std::string, Requirements, std::less<>>;

Error broken(std::string_view what, std::string_view rule) {
  return Error(Errc::invalid_argument, "signature policy", what, rule);
}

Result<Requirement> parse_requirement(const json::Value& value) {
  BAYPLAN_ASSIGN(const std::string_view type, value.string("type"));
  const bool accepts = type == "insecureAcceptAnything";
  if (accepts || type == "reject") {
    BAYPLAN_ASSIGN(const auto members, value.as_object());
    if (members.size() > 1) return broken(type, "has members beside its type");
    return Requirement{accepts ? Requirement::Kind::accept : Requirement::Kind::reject, std::string(type)};
  }
  if (type == "signedBy" || type == "signedBaseLayer" || type == "sigstoreSigned") {
    return Requirement{Requirement::Kind::signature, std::string(type)};
  }
  return broken(type, "is no kind of requirement");
}

Result<Requirements> parse_requirements(const json::Value& value) {
  BAYPLAN_ASSIGN(const auto elements, value.as_array());
  if (elements.empty()) return broken({}, "a list of requirements is empty");
  Requirements requirements;
  for (const json::Value& element : elements) {
    BAYPLAN_ASSIGN(Requirement requirement, parse_requirement(element));
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

Result<Scopes> parse_scopes(std::string_view transport, const json::Value& value) {
  BAYPLAN_ASSIGN(const auto members, value.as_object());
  Scopes scopes;
  for (const auto& [scope, requirements] : members) {
    const std::string name = transport == kRegistries ? with_lower_host(scope) : std::string(scope);
    BAYPLAN_ASSIGN(scopes[name], parse_requirements(requirements).with_context("scope", scope));
  }
  return scopes;
}

Result<void> check_all(const Requirements& requirements, std::string_view subject, std::string_view scope) {
  const std::string where = scope.empty() ? "" : " for " + quoted(scope);
  for (const Requirement& requirement : requirements) {
    if (requirement.kind == Requirement::Kind::reject) {
      return Error(Errc::permission_denied, "image", subject, "the signature policy rejects it" + where);
    }
    if (requirement.kind == Requirement::Kind::signature) {
      return Error(
          Errc::unsupported, "image", subject,
          "the signature policy asks for " + requirement.type + where + ", which cannot be checked here");
    }
  }
  return {};
}

}  // namespace

struct SignaturePolicy::Rules {
  Requirements by_default{};
  std::map<std::string, Scopes, std::less<>> transports{};

  static Result<Rules> parse(const json::Value& root);
};

Result<SignaturePolicy::Rules> SignaturePolicy::Rules::parse(const json::Value& root) {
  BAYPLAN_ASSIGN(const auto members, root.as_object());
  Rules rules;
  for (const auto& [name, value] : members) {
    if (name == "default") {
      BAYPLAN_ASSIGN(rules.by_default, parse_requirements(value).with_context("JSON member", name));
    } else if (name == "transports") {
      BAYPLAN_ASSIGN(const auto transports, value.as_object());
      for (const auto& [transport, scopes] : transports) {
        BAYPLAN_ASSIGN(rules.transports[std::string(transport)],
                       parse_scopes(transport, scopes).with_context("transport", transport));
      }
    } else {
      return broken(name, "is no member of a policy");
    }
  }
  if (rules.by_default.empty()) return broken("default", "is missing");
  return rules;
}

SignaturePolicy::SignaturePolicy(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

SignaturePolicy SignaturePolicy::accept_anything() {
  const Requirement accept{Requirement::Kind::accept, "insecureAcceptAnything"};
  return SignaturePolicy(std::make_shared<Rules>(Rules{.by_default = {accept}}));
}

Result<SignaturePolicy> SignaturePolicy::parse(std::string_view text, std::string_view what) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(text, what));
  BAYPLAN_ASSIGN(Rules rules, Rules::parse(document.root()).with_context("signature policy", what));
  return SignaturePolicy(std::make_shared<Rules>(std::move(rules)));
}

Result<SignaturePolicy> SignaturePolicy::load(const ConfigDirs& dirs, const fs::path& file) {
  if (!file.empty()) {
    BAYPLAN_ASSIGN(const std::string text, read_config(file).with_context("signature policy", file.native()));
    return parse(text, file.native());
  }
  for (const fs::path& dir : {dirs.user, dirs.system}) {
    if (dir.empty()) continue;
    const fs::path usual = dir / "containers/policy.json";
    BAYPLAN_ASSIGN(const auto text, read_if_there(usual).with_context("signature policy", usual.native()));
    if (text) return parse(*text, usual.native());
  }
  return accept_anything();
}

Result<void> SignaturePolicy::check(const ImageLocation& location) const {
  const std::string subject = to_string(location);
  const auto transport = rules_->transports.find(transport_of(location));
  if (transport == rules_->transports.end()) return check_all(rules_->by_default, subject, {});
  std::vector<std::string> scopes = policy_scopes(location);
  scopes.emplace_back();
  for (const std::string& scope : scopes) {
    const auto found = transport->second.find(scope);
    if (found != transport->second.end()) return check_all(found->second, subject, scope);
  }
  return check_all(rules_->by_default, subject, {});
}

Result<void> SignaturePolicy::check(const RegistryReference& reference) const {
  return check(ImageLocation(RegistryLocation{reference}));
}

}  // namespace bayplan::images
