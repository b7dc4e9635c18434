otaria_fuzz(http_request LIBS otaria_http)
