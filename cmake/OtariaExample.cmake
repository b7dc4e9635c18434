# otaria_header_example(HEADER OUT)
#   Writes the example of device/include/otaria/HEADER, as it stands there, to OUT: the lines of a comment that are
#   indented by five spaces. A test includes it in a function.

function(otaria_header_example header out)
    set(path ${CMAKE_SOURCE_DIR}/device/include/otaria/${header})
    file(READ ${path} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    string(REPLACE ";" "<semicolon>" text "${text}")
    string(REGEX MATCHALL "\n \\*     [^\n]*" lines "${text}")
    list(JOIN lines "" text)
    string(REPLACE "\n *     " "\n    " text "${text}")
    string(REPLACE "<semicolon>" ";" text "${text}")
    file(CONFIGURE OUTPUT ${out} CONTENT "${text}\n" @ONLY)
endfunction()
