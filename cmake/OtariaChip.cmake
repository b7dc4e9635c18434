# What the cross build (cmake/lx106.cmake) has instead of OtariaFlags, OtariaDeps and OtariaTargets.
#
# otaria_chip_library(NAME SOURCES file... [LIBS target...])
#   A static library of our own code for the chip: all warnings, at most 1.5 KB of stack a function.
# otaria_foreign_library(NAME SOURCES file... [INCLUDES folder...] [LIBS target...])
#   A static library of somebody else's sources, which come from tools/debian-source: no warnings.
# otaria_chip_program(NAME LINKER file.ld SOURCES file... [LIBS target...])
#   NAME.elf and NAME.map in the build folder's root, linked for exactly the addresses of the linker script.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_BUILD_TYPE None)
set(CMAKE_EXECUTABLE_SUFFIX_C .elf)
set(CMAKE_C_LINK_GROUP_USING_RESCAN "LINKER:--start-group" "LINKER:--end-group")
set(CMAKE_C_LINK_GROUP_USING_RESCAN_SUPPORTED TRUE)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Named by path: Debian's compiler does not find the specs by name.
set(picolibc -specs=/usr/lib/xtensa-lx106-elf/picolibc.specs)

# Everything compiles with picolibc's headers; what calls its functions beyond the ROM's links otaria_libc.
add_library(otaria_chip INTERFACE)
target_compile_options(otaria_chip INTERFACE -Os -g -ffunction-sections -fdata-sections ${picolibc})
target_link_options(otaria_chip INTERFACE -nostdlib -Wl,--gc-sections -Wl,--build-id=none
    -Wl,--no-warn-rwx-segments)
add_library(otaria_libc INTERFACE)
target_link_options(otaria_libc INTERFACE ${picolibc} -DPICOLIBC_INTEGER_PRINTF_SCANF)
target_link_libraries(otaria_libc INTERFACE otaria_chip c gcc)

add_library(otaria_chip_warnings INTERFACE)
target_compile_options(otaria_chip_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wvla -Wstrict-prototypes
    -Wmissing-prototypes -Wunused-result -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef
    -Werror)

function(otaria_chip_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/device/include)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-Wstack-usage=1536>)
    target_link_libraries(${name} PUBLIC otaria_chip ${arg_LIBS} PRIVATE otaria_chip_warnings)
endfunction()

function(otaria_foreign_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;INCLUDES;LIBS" ${ARGN})
    add_library(${name} STATIC EXCLUDE_FROM_ALL ${arg_SOURCES})
    target_include_directories(${name} SYSTEM PUBLIC ${arg_INCLUDES})
    target_compile_options(${name} PRIVATE -w)
    target_link_libraries(${name} PUBLIC otaria_chip ${arg_LIBS})
endfunction()

function(otaria_chip_program name)
    cmake_parse_arguments(arg "" "LINKER" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE otaria_chip otaria_chip_warnings ${arg_LIBS})
    target_link_options(${name} PRIVATE -T ${arg_LINKER} -Wl,-Map=${CMAKE_BINARY_DIR}/${name}.map)
    set_target_properties(${name} PROPERTIES
        LINK_DEPENDS ${arg_LINKER} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# device/CMakeLists.txt serves both builds: there a device library is checked on the host, here it is the real one.
function(otaria_device_library name)
    otaria_chip_library(${name} ${ARGN})
endfunction()
