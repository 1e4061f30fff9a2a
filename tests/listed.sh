#!/bin/sh
# The test `all_tests_are_listed`: a test file that CMakeLists.txt does not name would be green without being run.
set -eu

cd "$(dirname "$0")"
unlisted=$(find unit integration cli kubelet -name '*_test.cpp' -o -name '*_test.py' | while read -r file; do
    grep -qF "$file" CMakeLists.txt || echo "$file"
done)
[ -z "$unlisted" ] || { echo "listed.sh: tests/CMakeLists.txt does not name: $unlisted" >&2 && exit 1; }
unlisted=$(sed -n 's/^    "\(.*\)": .*/\1/p' faults/catalogue.py | while read -r fault; do
    grep -qw "$fault" CMakeLists.txt || echo "$fault"
done)
[ -z "$unlisted" ] || { echo "listed.sh: tests/CMakeLists.txt does not name the faults: $unlisted" >&2 && exit 1; }
unlisted=$(python3 -B conformance/try_out.py --list | tr ' ' '\n' | while read -r tool; do
    grep -q "^foreach(tool .* ${tool}[ )]" CMakeLists.txt || echo "$tool"
done)
[ -z "$unlisted" ] || { echo "listed.sh: tests/CMakeLists.txt does not name the tools: $unlisted" >&2 && exit 1; }
