# release/: one test a source file.
if(NOT TARGET otaria_release)
    return()
endif()

set(release_vectors ${CMAKE_SOURCE_DIR}/tests/vectors/vectors.c)
foreach(file keys image names folder)
    otaria_test(NAME release_${file} SOURCES test_release_${file}.c LIBS otaria_release)
endforeach()
foreach(file check encode)
    otaria_test(NAME release_${file} SOURCES test_release_${file}.c ${release_vectors}
        LIBS otaria_release)
endforeach()
