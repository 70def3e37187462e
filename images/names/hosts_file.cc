#include "names/hosts_file.h"

#include <algorithm>

#include "names/config_file.h"
#include "names/registry_host.h"
#include "names/text_pieces.h"
#include "names/toml.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVersionPath = "/v2";

Error broken(std::string_view what, std::string_view rule) {
  return Error(Errc::invalid_argument, "registry host", what, rule);
}

Result<void> parse_operations(const toml::Table& table, HostEntry& entry) {
  BAYPLAN_ASSIGN(const std::vector<std::string> names, table.strings("capabilities"));
  using enum RegistryOperation;
  if (names.empty()) entry.operations = bare_host().operations;
  for (const std::string& name : names) {
    if (name == "resolve") {
      entry.operations.insert(resolve);
    } else if (name == "pull") {
      entry.operations.insert(pull);
    } else if (name == "push") {
      entry.operations.insert(push);
    } else if (name == "referrers") {
      entry.operations.insert(referrers);
    } else {
      return Error(Errc::unsupported, "capability", name, "is not known here")
          .with_advice("write resolve, pull, push or referrers");
    }
  }
  return {};
}

Result<void> parse_url(std::string_view url, bool override_path, HostEntry& entry) {
  entry.scheme = "https";
  std::string_view rest = url;
  if (const std::size_t colon = url.find("://"); colon != std::string_view::npos) {
    entry.scheme = url.substr(0, colon);
    rest = url.substr(colon + 3);
    if (entry.scheme != "https" && entry.scheme != "http") return broken(url, "is neither http nor https");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  entry.host = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!is_registry_host(entry.host)) return broken(url, "is not [http[s]://]host[:port][/path]");
  const bool clean = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!clean || path.find_first_of("?#%\\") != std::string_view::npos ||
      path.find("..") != std::string_view::npos || path.find("//") != std::string_view::npos) {
    return broken(url, "has a path with more than plain names in it");
  }
  entry.api_path = path;
  if (!override_path && !path.ends_with(kVersionPath)) entry.api_path += kVersionPath;
  return {};
}

fs::path located(const fs::path& dir, const std::string& path) {
  return fs::path(path).is_absolute() ? fs::path(path) : dir / path;
}

// A certificate with its key in one file, or in two.
Result<ClientCertificate> parse_pair(const toml::Value& value, const fs::path& dir) {
  if (const auto* both = std::get_if<std::string>(&value.is); both != nullptr && !both->empty()) {
    return ClientCertificate{located(dir, *both), located(dir, *both)};
  }
  const auto* array = std::get_if<toml::Array>(&value.is);
  std::vector<std::string> files;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* file = std::get_if<std::string>(&(*array)[i].is)) files.push_back(*file);
  }
  if (array == nullptr || files.size() != array->size() || files.empty() || files.size() > 2 ||
      files[0].empty()) {
    return Error(Errc::invalid_argument, "TOML key", "client",
                 "is not FILE, [FILE, ..] or [[CERTIFICATE, KEY], ..]");
  }
  const std::string& key = files.size() == 2 && !files[1].empty() ? files[1] : files[0];
  return ClientCertificate{located(dir, files[0]), located(dir, key)};
}

// libcurl takes one file of each.
Error too_many(const char* what, const fs::path& one) {
  return Error(Errc::unsupported, "file", one.native(),
               std::string("is one of several ") + what + " for a host")
      .with_advice("put them into one file, or keep one");
}

Result<void> parse_certificates(const toml::Table& table, const fs::path& dir, HostEntry& entry) {
  BAYPLAN_ASSIGN(const std::vector<std::string> authorities, table.strings("ca"));
  if (authorities.size() > 1) return too_many("authorities", authorities.front());
  if (!authorities.empty()) entry.authority = located(dir, authorities.front());
  const toml::Value* client = table.find("client");
  if (client == nullptr) return {};
  const auto* array = std::get_if<toml::Array>(&client->is);
  const toml::Array one = array == nullptr ? toml::Array{*client} : *array;
  for (const toml::Value& value : one) {
    BAYPLAN_ASSIGN(ClientCertificate pair, parse_pair(value, dir));
    if (one.size() > 1) return too_many("client certificates", pair.certificate);
    entry.certificate = std::move(pair);
  }
  return {};
}

bool is_header_name(std::string_view name) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c != '\x7f'); });
}

Result<void> parse_headers(const toml::Table& table, HostEntry& entry) {
  BAYPLAN_ASSIGN(const toml::Table* headers, table.table("header"));
  for (const toml::Member& member : headers->members) {
    BAYPLAN_ASSIGN(const std::vector<std::string> values, headers->strings(member.key));
    for (const std::string& value : values) {
      // Not the value: it may be a secret.
      if (!is_header_name(member.key) || !is_header_value(value)) {
        return Error(Errc::invalid_argument, "HTTP header", member.key,
                     "has a character that no header may have");
      }
      entry.headers.emplace_back(member.key, value);
    }
  }
  return {};
}

// What a host's table and the top of the file have in common.
Result<HostEntry> parse_entry(const toml::Table& table, std::string_view url, const fs::path& dir) {
  HostEntry entry;
  BAYPLAN_TRY(parse_operations(table, entry));
  BAYPLAN_ASSIGN(const bool override_path, table.boolean("override_path", false));
  if (!url.empty()) BAYPLAN_TRY(parse_url(url, override_path, entry));
  if (url.empty() && !override_path) entry.api_path = kVersionPath;
  BAYPLAN_ASSIGN(entry.skip_verify, table.boolean("skip_verify", false));
  BAYPLAN_TRY(parse_certificates(table, dir, entry));
  BAYPLAN_TRY(parse_headers(table, entry));
  return entry;
}

Result<std::vector<HostEntry>> parse_entries(const toml::Table& root, const fs::path& dir) {
  // How long to wait is not for a file to say here.
  BAYPLAN_TRY(root.only({"server", "host", "capabilities", "ca", "client", "skip_verify", "header",
                         "override_path", "dial_timeout"}));
  std::vector<HostEntry> entries;
  BAYPLAN_ASSIGN(const toml::Table* hosts, root.table("host"));
  for (const toml::Member& member : hosts->members) {
    BAYPLAN_ASSIGN(const toml::Table* host, hosts->table(member.key));
    BAYPLAN_TRY(host->only(
        {"capabilities", "ca", "client", "skip_verify", "header", "override_path", "dial_timeout"}));
    if (member.key.empty()) return broken(member.key, "is empty");
    BAYPLAN_ASSIGN(HostEntry entry,
                   parse_entry(*host, member.key, dir).with_context("registry host", member.key));
    entries.push_back(std::move(entry));
  }
  BAYPLAN_ASSIGN(const std::string server, root.string("server"));
  BAYPLAN_ASSIGN(HostEntry entry, parse_entry(root, server, dir));
  entries.push_back(std::move(entry));
  return entries;
}

// "h:5000" has its directory as "h_5000_", since not every tool takes a colon in a name, or as "h:5000".
std::vector<std::string> directory_names(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  std::vector<std::string> names;
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    names.push_back(std::string(host.substr(0, colon)) + "_" + std::string(host.substr(colon + 1)) + "_");
  }
  names.emplace_back(host);
  return names;
}

Result<std::optional<std::vector<HostEntry>>> entries_in(const fs::path& dir) {
  BAYPLAN_ASSIGN(const bool there, has_directory(dir));
  if (!there) return std::optional<std::vector<HostEntry>>();
  BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(dir / "hosts.toml"));
  if (!text) {
    BAYPLAN_ASSIGN(HostEntry entry, certificates_in(dir));
    return std::optional(std::vector<HostEntry>{std::move(entry)});
  }
  BAYPLAN_ASSIGN(std::vector<HostEntry> entries, parse_hosts_file(*text, dir));
  return std::optional(std::move(entries));
}

}  // namespace

HostEntry bare_host() {
  using enum RegistryOperation;
  return {.api_path = std::string(kVersionPath), .operations = {resolve, pull, push, referrers}};
}

Result<std::vector<HostEntry>> parse_hosts_file(std::string_view text, const fs::path& dir) {
  const std::string what = (dir / "hosts.toml").native();
  BAYPLAN_ASSIGN(const toml::Table root, toml::parse(text, what));
  return parse_entries(root, dir).with_context("hosts file", what);
}

Result<HostEntry> certificates_in(const fs::path& dir) {
  HostEntry entry = bare_host();
  BAYPLAN_ASSIGN(const std::vector<fs::path> authorities, files_in(dir, ".crt"));
  if (authorities.size() > 1) return too_many("authorities", authorities.front());
  if (!authorities.empty()) entry.authority = authorities.front();
  BAYPLAN_ASSIGN(const std::vector<fs::path> certificates, files_in(dir, ".cert"));
  if (certificates.size() > 1) return too_many("client certificates", certificates.front());
  BAYPLAN_ASSIGN(std::vector<fs::path> keys, files_in(dir, ".key"));
  for (const fs::path& certificate : certificates) {
    const fs::path key = fs::path(certificate).replace_extension(".key");
    if (std::erase(keys, key) == 0) {
      return Error(Errc::invalid_argument, "file", certificate.native(), "has no .key beside it");
    }
    entry.certificate = {certificate, key};
  }
  if (keys.empty()) return entry;
  return Error(Errc::invalid_argument, "file", keys.front().native(), "has no .cert beside it")
      .with_advice("a certificate authority is called .crt, a client's certificate .cert");
}

Result<std::optional<std::vector<HostEntry>>> find_host(const std::vector<fs::path>& roots,
                                                        std::string_view host) {
  for (const std::vector<std::string>& names :
       {directory_names(host), std::vector<std::string>{"_default"}}) {
    for (const fs::path& root : roots) {
      for (const std::string& name : names) {
        BAYPLAN_ASSIGN(auto entries, entries_in(root / name));
        if (entries) return entries;
      }
    }
  }
  return std::optional<std::vector<HostEntry>>();
}

}  // namespace bayplan::images
