# bayplan_go_program(name sources...): bin/NAME, built where go and Debian's source packages of bbolt and containerd
# (golang-github-coreos-bbolt-dev, golang-github-containerd-containerd-dev) are; these live outside of Go's modules.
find_program(BAYPLAN_GO go)
find_path(BAYPLAN_GOPATH src/go.etcd.io/bbolt/db.go PATHS ENV GOPATH /usr/share/gocode NO_DEFAULT_PATH)
if(BAYPLAN_GO AND BAYPLAN_GOPATH)
  set(BAYPLAN_GO_BBOLT ON)
  if(EXISTS ${BAYPLAN_GOPATH}/src/github.com/containerd/containerd/metadata/db.go)
    set(BAYPLAN_GO_CONTAINERD ON)
  endif()
endif()

function(bayplan_go_program name)
  set(program ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name})
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  add_custom_command(OUTPUT ${program} DEPENDS ${sources}
    COMMAND ${CMAKE_COMMAND} -E env GO111MODULE=off GOFLAGS= GOPATH=${BAYPLAN_GOPATH}
            GOCACHE=${PROJECT_BINARY_DIR}/go ${BAYPLAN_GO} build -o ${program} ${sources}
    COMMENT "Building ${name} with go" VERBATIM)
  add_custom_target(go_${name} ALL DEPENDS ${program})
endfunction()
