if(TARGET otaria_device AND TARGET otaria_base)
    otaria_fuzz(manifest LIBS otaria_device otaria_crypto_openssl)
    otaria_fuzz(cbor LIBS otaria_device)
endif()
