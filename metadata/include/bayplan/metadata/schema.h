// The stored tree, drawn once, beside the key constants. containerd's, key for key and encoding for encoding
// (its db version 4), so that whoever knows one knows the other; what is ours is marked (+).
//
//   v1/
//     version                          varint, kSchemaVersion
//     <namespace>/
//       labels/<k>                     string
//       images/<name>/                 createdat updatedat: btime
//                                      target/{digest string, mediatype string, size varint}
//                                      labels/<k> · annotations/<k>
//       content/blob/<digest>/         createdat updatedat: btime · size varint · labels/<k>
//       content/ingests/<ref>/         ref string (backend reference) · expireat btime (not when leased)
//                                      expected string (digest)
//       snapshots/<snapshotter>/<key>/ createdat updatedat: btime · parent string · children/<key> nil
//                                      labels/<k> · name string (containerd's backend key; ours: the
//                                      directory name)
//                                      (+) kind 1 byte (1 view, 2 active, 3 committed) · inodes varint
//                                      (+) size varint (containerd keeps these three in a second file, same
//                                      encodings)
//       (+) bayplan.mounts/<snapshotter>/<key>/
//                                      bootid target: string · made nil (the target is a
//                                      directory of ours, which goes with it) · count varint (0: the
//                                      kernel call is going on)
//       containers/<id>/               createdat updatedat: btime · image snapshotter snapshotKey sandboxid:
//                                      string · spec any · runtime/{name string, options any}
//                                      extensions/<name> any · labels/<k>
//                                      (+) bayplan.storage/{owner metadata string · names/<n> string
//                                      layernames/<n> string · bigdata/<k>/{data string, or
//                                      digest string, size varint}}; n: u32 BE, the newest is 0
//       (+) bayplan.names/<name>       string: the container that has the name
//       (+) bayplan.layernames/<name>  string: the container whose layer has it
//       (+) bayplan.tasks/<id>/        createdat btime · bootid string · pid pidns starttime: varint; what
//                                      runs the container <id>
//       (+) bayplan.reservations/<name>/ key lease: string; for which container the name is reserved
//       sandboxes/<id>/                createdat updatedat: btime · sandboxer string · spec any
//                                      runtime/{name string, options any} · extensions/<name> any ·
//                                      labels/<k>
//       leases/<id>/                   createdat btime · labels/<k> · content/<digest> nil
//                                      ingests/<ref> nil · images/<name> nil
//                                      snapshots/<snapshotter>/<key> nil
//                                      (+) bayplan.owner/{file bootid: string; pid pidns starttime rundevice
//                                      runinode: varint} (lease_owner.h)
//
// Encodings: string = raw bytes; btime = 15 bytes: version 1, i64 BE seconds since year 1, i32 BE
// nanoseconds, i16 BE zone minutes (-1 = UTC); varint = zig-zag LEB128; any = protobuf Any {1: type_url, 2:
// value}; nil = empty.
#pragma once

#include <string_view>

namespace bayplan::metadata::schema {

inline constexpr int kSchemaVersion = 4;

inline constexpr std::string_view kRoot = "v1";
inline constexpr std::string_view kVersion = "version";
inline constexpr std::string_view kLabels = "labels";
inline constexpr std::string_view kImages = "images";
inline constexpr std::string_view kContent = "content";
inline constexpr std::string_view kBlob = "blob";
inline constexpr std::string_view kIngests = "ingests";
inline constexpr std::string_view kRef = "ref";
inline constexpr std::string_view kExpireAt = "expireat";
inline constexpr std::string_view kExpected = "expected";
inline constexpr std::string_view kSnapshots = "snapshots";
inline constexpr std::string_view kMounts = "bayplan.mounts";
inline constexpr std::string_view kContainers = "containers";
inline constexpr std::string_view kSandboxes = "sandboxes";
inline constexpr std::string_view kLeases = "leases";

inline constexpr std::string_view kCreatedAt = "createdat";
inline constexpr std::string_view kUpdatedAt = "updatedat";
inline constexpr std::string_view kTarget = "target";
inline constexpr std::string_view kDigest = "digest";
inline constexpr std::string_view kMediaType = "mediatype";
inline constexpr std::string_view kSize = "size";
inline constexpr std::string_view kAnnotations = "annotations";
inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kParent = "parent";
inline constexpr std::string_view kChildren = "children";
inline constexpr std::string_view kKind = "kind";
inline constexpr std::string_view kInodes = "inodes";
inline constexpr std::string_view kImage = "image";
inline constexpr std::string_view kSnapshotter = "snapshotter";
inline constexpr std::string_view kSnapshotKey = "snapshotKey";
inline constexpr std::string_view kSpec = "spec";
inline constexpr std::string_view kRuntime = "runtime";
inline constexpr std::string_view kOptions = "options";
inline constexpr std::string_view kExtensions = "extensions";
inline constexpr std::string_view kSandboxId = "sandboxid";
inline constexpr std::string_view kSandboxer = "sandboxer";

inline constexpr std::string_view kStorage = "bayplan.storage";
inline constexpr std::string_view kStorageOwner = "owner";
inline constexpr std::string_view kMetadata = "metadata";
inline constexpr std::string_view kNames = "names";
inline constexpr std::string_view kLayerNames = "layernames";
inline constexpr std::string_view kBigData = "bigdata";
inline constexpr std::string_view kData = "data";
inline constexpr std::string_view kNameIndex = "bayplan.names";
inline constexpr std::string_view kLayerNameIndex = "bayplan.layernames";

inline constexpr std::string_view kTasks = "bayplan.tasks";
inline constexpr std::string_view kReservations = "bayplan.reservations";
inline constexpr std::string_view kReservedFor = "key";
inline constexpr std::string_view kLease = "lease";

inline constexpr std::string_view kCount = "count";
inline constexpr std::string_view kMade = "made";

inline constexpr std::string_view kOwner = "bayplan.owner";
inline constexpr std::string_view kFile = "file";
inline constexpr std::string_view kBootId = "bootid";
inline constexpr std::string_view kPid = "pid";
inline constexpr std::string_view kPidNamespace = "pidns";
inline constexpr std::string_view kStartTime = "starttime";
inline constexpr std::string_view kRunDevice = "rundevice";
inline constexpr std::string_view kRunInode = "runinode";

}  // namespace bayplan::metadata::schema
