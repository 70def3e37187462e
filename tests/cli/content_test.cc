// Ingests by reference, verification and repair through the command.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "bayplan/base/digest.h"
#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Content : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }

  std::string file(const std::string& name, const std::string& bytes) const {
    const auto path = command.directory() / name;
    write_file(path, bytes);
    return path.string();
  }
  std::filesystem::path blob(const std::string& bytes) const {
    return command.root() / "content/blobs/sha256" / Digest::of(bytes).hex();
  }
  void damage(const std::string& bytes) const {
    std::filesystem::permissions(blob(bytes), std::filesystem::perms::owner_all);
    write_file(blob(bytes), std::string(bytes.size(), '!'));
  }
  static std::string digest(const std::string& bytes) { return Digest::of(bytes).to_string(); }
};

TEST_F(Content, IngestsAndKeepsForADay) {
  const std::string out = command.ok({"content", "ingest", "ref", file("in", "some bytes")});
  EXPECT_EQ(out.find(digest("some bytes") + "  10 B  kept by lease "), 0u) << out;
  EXPECT_EQ(command.ok({"content", "cat", digest("some bytes")}), "some bytes");
  EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
  EXPECT_EQ(command.ok({"content", "active", "-q"}), "");

  command.ok({"lease", "create", "--id", "mine"});
  const auto json =
      json::Document::parse(command.ok({"--format", "json", "content", "ingest", "--label", "a=1", "--lease",
                                        "mine", "ref", file("in", "other bytes")}),
                            "output");
  EXPECT_EQ(json->root().string("digest").value(), digest("other bytes"));
  EXPECT_EQ(json->root().string("lease").value(), "mine");
  EXPECT_EQ(command.ok({"content", "ls", "-q", "-f", "labels.a==1"}), digest("other bytes") + "\n");
}

TEST_F(Content, EachLabelIsAnOptionOfItsOwn) {
  command.ok({"content", "ingest", "--label", "a=1", "--label", "b=2", "ref", file("in", "text")});
  EXPECT_EQ(command.ok({"content", "ls", "-q", "-f", "labels.a==1,labels.b==2"}), digest("text") + "\n");
}

TEST_F(Content, WrongBytesStayToBeContinuedOrAborted) {
  const CommandResult wrong = command.run(
      {"content", "ingest", "--expected-digest", digest("whole text"), "ref", file("in", "whole")});
  EXPECT_EQ(wrong.exit_code, 4) << wrong.err;
  EXPECT_EQ(command.ok({"content", "active", "-q"}), "ref\n");
  EXPECT_EQ(command.ok({"content", "active", "-q", "-f", "ref~=^x"}), "");
  const std::string table = command.ok({"content", "active"});
  EXPECT_NE(table.find("ref  5 B     -"), std::string::npos) << table;
  const auto json = json::Document::parse(command.ok({"--format", "json", "content", "active"}), "output");
  EXPECT_EQ(json->root().array("ingests")->at(0).integer("offset").value(), 5);

  // The same reference with the whole file: its first bytes are there.
  for (const char* other : {"WHOLE text", "who", ""}) {
    const CommandResult refused = command.run({"content", "ingest", "ref", file("in", other)});
    EXPECT_EQ(refused.exit_code, 1) << other;
    EXPECT_NE(refused.err.find("does not begin with the 5 bytes"), std::string::npos) << refused.err;
  }
  command.ok(
      {"content", "ingest", "--expected-digest", digest("whole text"), "ref", file("in", "whole text")});
  EXPECT_EQ(command.ok({"content", "cat", digest("whole text")}), "whole text");

  EXPECT_EQ(
      command.run({"content", "ingest", "--expected-digest", digest("x"), "b", file("in", "y")}).exit_code,
      4);
  command.ok({"content", "abort", "b"});
  EXPECT_EQ(command.ok({"content", "active", "-q"}), "");
  EXPECT_EQ(command.run({"content", "abort", "b"}).exit_code, 3);
  EXPECT_TRUE(std::filesystem::is_empty(command.root() / "content/ingest"));
}

TEST_F(Content, CtrlCKeepsWhatIsThereForTheNextTry) {
  const std::string pipe = (command.directory() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  command.ok({"namespace", "create", "default"});  // so that there is a store to look into
  const std::string whole = digest("first second");
  const auto running = command.start({"content", "ingest", "--expected-digest", whole, "ref", pipe});
  std::ofstream out(pipe);
  out << "first " << std::flush;
  while (command.ok({"--format", "json", "content", "active"}).find("\"offset\":6") == std::string::npos) {
  }
  EXPECT_EQ(command.run({"content", "ingest", "ref", pipe}).exit_code, 6) << "one at a time";
  EXPECT_EQ(command.run({"content", "abort", "ref"}).exit_code, 6);
  running->send(SIGINT);  // while it waits for bytes
  EXPECT_EQ(running->exit_code(), 130);
  EXPECT_EQ(command.ok({"content", "ls", "-q"}), "");
  command.ok({"content", "ingest", "--expected-digest", whole, "ref", file("in", "first second")});
  EXPECT_EQ(command.ok({"content", "cat", whole}), "first second");
}

TEST_F(Content, WhatIsThereAlreadyIsSaid) {
  const std::string in = file("in", "text");
  command.ok({"content", "ingest", "a", in});
  EXPECT_EQ(command.run({"content", "ingest", "--expected-digest", digest("text"), "b", in}).exit_code, 6);
  EXPECT_EQ(command.run({"content", "ingest", "--expected-digest", "text", "b", in}).exit_code, 1);
  EXPECT_EQ(command.run({"content", "ingest", "b", in + ".absent"}).exit_code, 3);
}

TEST_F(Content, VerifyFindsAndRepairBringsBack) {
  for (const char* text : {"first", "second"}) command.ok({"content", "ingest", "ref", file("in", text)});
  EXPECT_EQ(command.ok({"content", "verify"}), "verified 2 blobs, 11 B: whole\n");
  damage("first");
  const auto before = command.bytes();
  const CommandResult found = command.run({"content", "verify", "--threads", "2", "--rate", "50MiB"});
  EXPECT_EQ(found.exit_code, 4);
  EXPECT_NE(found.out.find(digest("first")), std::string::npos) << found.out;
  EXPECT_NE(found.out.find("verified 2 blobs, 11 B: 1 damaged"), std::string::npos) << found.out;
  EXPECT_EQ(command.bytes(), before);
  EXPECT_EQ(command.run({"content", "verify", digest("second")}).exit_code, 0);
  EXPECT_EQ(command.run({"content", "verify", digest("third")}).exit_code, 3);
  EXPECT_EQ(command.run({"--namespace", "other", "content", "verify"}).exit_code, 0);
  const CommandResult json =
      command.run({"--format", "json", "--namespace", "other", "content", "verify", "--all-namespaces"});
  EXPECT_EQ(json.exit_code, 4);
  const auto report = json::Document::parse(json.out, "output");
  EXPECT_EQ(report->root().array("damaged")->at(0).string("code").value(), "digest_mismatch");

  EXPECT_EQ(command.run({"content", "repair", digest("first"), file("in", "wrong")}).exit_code, 4);
  EXPECT_EQ(command.ok({"content", "repair", digest("first"), file("in", "first")}),
            digest("first") + " repaired\n");
  EXPECT_EQ(command.ok({"content", "repair", digest("first"), file("in", "first")}),
            digest("first") + " was whole\n");
  command.ok({"content", "verify"});
}

}  // namespace
}  // namespace bayplan::test
