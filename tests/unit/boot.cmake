# device/boot and the flash half of device/src, on the NOR model.
if(NOT TARGET otaria_sim)
    return()
endif()
foreach(file flash layout boot record nvlog slots update nor)
    otaria_test(NAME ${file}
        SOURCES test_${file}.c
        LIBS otaria_sim otaria_device otaria_crypto_openssl otaria_base)
endforeach()

set(esp8266 ${CMAKE_SOURCE_DIR}/device/ports/esp8266)
otaria_test(NAME device_block SOURCES test_device_block.c ${esp8266}/device_block.c
    LIBS otaria_device otaria_crypto_openssl)
if(TARGET test_device_block)
    target_include_directories(test_device_block PRIVATE ${esp8266})
endif()
