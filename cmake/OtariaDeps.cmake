# Libraries from the system, looked up once. Link them by these names:
#   OpenSSL::SSL OpenSSL::Crypto Threads::Threads BearSSL::BearSSL
#   PkgConfig::SQLITE3 PkgConfig::JANSSON PkgConfig::CURL PkgConfig::INIH PkgConfig::CMOCKA

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
if(NOT OTARIA_TESTS STREQUAL "none")
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

find_path(BEARSSL_INCLUDE_DIR bearssl.h REQUIRED)
find_library(BEARSSL_LIBRARY bearssl REQUIRED)
add_library(BearSSL::BearSSL UNKNOWN IMPORTED)
set_target_properties(BearSSL::BearSSL PROPERTIES
    IMPORTED_LOCATION ${BEARSSL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${BEARSSL_INCLUDE_DIR})
