# The preset `static`: what cmake/dependencies.cmake finds, as archives and headers only. fmt, spdlog and toml++ are
# compiled from their headers, for Debian ships no archive of them; cmake/static_sources.sh brings the rest.
execute_process(COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/static_sources.sh
  OUTPUT_VARIABLE static_folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
set(ZLIB_USE_STATIC_LIBS ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(libpq REQUIRED libpq)

add_library(static_libpq INTERFACE)
target_include_directories(static_libpq SYSTEM INTERFACE ${libpq_INCLUDE_DIRS})
target_link_libraries(static_libpq INTERFACE
  ${static_folder}/libpq.a ${static_folder}/libpgcommon.a ${static_folder}/libpgport.a
  OpenSSL::SSL OpenSSL::Crypto m)
add_library(PkgConfig::libpq ALIAS static_libpq)

# Without TLS and compression, which none of our uses has.
add_library(static_httplib INTERFACE)
target_include_directories(static_httplib SYSTEM BEFORE INTERFACE ${static_folder})
add_library(PkgConfig::httplib ALIAS static_httplib)

add_library(static_tomlplusplus INTERFACE)
add_library(PkgConfig::tomlplusplus ALIAS static_tomlplusplus)

file(GLOB prometheus_sources CONFIGURE_DEPENDS ${static_folder}/prometheus/src/*.cc)
add_library(static_prometheus STATIC ${prometheus_sources})
target_compile_features(static_prometheus PRIVATE cxx_std_17)
add_library(PkgConfig::prometheus ALIAS static_prometheus)

# spdlog's headers name fmt's shared library.
set_target_properties(spdlog::spdlog_header_only PROPERTIES
  INTERFACE_LINK_LIBRARIES "Threads::Threads;fmt::fmt-header-only")
set(SCHEMALATCH_SPDLOG spdlog::spdlog_header_only)
set(SCHEMALATCH_FMT fmt::fmt-header-only)
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-static-pie -Wl,--gc-sections)
