# The example application as a process.
if(TARGET emon-posix AND TARGET otaria)
    otaria_script_test(NAME e2e_emon COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_emon.py HEAVY TIMEOUT 120)
endif()
