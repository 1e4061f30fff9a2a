#include "probes/sqlite/upgrade_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::sqlite {
namespace {

using support::Scratch;

LockFile opened(const std::string& path) {
    auto file = LockFile::open(path);
    REQUIRE(file);
    return std::move(*file);
}

LockFile locked(const std::string& path) {
    auto file = opened(path);
    REQUIRE(file.try_lock() == true);
    file.write_holder({"7", "host", "pod-1"});
    return file;
}

std::optional<model::LockHolder> holder_of(const std::string& database, const std::string& lock_name = "") {
    const auto look = look_at_lock(database, lock_name);
    REQUIRE(look);
    return *look;
}

std::string trouble_with(const std::string& database) {
    const auto look = look_at_lock(database, "");
    REQUIRE_FALSE(look);
    return look.error().detail;
}

TEST_CASE("whoever holds a lock file is told, and how to end that", "[lock]") {
    const Scratch scratch;
    const auto lock = locked(scratch.path("app.db.schemalatch-lock"));
    const auto holder = holder_of(scratch.path("app.db"));
    REQUIRE(holder);
    CHECK(holder->name == "pod-1");
    CHECK(holder->pid == 7);
    CHECK(holder->remedy ==
          "to end it: kill 7 on host; to see whether it is that: fuser " + scratch.path("app.db.schemalatch-lock"));
}

TEST_CASE("a holder that left no note is told as one without a name", "[lock]") {
    const Scratch scratch;
    auto lock = opened(scratch.path("app.db.schemalatch-lock"));
    REQUIRE(lock.try_lock() == true);
    const auto holder = holder_of(scratch.path("app.db"));
    REQUIRE(holder);
    CHECK(phrase(*holder) ==
          "one that could not be named (to find it: fuser " + scratch.path("app.db.schemalatch-lock") + ")");
}

TEST_CASE("a lock file that nobody has locked is stale, whatever stands in it", "[lock]") {
    const Scratch scratch;
    const auto path = scratch.path("app.db.schemalatch-lock");
    { const auto lock = locked(path); }
    CHECK_FALSE(holder_of(scratch.path("app.db")));
    auto lock = locked(path);
    CHECK(holder_of(scratch.path("app.db")));
    lock.unlock();
    CHECK_FALSE(holder_of(scratch.path("app.db")));
}

TEST_CASE("a lock lasts for a look as long as for who wants it: till the last copy is gone or one frees it", "[lock]") {
    const Scratch scratch;
    const auto path = scratch.path("app.db.schemalatch-lock");
    int copy = -1;
    {
        const auto lock = locked(path);
        copy = dup(lock.fd());
    }
    CHECK(holder_of(scratch.path("app.db")));
    free_lock(copy);
    CHECK_FALSE(holder_of(scratch.path("app.db")));
    CHECK(opened(path).try_lock() == true);
    close(copy);
}

TEST_CASE("a look at a lock creates nothing, and never stands in the way of who wants it", "[lock]") {
    const Scratch scratch;
    CHECK_FALSE(holder_of(scratch.path("app.db")));
    CHECK(std::filesystem::is_empty(scratch.path("")));
    const auto path = scratch.path("app.db.schemalatch-lock");
    auto lock = opened(path);
    const auto looking = LockFile::open_to_look(path);
    REQUIRE(looking);
    REQUIRE(*looking);
    CHECK((*looking)->is_held_by_another() == false);
    CHECK(lock.try_lock() == true);
    CHECK((*looking)->is_held_by_another() == true);
}

TEST_CASE("each lock_name has a lock of its own to look at", "[lock]") {
    const Scratch scratch;
    const auto lock = locked(scratch.path("app.db.schemalatch-lock-a%20b"));
    CHECK(holder_of(scratch.path("app.db"), "a b"));
    CHECK_FALSE(holder_of(scratch.path("app.db")));
}

TEST_CASE("what is no lock file is not taken for a free one", "[lock]") {
    const Scratch scratch;
    std::filesystem::create_directory(scratch.path("app.db.schemalatch-lock"));
    CHECK(trouble_with(scratch.path("app.db")).find("is a folder") != std::string::npos);
    CHECK(trouble_with(scratch.path("no/app.db")).find("cannot be reached") != std::string::npos);
    mkfifo(scratch.path("pipe.db.schemalatch-lock").c_str(), 0600);
    CHECK(trouble_with(scratch.path("pipe.db")).find("a pipe, a socket or a device") != std::string::npos);
}

}  // namespace
}  // namespace schemalatch::sqlite
