// Credential files in places of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bayplan/images/credentials.h"
#include "names/base64.h"
#include "unit/images/names/fake_helper.h"
#include "unit/images/outcome.h"

namespace bayplan::images {

/// "KIND USER:SECRET", "none", or the class of the error.
inline std::string shown(const Result<std::optional<RegistryCredentials>>& found) {
  if (!found) return test::outcome(found);
  if (!*found) return "none";
  const RegistryCredentials& credentials = **found;
  if (!credentials.identity_token.empty())
    return "identity " + credentials.user + ":" + credentials.identity_token;
  if (!credentials.registry_token.empty())
    return "bearer " + credentials.user + ":" + credentials.registry_token;
  return "password " + credentials.user + ":" + credentials.password;
}

/// A file with an entry for each key, whose password is the key, so that an answer tells which entry it is.
inline std::string entries(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) {
    text += (text.empty() ? "\"" : ",\"") + key + "\":{\"auth\":\"" + encode_base64("u:" + key) + "\"}";
  }
  return "{\"auths\":{" + text + "}}";
}

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    dirs_.user = at("config");
    dirs_.runtime = at("run");
    dirs_.docker = at("docker");
  }
  std::filesystem::path at(const std::string& name) const { return dir_.path() / name; }
  std::string find(std::string_view key) const { return shown(find_credentials(dirs_, key)); }
  /// What is found for `key` where `text` is in the file that is read first.
  std::string find_in(const std::string& text, std::string_view key) const {
    test::write_text(at("run/auth.json"), text);
    return find(key);
  }

  ConfigDirs dirs_;
  test::FakeHelpers helpers_;

 private:
  test::TempDir dir_;
};

}  // namespace bayplan::images
