# The one place for our compiler flags. Ours link schemalatch_flags; third parties never see it.
option(SCHEMALATCH_WERROR "Treat warnings as errors (the developer presets do)" OFF)
option(SCHEMALATCH_STATIC "One static executable (the preset static)" OFF)
set(SCHEMALATCH_SANITIZE "" CACHE STRING "Value of -fsanitize=, for our own code")

add_library(schemalatch_flags INTERFACE)
target_compile_features(schemalatch_flags INTERFACE cxx_std_20)
target_include_directories(schemalatch_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(schemalatch_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  $<$<BOOL:${SCHEMALATCH_WERROR}>:-Werror>)
if(SCHEMALATCH_SANITIZE)
  target_compile_options(schemalatch_flags INTERFACE
    -fsanitize=${SCHEMALATCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(schemalatch_flags INTERFACE -fsanitize=${SCHEMALATCH_SANITIZE})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(SCHEMALATCH_CCACHE ccache)
if(SCHEMALATCH_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SCHEMALATCH_CCACHE})
endif()
