# otaria_test(NAME name SOURCES file... [LIBS target...] [ARGS arg...] [TIMEOUT seconds] [HEAVY])
#   A cmocka program `test_<name>` and a CTest test `<name>`.
# otaria_script_test(NAME name COMMAND word... [DEPENDS target...] [TIMEOUT seconds] [HEAVY])
#   A CTest test that is a command. OTARIA_BIN (folder of the built programs), OTARIA_BOARD (what the cross build made)
#   and OTARIA_SOURCE (the repository) are in its environment; it runs in the build folder.
# otaria_fuzz(name [LIBS target...])
#   tests/fuzz/fuzz_<name>.c with LLVMFuzzerTestOneInput. In a normal build replay.c drives it over
#   tests/fuzz/corpus/<name>/ as test `fuzz_corpus_<name>`; with OTARIA_FUZZ it is linked with libFuzzer.
#
# `make test` uses two build folders: light tests run in the sanitized one; HEAVY ones (sweeps and
# simulations, which need -O2 to be quick) in the plain one. A build by hand (OTARIA_TESTS=all) has both.
#
# C sources of tests know OTARIA_SOURCE_DIR, the repository's root, as a string.

otaria_host_library(otaria_guard SOURCES ${CMAKE_SOURCE_DIR}/tests/guard.c)

function(otaria_test_wanted heavy out)
    if(OTARIA_TESTS STREQUAL "all"
       OR (OTARIA_TESTS STREQUAL "heavy" AND heavy)
       OR (OTARIA_TESTS STREQUAL "light" AND NOT heavy))
        set(${out} TRUE PARENT_SCOPE)
    else()
        set(${out} FALSE PARENT_SCOPE)
    endif()
endfunction()

function(otaria_test_properties name timeout heavy)
    if(NOT timeout)
        set(timeout 60)
    endif()
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${timeout}
        ENVIRONMENT "OTARIA_BIN=${CMAKE_BINARY_DIR}/bin;OTARIA_BOARD=${OTARIA_BOARD_BUILD};OTARIA_SOURCE=${CMAKE_SOURCE_DIR};ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1")
    if(heavy)
        set_tests_properties(${name} PROPERTIES LABELS heavy)
    endif()
endfunction()

function(otaria_test)
    cmake_parse_arguments(arg "HEAVY" "NAME;TIMEOUT" "SOURCES;LIBS;ARGS" ${ARGN})
    otaria_test_wanted(${arg_HEAVY} wanted)
    if(NOT wanted)
        return()
    endif()
    add_executable(test_${arg_NAME} ${arg_SOURCES})
    target_compile_definitions(test_${arg_NAME} PRIVATE OTARIA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(test_${arg_NAME} PRIVATE
        ${arg_LIBS} otaria_guard otaria_host otaria_warnings PkgConfig::CMOCKA)
    add_test(NAME ${arg_NAME} COMMAND test_${arg_NAME} ${arg_ARGS})
    otaria_test_properties(${arg_NAME} "${arg_TIMEOUT}" ${arg_HEAVY})
endfunction()

function(otaria_script_test)
    cmake_parse_arguments(arg "HEAVY" "NAME;TIMEOUT" "COMMAND;DEPENDS" ${ARGN})
    otaria_test_wanted(${arg_HEAVY} wanted)
    if(NOT wanted)
        return()
    endif()
    add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    otaria_test_properties(${arg_NAME} "${arg_TIMEOUT}" ${arg_HEAVY})
endfunction()

function(otaria_fuzz name)
    cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
    otaria_test_wanted(FALSE wanted)
    if(NOT wanted)
        return()
    endif()
    set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBS} otaria_base otaria_host otaria_warnings)
    if(OTARIA_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
        add_test(NAME fuzz_corpus_${name} COMMAND fuzz_${name} ${corpus})
        otaria_test_properties(fuzz_corpus_${name} "" FALSE)
    endif()
endfunction()
