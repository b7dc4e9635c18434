# The server as a process. Each test takes seconds; they run beside each other.
foreach(name openapi publish serve crash device)
    otaria_script_test(NAME e2e_${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py)
endforeach()
