otaria_test(NAME http_bearssl
    SOURCES test_http_bearssl.c ../unit/http_util.c
    LIBS otaria_http BearSSL::BearSSL)
