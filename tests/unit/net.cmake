# device/ports: TLS, and TCP over lwIP.
foreach(file tls tls_trust)
    otaria_test(NAME ${file} SOURCES test_${file}.c tls_device.c tls_lab.c
        LIBS otaria_tls otaria_crypto_openssl otaria_base OpenSSL::SSL)
endforeach()

# lwIP's sources come from Debian's source package; where it cannot be had, this one test is left out.
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/debian-source lwip
    OUTPUT_VARIABLE lwip_folder OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE no_lwip)
if(no_lwip)
    message(WARNING "test lwip_net is left out: tools/debian-source cannot get lwIP")
else()
    set(LWIP_DIR ${lwip_folder})
    include(${LWIP_DIR}/src/Filelists.cmake)
    add_library(lwip_for_tests STATIC EXCLUDE_FROM_ALL ${lwipcore_SRCS} ${lwipcore4_SRCS} ${lwipcore6_SRCS}
        ${LWIP_DIR}/src/netif/ethernet.c)
    target_include_directories(lwip_for_tests SYSTEM PUBLIC
        ${LWIP_DIR}/src/include ${CMAKE_CURRENT_SOURCE_DIR}/lwip)
    target_compile_options(lwip_for_tests PRIVATE -w)
    otaria_test(NAME lwip_net SOURCES test_lwip_net.c ${CMAKE_SOURCE_DIR}/device/ports/lwip/lwip_net.c
        LIBS lwip_for_tests otaria_device)
    if(TARGET test_lwip_net)
        target_include_directories(test_lwip_net PRIVATE ${CMAKE_SOURCE_DIR}/device/ports/lwip)
    endif()
endif()
