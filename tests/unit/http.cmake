otaria_test(NAME http_parse SOURCES test_parse.c LIBS otaria_http)
otaria_test(NAME http_range SOURCES test_range.c LIBS otaria_http)
otaria_test(NAME http_server SOURCES test_http_server.c http_util.c LIBS otaria_http)
otaria_test(NAME http_tls SOURCES test_http_tls.c http_util.c LIBS otaria_http)
