# Compiler flags that every target of the tree gets.
#
# Two kinds of code: device code is plain C11 that must also suit a chip's old toolchain; host code
# may use POSIX and GNU interfaces. Both get the same warnings.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# assert() guards internal invariants and stays on in every build: no NDEBUG.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

if(OTARIA_FUZZ)
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(OTARIA_SANITIZE)
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
else()
    add_compile_options(-fstack-protector-strong)
    add_compile_definitions(_FORTIFY_SOURCE=2)
    add_link_options(-Wl,-z,relro,-z,now)
endif()
add_link_options(-pie)

add_library(otaria_warnings INTERFACE)
target_compile_options(otaria_warnings INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wvla -Wstrict-prototypes
    -Wmissing-prototypes -Wunused-result -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef
    $<$<BOOL:${OTARIA_WERROR}>:-Werror>)

# What host code may count on: GNU interfaces, and 64-bit time and file offsets on 32-bit hosts too.
add_library(otaria_host INTERFACE)
target_compile_definitions(otaria_host INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
target_include_directories(otaria_host INTERFACE ${CMAKE_SOURCE_DIR})
