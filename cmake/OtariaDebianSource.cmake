# otaria_debian_source(PACKAGE OUT)
#   OUT = the folder of the unpacked Debian source, brought by tools/debian-source at configure time when it is not there;
#   when it cannot be had: the end of the cross build, which is nothing without it, else empty with a warning.
# otaria_lwip(NAME OPTIONS)
#   A static library of lwIP's core; OPTIONS is the folder of lwipopts.h. Nothing when the source cannot be had.

function(otaria_debian_source package out)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/debian-source ${package}
        OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
    if(failed AND CMAKE_SYSTEM_PROCESSOR STREQUAL "lx106")
        message(FATAL_ERROR "tools/debian-source cannot get ${package}")
    elseif(failed)
        message(WARNING "tools/debian-source cannot get ${package}; what needs it is left out")
        set(folder "")
    endif()
    set(${out} ${folder} PARENT_SCOPE)
endfunction()

# lwIP brings a list of its files for CMake, but that list writes into the source folder, where builds meet.
function(otaria_lwip name options)
    otaria_debian_source(lwip lwip)
    if(NOT lwip)
        return()
    endif()
    set(LWIP_VERSION_MAJOR 2)
    set(LWIP_VERSION_MINOR 1)
    set(LWIP_VERSION_REVISION 3)
    set(LWIP_VERSION_RC LWIP_RC_RELEASE)
    configure_file(${lwip}/src/include/lwip/init.h.cmake.in ${CMAKE_BINARY_DIR}/lwip/lwip/init.h)
    file(GLOB sources ${lwip}/src/core/*.c ${lwip}/src/core/ipv4/*.c ${lwip}/src/core/ipv6/*.c)
    add_library(${name} STATIC EXCLUDE_FROM_ALL ${sources} ${lwip}/src/netif/ethernet.c)
    target_include_directories(${name} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/lwip ${lwip}/src/include ${options})
    target_compile_options(${name} PRIVATE -w)
endfunction()
