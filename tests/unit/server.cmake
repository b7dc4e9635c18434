if(TARGET otaria_store)
    otaria_test(NAME store SOURCES test_store.c store_conformance.c LIBS otaria_store)
    otaria_test(NAME payload SOURCES test_payload.c LIBS otaria_store)
endif()
