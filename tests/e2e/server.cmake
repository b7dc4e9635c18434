# The server as a process. Each test takes seconds; they run beside each other. Those that throw odd bytes at it run
# sanitized, the others, which start many processes, in the plain build.
foreach(name openapi serve)
    otaria_script_test(NAME e2e_${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py TIMEOUT 120)
endforeach()
set(plain publish crash device device_tls readme)
foreach(name ${plain})
    otaria_script_test(NAME e2e_${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py HEAVY TIMEOUT 120)
endforeach()
