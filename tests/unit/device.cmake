# device/src: the parts that need no crypto, and then those that do, once with each backend.
if(NOT TARGET otaria_device OR NOT TARGET otaria_base)
    return()
endif()

foreach(file cbor cbor_write app_find)
    otaria_test(NAME ${file} SOURCES test_${file}.c LIBS otaria_device)
endforeach()

set(vectors ${CMAKE_SOURCE_DIR}/tests/vectors/vectors.c)
foreach(backend openssl bearssl bearssl_small)
    set(args)
    if(backend STREQUAL "bearssl_small")
        set(args ARGS sampled) # 3 ms a verification
    endif()
    otaria_test(NAME crypto_${backend} SOURCES test_crypto.c ${args}
        LIBS otaria_crypto_${backend} otaria_base)
    otaria_test(NAME manifest_verify_${backend} SOURCES test_manifest_verify.c ${vectors}
        LIBS otaria_device otaria_crypto_${backend} otaria_base)
endforeach()

include(OtariaExample)
otaria_header_example(manifest.h ${CMAKE_CURRENT_BINARY_DIR}/example_manifest.inc)
otaria_header_example(cbor.h ${CMAKE_CURRENT_BINARY_DIR}/example_cbor.inc)
otaria_test(NAME manifest SOURCES test_manifest.c ${vectors}
    LIBS otaria_device otaria_crypto_openssl otaria_base)
if(TARGET test_manifest)
    target_include_directories(test_manifest PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endif()

otaria_script_test(NAME device_packages COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/test_packages.sh)

find_program(OTARIA_LX106_GCC xtensa-lx106-elf-gcc)
if(OTARIA_LX106_GCC)
    otaria_script_test(NAME lx106_size COMMAND ${CMAKE_SOURCE_DIR}/tools/lx106-size --check)
endif()

if(OTARIA_LX106_GCC AND TARGET otaria_release)
    otaria_test(NAME demo_images SOURCES test_demo_images.c LIBS otaria_release otaria_base
        ARGS ${OTARIA_BOARD_BUILD}/firmware)
endif()
