if(TARGET otaria_emon)
    foreach(name web config serial)
        otaria_fuzz(emon_${name} LIBS otaria_sim
            "$<LINK_GROUP:RESCAN,otaria_emon,otaria_device,otaria_crypto_openssl>")
    endforeach()
endif()
