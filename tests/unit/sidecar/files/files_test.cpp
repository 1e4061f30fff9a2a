#include "sidecar/files/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::files {
namespace {

using support::Scratch;

std::string pipe_in(const Scratch& scratch) {
    const auto path = scratch.path("pipe");
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    return path;
}

TEST_CASE("a pipe that nobody writes to is empty, and never waited for", "[files]") {
    const Scratch scratch;
    CHECK(read(pipe_in(scratch)) == "");
}

TEST_CASE("a pipe is read to the end that its writer makes", "[files]") {
    const Scratch scratch;
    const auto path = pipe_in(scratch);
    const int both = open(path.c_str(), O_RDWR | O_NONBLOCK);
    const int writer = open(path.c_str(), O_WRONLY);
    REQUIRE(write(writer, "text", 4) == 4);
    close(writer);
    const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
    close(both);
    CHECK(read("/proc/self/fd/" + std::to_string(reader)) == "text");
    close(reader);
}

TEST_CASE("a device without an end is refused, not kept in memory", "[files]") {
    const auto endless = read("/dev/zero");
    REQUIRE_FALSE(endless);
    CHECK(endless.error() == "/dev/zero: File too large");
}

TEST_CASE("a URL in the place of a path is not repeated", "[files]") {
    const auto missing = read("postgresql://u:s3cret@h/d");
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == "a path that is not shown, for it may hold a password: No such file or directory");
}

TEST_CASE("only a regular file will do where it is read again and again", "[files]") {
    const Scratch scratch;
    CHECK(read_regular(scratch.write("file", "text")) == "text");
    CHECK_THAT(read_regular(pipe_in(scratch)).error(), Catch::Matchers::EndsWith("pipe: is no regular file"));
    CHECK_THAT(read_regular(scratch.path("none")).error(), Catch::Matchers::EndsWith("No such file or directory"));
}

}  // namespace
}  // namespace schemalatch::files
