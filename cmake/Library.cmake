# bayplan_library(FOLDER SOURCES ... HEADERS ... [INTERNAL_HEADERS ...] [DEPENDS folder...] [PRIVATE_LIBS ...])
#
# Defines bayplan_FOLDER (alias bayplan::FOLDER) with its own public include root FOLDER/include, and
# bayplan_FOLDER_internal, which adds FOLDER/internal for the folders to its right and for the tests only.
# DEPENDS names folders to the left; it is the only way to reach another folder's headers.
add_library(bayplan_options INTERFACE)
target_compile_features(bayplan_options INTERFACE cxx_std_20)
target_compile_options(bayplan_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Wconversion -Wundef
  # At -O3, g++ 12 warns of overlaps inside std::string itself (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${BAYPLAN_WERROR}>:-Werror>)
target_compile_definitions(bayplan_options INTERFACE _FILE_OFFSET_BITS=64)
if(BAYPLAN_SANITIZE)
  target_compile_options(bayplan_options INTERFACE -fsanitize=${BAYPLAN_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(bayplan_options INTERFACE -fsanitize=${BAYPLAN_SANITIZE})
endif()

# For targets whose own code is compiled more often than it runs (tests, the command with its parser's templates),
# named after bayplan_options, which it takes back a part of: a sanitized build of them takes a third of the time, and
# what is left out AddressSanitizer tells.
add_library(bayplan_light_options INTERFACE)
if(BAYPLAN_SANITIZE)
  target_compile_options(bayplan_light_options INTERFACE -O0)
endif()
if(BAYPLAN_SANITIZE MATCHES undefined)
  target_compile_options(bayplan_light_options INTERFACE -fno-sanitize=null,alignment,vptr,object-size)
endif()

function(bayplan_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;INTERNAL_HEADERS;DEPENDS;PRIVATE_LIBS" ${ARGN})
  set(target bayplan_${folder})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(bayplan::${folder} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${folder} POSITION_INDEPENDENT_CODE ON
                        CXX_EXTENSIONS OFF VERIFY_INTERFACE_HEADER_SETS ON INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set(tables ${arg_HEADERS})
  list(FILTER tables INCLUDE REGEX "[.]def$")  # included several times, never alone
  list(FILTER arg_HEADERS EXCLUDE REGEX "[.]def$")
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include ${PROJECT_BINARY_DIR}/${folder}/include
                 FILES ${arg_HEADERS})
  if(tables)
    target_sources(${target} PUBLIC FILE_SET tables TYPE HEADERS BASE_DIRS include FILES ${tables})
  endif()
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/internal ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:bayplan_options> ${arg_PRIVATE_LIBS})

  add_library(${target}_internal INTERFACE)
  target_include_directories(${target}_internal INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/internal)
  foreach(left IN LISTS arg_DEPENDS)
    target_link_libraries(${target} PUBLIC bayplan_${left} PRIVATE $<BUILD_INTERFACE:bayplan_${left}_internal>)
    target_link_libraries(${target}_internal INTERFACE bayplan_${left}_internal)
  endforeach()
endfunction()
