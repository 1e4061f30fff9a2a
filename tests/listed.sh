#!/bin/sh
# The test `all_tests_are_listed`: a test file that CMakeLists.txt does not name would be green without being run.
set -eu

cd "$(dirname "$0")"
missing=0
for file in $(find unit integration cli -name '*_test.cpp' -o -name '*_test.py'); do
    grep -qF "$file" CMakeLists.txt || { echo "listed.sh: tests/CMakeLists.txt does not name $file" >&2 && missing=1; }
done
exit "$missing"
