# otaria_host_library(NAME SOURCES file... [LIBS target...])
#   A static library of host code: warnings, _GNU_SOURCE, the repository root as include folder.
# otaria_device_library(NAME SOURCES file... [LIBS target...])
#   A static library of device code: plain C11, device/include as public include folder, and a stack
#   frame of at most 1.5 KB a function (gcc says so; clang cannot).

function(otaria_host_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC otaria_host ${arg_LIBS} PRIVATE otaria_warnings)
endfunction()

function(otaria_device_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/device/include)
    target_link_libraries(${name} PUBLIC ${arg_LIBS} PRIVATE otaria_warnings)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT OTARIA_SANITIZE)
        target_compile_options(${name} PRIVATE -Wstack-usage=1536)
    endif()
endfunction()
