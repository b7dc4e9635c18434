#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# device/ as others take it: as an Arduino library, by PlatformIO's library.json, as an ESP-IDF component.
# "As an old chip toolchain" is -std=c11 -pedantic, without the flags of this tree.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=(gcc -std=c11 -pedantic -Wall -Wextra -Werror -ffreestanding -c)

compile() { # INCLUDE SOURCE...
    local include=$1 defined
    shift
    rm -rf "$work/objects"
    mkdir "$work/objects"
    (cd "$work/objects" && "${cc[@]}" -I"$include" "$@")
    ld -r -o "$work/all.o" "$work"/objects/*.o # a name defined twice fails here
    defined=$(nm "$work/all.o")
    grep -q ' T otaria_loop$' <<<"$defined"
    grep -q ' T otaria_p256_verify$' <<<"$defined"
}

echo "Arduino library"
library=$("$OTARIA_SOURCE/tools/arduino-library" "$work")
compile "$library/src" "$library"/src/*.c
echo '#include <otaria/agent.h>' >"$work/sketch.cpp"
g++ -std=c++17 -pedantic -Wall -Wextra -Werror -fsyntax-only -I"$library/src" "$work/sketch.cpp"

echo "library.json"
mapfile -t sources < <(python3 - "$OTARIA_SOURCE/device" <<'PYTHON'
import glob, json, sys
build = json.load(open(sys.argv[1] + "/library.json"))["build"]
for rule in build["srcFilter"]:
    found = glob.glob(f"{sys.argv[1]}/{rule[2:-1]}")
    assert rule[:2] == "+<" and found, rule
    print("\n".join(found))
PYTHON
)
compile "$OTARIA_SOURCE/device/include" "${sources[@]}"

echo "ESP-IDF component"
cat >"$work/idf.cmake" <<CMAKE
function(idf_component_register)
    cmake_parse_arguments(a "" "" "SRC_DIRS;INCLUDE_DIRS" \${ARGN})
    if(a_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "unknown: \${a_UNPARSED_ARGUMENTS}")
    endif()
    foreach(folder \${a_SRC_DIRS} \${a_INCLUDE_DIRS})
        if(NOT IS_DIRECTORY "$OTARIA_SOURCE/device/\${folder}")
            message(FATAL_ERROR "no folder \${folder}")
        endif()
    endforeach()
    message("registered")
endfunction()
set(ESP_PLATFORM 1)
include($OTARIA_SOURCE/device/CMakeLists.txt)
CMAKE
[ "$(cmake -P "$work/idf.cmake" 2>&1)" = registered ]
