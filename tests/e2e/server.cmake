# The server as a process. Each test takes seconds; they run beside each other.
set(server_tests openapi publish serve crash device)
if(TARGET firmware_demo)
    list(APPEND server_tests readme)
endif()
foreach(name ${server_tests})
    otaria_script_test(NAME e2e_${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py)
endforeach()
