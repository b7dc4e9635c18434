otaria_test(NAME http_server SOURCES test_http_server.c http_util.c LIBS otaria_http)
