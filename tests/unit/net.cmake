# device/ports: TLS, and TCP over lwIP.
foreach(file tls tls_trust)
    otaria_test(NAME ${file} SOURCES test_${file}.c tls_device.c tls_lab.c
        LIBS otaria_tls otaria_crypto_openssl otaria_base OpenSSL::SSL)
endforeach()
