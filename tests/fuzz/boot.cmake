if(TARGET otaria_sim)
    otaria_fuzz(record LIBS otaria_sim otaria_device otaria_crypto_openssl)
endif()
