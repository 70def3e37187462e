// How to reach one registry host: containerd's hosts.toml, or a directory of certificates.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/images/registries.h"

namespace bayplan::images {

struct ClientCertificate {
  std::filesystem::path certificate{};  ///< empty: none
  std::filesystem::path key{};          ///< may be the same file

  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

/// One host that can be asked, in the order of the file; the server comes last.
struct HostEntry {
  std::string scheme{};    ///< "https" or "http"; empty: the file names no server
  std::string host{};      ///< host[:port]
  std::string api_path{};  ///< "/v2"
  std::set<RegistryOperation> operations{};
  bool skip_verify = false;
  std::filesystem::path authority{};  ///< empty: the system's alone
  ClientCertificate certificate{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// What holds for a host of which no file speaks.
HostEntry bare_host();

/// `text` is a hosts.toml in `dir`, to which its paths are relative. Errors: invalid_argument, unsupported (a
/// key or capability that is not known here), too_large.
Result<std::vector<HostEntry>> parse_hosts_file(std::string_view text, const std::filesystem::path& dir);

/// The one entry that a directory with certificates only stands for: *.crt, and X.cert with X.key. Errors:
/// invalid_argument (a certificate without key or the reverse), unsupported (several), permission_denied, io.
Result<HostEntry> certificates_in(const std::filesystem::path& dir);

/// What is configured for `host` below the first of `roots` that has a directory for it ("host_port_",
/// "host:port"), or else "_default". Empty where none has. Errors: as the functions above, and those of
/// reading files.
Result<std::optional<std::vector<HostEntry>>> find_host(const std::vector<std::filesystem::path>& roots,
                                                        std::string_view host);

}  // namespace bayplan::images
