otaria_test(NAME http_bearssl
    SOURCES test_http_bearssl.c ../unit/http_util.c
    LIBS otaria_http otaria_posix otaria_tls otaria_crypto_openssl)
if(TARGET otaria)
    otaria_script_test(NAME http_parser_oracle
        COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/interop/test_parser_oracle.py)
endif()
