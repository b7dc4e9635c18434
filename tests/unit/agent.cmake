set(otaria_device_and_crypto "$<LINK_GROUP:RESCAN,otaria_device,otaria_crypto_openssl>")
otaria_test(NAME http_client SOURCES test_http_client.c LIBS otaria_device otaria_base)
otaria_test(NAME poll SOURCES test_poll.c LIBS otaria_device otaria_base)
otaria_test(NAME posix_flash SOURCES test_posix_flash.c LIBS otaria_posix)
