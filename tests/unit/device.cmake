# device/src: the parts that need no crypto, and then those that do, once with each backend.
if(TARGET otaria_device AND TARGET otaria_base)
    foreach(file cbor cbor_write app_find)
        otaria_test(NAME ${file} SOURCES test_${file}.c LIBS otaria_device)
    endforeach()

    foreach(backend openssl bearssl bearssl_small)
        otaria_test(NAME crypto_${backend} SOURCES test_crypto.c
            LIBS otaria_crypto_${backend} otaria_base)
    endforeach()
endif()
