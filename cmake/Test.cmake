# bayplan_unit_tests(FOLDER files...): one executable test_FOLDER over tests/unit/FOLDER, ctest label "fast".
# bayplan_tests(NAME n FOLDER folder LABEL l SOURCES ... [LIBS ...] [SHARDS n]): any other group of GoogleTest files. Each
# of its tests is one of ctest's, in a process of its own; with SHARDS they share as many processes.
# Every *_test.cc below the calling directory must be registered, or configuration fails: a forgotten test is no test.
find_package(GTest REQUIRED)
include(GoogleTest)

# Compiling the tests is most of a build's time, and their own code needs no optimiser: -O1 takes three quarters, -O0 less.
# With precompiled headers and -O1, g++ 12 warns of overlaps inside std::string (see Library.cmake) in more ways than one.
function(bayplan_test_options target)
  if(NOT BAYPLAN_SANITIZE)
    target_compile_options(${target} PRIVATE $<IF:$<BOOL:${BAYPLAN_PCH}>,-O0,-O1>)
  endif()
endfunction()

# The headers that tests include most take half of their time to compile. Built without them too, or forgotten includes
# would go unnoticed.
if(BAYPLAN_PCH)
  add_library(bayplan_test_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cc)
  target_link_libraries(bayplan_test_pch PRIVATE bayplan_options bayplan_light_options GTest::gmock GTest::gtest)
  bayplan_test_options(bayplan_test_pch)
  target_precompile_headers(bayplan_test_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <atomic> <chrono>
    <filesystem> <fstream> <functional> <map> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view>
    <thread> <utility> <variant> <vector>)
endif()

function(bayplan_tests)
  cmake_parse_arguments(arg "" "NAME;FOLDER;LABEL;SHARDS" "SOURCES;LIBS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE bayplan_${arg_FOLDER} bayplan_${arg_FOLDER}_internal bayplan_test_support
                        bayplan_options bayplan_light_options ${arg_LIBS} GTest::gmock GTest::gtest_main)
  target_include_directories(${arg_NAME} PRIVATE $<TARGET_PROPERTY:bayplan_${arg_FOLDER},SOURCE_DIR>)
  bayplan_test_options(${arg_NAME})
  if(BAYPLAN_PCH)
    target_precompile_headers(${arg_NAME} REUSE_FROM bayplan_test_pch)
  endif()
  if(arg_SHARDS)
    foreach(shard RANGE 1 ${arg_SHARDS})
      math(EXPR index "${shard} - 1")
      add_test(NAME ${arg_NAME}.${shard} COMMAND ${arg_NAME})
      set_tests_properties(${arg_NAME}.${shard} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600
                           ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
    endforeach()
  else()
    gtest_discover_tests(${arg_NAME} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600)
  endif()
  set_property(DIRECTORY APPEND PROPERTY BAYPLAN_REGISTERED_TESTS ${arg_SOURCES})
  cmake_language(EVAL CODE "cmake_language(DEFER ID check_tests_${arg_NAME} CALL bayplan_check_registered)")
endfunction()

function(bayplan_unit_tests folder)
  bayplan_tests(NAME test_${folder} FOLDER ${folder} LABEL fast SOURCES ${ARGN})
endfunction()

function(bayplan_check_registered)
  get_property(registered DIRECTORY PROPERTY BAYPLAN_REGISTERED_TESTS)
  file(GLOB present RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *_test.cc)
  foreach(test IN LISTS present)
    if(NOT test IN_LIST registered)
      message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR}/${test} is not registered in its CMakeLists.txt")
    endif()
  endforeach()
endfunction()
