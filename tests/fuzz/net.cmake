if(TARGET otaria_tls AND TARGET otaria_base)
    otaria_fuzz(tls_cert LIBS otaria_tls)
endif()
