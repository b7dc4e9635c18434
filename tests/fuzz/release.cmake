if(TARGET otaria_release)
    otaria_fuzz(image LIBS otaria_release)
endif()
