if(TARGET otaria_api)
    otaria_fuzz(publish_json LIBS otaria_api)
endif()
