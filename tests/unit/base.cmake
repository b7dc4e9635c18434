foreach(file err xalloc hex file log)
    otaria_test(NAME ${file} SOURCES test_${file}.c LIBS otaria_base)
endforeach()
