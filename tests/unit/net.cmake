# device/ports: TLS, and TCP over lwIP.
foreach(file tls tls_trust)
    otaria_test(NAME ${file} SOURCES test_${file}.c tls_device.c tls_lab.c
        LIBS otaria_tls otaria_crypto_openssl otaria_base OpenSSL::SSL)
endforeach()

# Left out, with a warning, where lwIP's source cannot be had.
otaria_lwip(lwip_for_tests ${CMAKE_CURRENT_SOURCE_DIR}/lwip)
if(TARGET lwip_for_tests)
    otaria_test(NAME lwip_net SOURCES test_lwip_net.c ${CMAKE_SOURCE_DIR}/device/ports/lwip/lwip_net.c
        LIBS lwip_for_tests otaria_device)
    if(TARGET test_lwip_net)
        target_include_directories(test_lwip_net PRIVATE ${CMAKE_SOURCE_DIR}/device/ports/lwip)
    endif()
endif()
