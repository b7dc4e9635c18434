# The `otaria` command by itself.
if(NOT TARGET otaria)
    return()
endif()
set(test_cli /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_cli.py)
otaria_script_test(NAME e2e_cli COMMAND ${test_cli} work HEAVY TIMEOUT 120)
otaria_script_test(NAME e2e_cli_usage COMMAND ${test_cli} usage HEAVY)
otaria_script_test(NAME e2e_cli_vectors COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_cli_vectors.py HEAVY)
