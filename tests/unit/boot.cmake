# device/boot and the flash half of device/src, on the NOR model.
if(NOT TARGET otaria_sim)
    return()
endif()
foreach(file flash layout boot record nvlog slots update nor)
    otaria_test(NAME ${file}
        SOURCES test_${file}.c
        LIBS otaria_sim otaria_device otaria_crypto_openssl otaria_base)
endforeach()
