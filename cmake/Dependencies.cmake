# Why each of these is there: docs/decisions/0002-dependencies.md.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

# Newer releases of RE2 bring other libraries along, which only its own .pc file knows.
find_package(PkgConfig REQUIRED)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET GLOBAL re2)

# LMDB, RapidJSON, zstd and ISA-L ship no CMake files on every distribution: found by header and library.
function(bayplan_find_library name header library)
  find_path(BAYPLAN_${name}_INCLUDE ${header} REQUIRED)
  find_library(BAYPLAN_${name}_LIBRARY ${library} REQUIRED)
  add_library(bayplan_dep_${name} INTERFACE)
  target_include_directories(bayplan_dep_${name} SYSTEM INTERFACE $<BUILD_INTERFACE:${BAYPLAN_${name}_INCLUDE}>)
  target_link_libraries(bayplan_dep_${name} INTERFACE $<BUILD_INTERFACE:${BAYPLAN_${name}_LIBRARY}>)
endfunction()
bayplan_find_library(lmdb lmdb.h lmdb)
bayplan_find_library(zstd zstd.h zstd)
bayplan_find_library(isal isa-l/igzip_lib.h isal)

find_path(BAYPLAN_rapidjson_INCLUDE rapidjson/document.h REQUIRED)
add_library(bayplan_dep_rapidjson INTERFACE)
target_include_directories(bayplan_dep_rapidjson SYSTEM INTERFACE $<BUILD_INTERFACE:${BAYPLAN_rapidjson_INCLUDE}>)

# Headers only: for the registry client, and for those who include bayplan/metadata/asio.h or gc_scheduler.h.
if(BAYPLAN_BUILD_TESTS OR BAYPLAN_BUILD_REGISTRY)
  find_path(BAYPLAN_boost_INCLUDE boost/asio.hpp REQUIRED)
  add_library(bayplan_dep_boost INTERFACE)
  target_include_directories(bayplan_dep_boost SYSTEM INTERFACE $<BUILD_INTERFACE:${BAYPLAN_boost_INCLUDE}>)
endif()
if(BAYPLAN_BUILD_REGISTRY)
  pkg_check_modules(curl REQUIRED IMPORTED_TARGET GLOBAL libcurl>=7.88)
endif()
