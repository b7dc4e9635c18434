# firmware/emon: everything above its port. No part of it knows which chip it runs on.
if(NOT TARGET otaria_emon)
    return()
endif()
set(otaria_emon_and_crypto "$<LINK_GROUP:RESCAN,otaria_emon,otaria_device,otaria_crypto_openssl>")
otaria_script_test(NAME emon_page COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_emon_page.py)
foreach(file readings request web)
    otaria_test(NAME emon_${file} SOURCES test_emon_${file}.c LIBS ${otaria_emon_and_crypto})
endforeach()
foreach(file text config previous)
    otaria_test(NAME emon_${file} SOURCES test_emon_${file}.c
        LIBS otaria_sim ${otaria_emon_and_crypto} otaria_base)
endforeach()
if(TARGET otaria_release)
    otaria_test(NAME emon SOURCES test_emon.c
        LIBS otaria_emon_no_config otaria_emon_no_network otaria_emon_no_source otaria_sim
            otaria_release ${otaria_emon_and_crypto} PkgConfig::JANSSON)
endif()
