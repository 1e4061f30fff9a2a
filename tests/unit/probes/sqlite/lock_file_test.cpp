#include "probes/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::sqlite {
namespace {

using model::FailureKind;
using support::Scratch;

LockFile opened(const std::string& path) {
    auto file = LockFile::open(path);
    REQUIRE(file);
    return std::move(*file);
}

std::string text_of(const std::string& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

model::ProbeFailure refusal_of(const std::string& path) {
    const auto file = LockFile::open(path);
    REQUIRE_FALSE(file);
    return file.error();
}

TEST_CASE("a lock file is locked by one only, and free when its holder is gone", "[sqlite]") {
    const Scratch scratch;
    auto second = opened(scratch.path("lock"));
    {
        auto first = opened(scratch.path("lock"));
        CHECK(first.try_lock() == true);
        CHECK(second.try_lock() == false);
    }
    CHECK(second.try_lock() == true);
    CHECK(std::filesystem::exists(scratch.path("lock")));
}

TEST_CASE("a copy of the descriptor keeps the lock, and frees it for all copies", "[sqlite]") {
    const Scratch scratch;
    auto other = opened(scratch.path("lock"));
    int copy = -1;
    {
        auto first = opened(scratch.path("lock"));
        REQUIRE(first.try_lock() == true);
        copy = fcntl(first.fd(), F_DUPFD_CLOEXEC, 0);
    }
    CHECK(other.try_lock() == false);
    flock(copy, LOCK_UN);
    CHECK(other.try_lock() == true);
    close(copy);
}

TEST_CASE("the descriptor of a lock is not handed on to what is executed", "[sqlite]") {
    const Scratch scratch;
    CHECK((fcntl(opened(scratch.path("lock")).fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a lock file knows when its path leads elsewhere", "[sqlite]") {
    const Scratch scratch;
    const auto file = opened(scratch.path("lock"));
    CHECK(file.is_in_place());
    unlink(scratch.path("lock").c_str());
    CHECK_FALSE(file.is_in_place());
    scratch.write("lock", "");
    CHECK_FALSE(file.is_in_place());
}

TEST_CASE("the holder is read by another as it was written", "[sqlite]") {
    const Scratch scratch;
    auto first = opened(scratch.path("lock"));
    const auto second = opened(scratch.path("lock"));
    CHECK_FALSE(second.read_holder());
    first.write_holder({"12345", "a long host", "run by somebody with a long name"});
    first.write_holder({"7", "host", "run\nby=me"});
    const auto holder = second.read_holder();
    REQUIRE(holder);
    CHECK(holder->pid == "7");
    CHECK(holder->host == "host");
    CHECK(holder->name == "run\\x0aby=me");
}

TEST_CASE("what a stranger wrote into a lock file is bounded, printable and never a command", "[sqlite]") {
    const Scratch scratch;
    const auto path = scratch.write("lock", "pid=1; rm -rf /\nname=x\n");
    CHECK_FALSE(opened(path).read_holder());
    scratch.write("lock", "pid=12345678901\n");
    CHECK_FALSE(opened(path).read_holder());
    scratch.write("lock", "pid=1\nhost=\x1b[31m\nname=" + std::string(3000, 'x') + "\n");
    const auto holder = opened(path).read_holder();
    REQUIRE(holder);
    CHECK(holder->host == "\\x1b[31m");
    CHECK(holder->name.size() < 3000);
}

TEST_CASE("what is no lock file is refused and left as it was", "[sqlite]") {
    const Scratch scratch;
    const auto path = scratch.path("lock");
    SECTION("a symbolic link") {
        scratch.write("precious", "precious");
        REQUIRE(symlink(scratch.path("precious").c_str(), path.c_str()) == 0);
        CHECK(refusal_of(path).detail.find("is a symbolic link; move it away") != std::string::npos);
        CHECK(text_of(scratch.path("precious")) == "precious");
    }
    SECTION("a symbolic link that leads nowhere") {
        REQUIRE(symlink(scratch.path("nowhere").c_str(), path.c_str()) == 0);
        CHECK(refusal_of(path).kind == FailureKind::unreadable);
        CHECK_FALSE(std::filesystem::exists(scratch.path("nowhere")));
    }
    SECTION("another name of a file") {
        scratch.write("precious", "precious");
        REQUIRE(link(scratch.path("precious").c_str(), path.c_str()) == 0);
        CHECK(refusal_of(path).detail.find("is another name of some file") != std::string::npos);
        CHECK(text_of(scratch.path("precious")) == "precious");
    }
    SECTION("a pipe") {
        REQUIRE(mkfifo(path.c_str(), 0600) == 0);
        CHECK(refusal_of(path).detail.find("is a pipe, a socket or a device") != std::string::npos);
    }
    SECTION("a folder") {
        REQUIRE(mkdir(path.c_str(), 0700) == 0);
        CHECK(refusal_of(path).detail.find("is a folder") != std::string::npos);
    }
    SECTION("a file that is too long to be one") {
        scratch.write("lock", std::string(5000, 'x'));
        CHECK(refusal_of(path).detail.find("is somebody else's file") != std::string::npos);
        CHECK(text_of(path).size() == 5000);
    }
}

TEST_CASE("a device is refused as a lock file", "[sqlite]") {
    CHECK(refusal_of("/dev/null").kind == FailureKind::unreadable);
}

TEST_CASE("a lock file in a folder that is not there may come with its folder", "[sqlite]") {
    const Scratch scratch;
    CHECK(refusal_of(scratch.path("no/lock")).kind == FailureKind::unreachable);
}

TEST_CASE("a lock of this machine's file system is not void, and trying it leaves nothing behind", "[sqlite]") {
    const Scratch scratch;
    CHECK(why_lock_file_is_void(scratch.path("lock")) == "");
    CHECK(std::filesystem::is_empty(scratch.folder()));
}

}  // namespace
}  // namespace schemalatch::sqlite
