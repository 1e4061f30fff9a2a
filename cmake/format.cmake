# format: clang-format over the tracked sources; check_format: fails where one would change.
find_program(SCHEMALATCH_CLANG_FORMAT clang-format)
set(sources "git ls-files '*.cpp' '*.h' | xargs ${SCHEMALATCH_CLANG_FORMAT}")
add_custom_target(format COMMAND sh -c "${sources} -i" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
add_custom_target(check_format COMMAND sh -c "${sources} --dry-run -Werror" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
