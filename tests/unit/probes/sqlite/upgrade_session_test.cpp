#include "probes/sqlite/upgrade_session.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "probes/sqlite/journal_file.h"
#include "probes/sqlite/real_path.h"
#include "tests/support/catch.h"
#include "tests/support/known_tools.h"
#include "tests/support/scratch.h"

namespace schemalatch::sqlite {
namespace {

using model::FailureKind;
using model::Outcome;
using support::Scratch;

model::Deadline soon() { return {std::chrono::steady_clock::now() + std::chrono::seconds{10}, -1}; }
model::Deadline now() { return {std::chrono::steady_clock::now(), -1}; }

using Session = std::unique_ptr<model::UpgradeSession>;

Session session_of(const std::string& file, const std::string& lock_name = "") {
    return make_upgrade_session({.file = file,
                                 .tool = support::golang_migrate(),
                                 .table = "",
                                 .journal = true,
                                 .lock_name = lock_name,
                                 .host = "here",
                                 .name = "a test"});
}

Session opened(const std::string& file, const std::string& lock_name = "") {
    auto session = session_of(file, lock_name);
    REQUIRE(session->open(soon()));
    return session;
}

Session locked(const std::string& file) {
    auto session = opened(file);
    REQUIRE(session->try_lock(soon()) == true);
    return session;
}

Session with_journal(const std::string& file) {
    auto session = locked(file);
    REQUIRE(session->open_journal(soon()));
    return session;
}

void execute(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

std::string answer(const std::string& file, const std::string& sql) {
    const auto database = open_existing(file, Sharing::shared, soon());
    REQUIRE(database);
    const auto rows = prepare(database->get(), sql);
    REQUIRE(rows);
    REQUIRE(sqlite3_step(rows->get()) == SQLITE_ROW);
    return column_text(rows->get(), 0).value_or("NULL");
}

constexpr const char* kMigrated =
    "CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (3, 0)";

model::NewRun new_run(const std::string& id) {
    return {id, "sha256:1", {"3", "a \"b\"\n\\"}, {"1"}, "here", "", "migrate"};
}

std::string whole(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("two names of one database have one lock", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    std::filesystem::create_directory(scratch.path("folder"));
    std::filesystem::create_directory_symlink(scratch.folder(), scratch.path("folder/back"));
    std::filesystem::create_symlink("../app.db", scratch.path("folder/name.db"));
    std::filesystem::create_symlink("name.db", scratch.path("folder/name2.db"));
    const bool is_there = GENERATE(false, true);
    if (is_there) execute(file, kMigrated);
    CAPTURE(is_there);
    const auto first = locked(file);
    CHECK(opened(scratch.path("folder/../app.db"))->try_lock(soon()) == false);
    CHECK(opened(scratch.path("folder/back/app.db"))->try_lock(soon()) == false);
    CHECK(opened(scratch.path("folder/name2.db"))->try_lock(soon()) == false);
    CHECK(opened(scratch.path("other.db"))->try_lock(soon()) == true);
    CHECK_FALSE(std::filesystem::exists(scratch.path("folder/name.db.schemalatch-lock")));
    CHECK(std::filesystem::exists(file) == is_there);
}

TEST_CASE("links that lead in a circle are told, and so is a folder that is missing", "[sqlite]") {
    const Scratch scratch;
    std::filesystem::create_symlink("b", scratch.path("a"));
    std::filesystem::create_symlink("a", scratch.path("b"));
    const auto circle = real_path(scratch.path("a"));
    REQUIRE_FALSE(circle);
    CHECK(circle.error().find("too many links") != std::string::npos);
    const auto missing = session_of(scratch.path("no/app.db"))->open(soon());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == FailureKind::unreachable);
    CHECK(missing.error().detail.find("create it, or correct the URL") != std::string::npos);
}

TEST_CASE("lock_name narrows the lock, and never leaves the folder", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto first = locked(file);
    const auto narrow = opened(file, "../x y");
    CHECK(narrow->try_lock(soon()) == true);
    CHECK(opened(file, "../x y")->try_lock(soon()) == false);
    CHECK(opened(file, "..%2fx y")->try_lock(soon()) == true);
    CHECK(std::filesystem::exists(file + ".schemalatch-lock-..%2fx%20y"));
}

TEST_CASE("who waits is told who holds the lock and how to end that", "[sqlite]") {
    const Scratch scratch;
    const auto first = locked(scratch.path("app.db"));
    const auto second = opened(scratch.path("app.db"));
    CHECK(second->try_lock(soon()) == false);
    CHECK(second->holder(soon()) == "\"a test\" (to end it: kill " + std::to_string(getpid()) +
                                        " on here; to see whether it is that: fuser " +
                                        scratch.path("app.db.schemalatch-lock") + ")");
}

TEST_CASE("opened anew, a session has given up its lock, also for who has a copy", "[sqlite]") {
    const Scratch scratch;
    const auto first = locked(scratch.path("app.db"));
    const int copy = dup(first->lock_fd());
    REQUIRE(first->open(soon()));
    CHECK_FALSE(first->confirm_lock(soon()));
    CHECK(opened(scratch.path("app.db"))->try_lock(soon()) == true);
    close(copy);
}

TEST_CASE("a lock whose file was removed or replaced is lost", "[sqlite]") {
    const Scratch scratch;
    const auto session = with_journal(scratch.path("app.db"));
    REQUIRE(session->begin(new_run("r"), soon()));
    CHECK(session->confirm_lock(soon()));
    CHECK(session->beat("r", soon()));
    std::filesystem::remove(scratch.path("app.db.schemalatch-lock"));
    if (GENERATE(false, true)) locked(scratch.path("app.db"));
    const auto lost = session->beat("r", soon());
    REQUIRE_FALSE(lost);
    CHECK(lost.error().kind == FailureKind::unreachable);
    CHECK(lost.error().detail.find("was removed or replaced") != std::string::npos);
}

TEST_CASE("who waits for a lock file that is replaced locks the new one", "[sqlite]") {
    const Scratch scratch;
    const auto waiter = opened(scratch.path("app.db"));
    std::filesystem::remove(scratch.path("app.db.schemalatch-lock"));
    const auto next = locked(scratch.path("app.db"));
    CHECK(waiter->try_lock(soon()) == false);
    CHECK(next->confirm_lock(soon()));
}

TEST_CASE("a lock on this machine's file system is not void", "[sqlite]") {
    const Scratch scratch;
    execute(scratch.path("app.db"), kMigrated);
    CHECK(opened(scratch.path("app.db"))->why_lock_is_void(soon()) == "");
}

TEST_CASE("a database that is not there yet holds nothing, and is not made by looking", "[sqlite]") {
    const Scratch scratch;
    const auto session = with_journal(scratch.path("app.db"));
    const auto before = session->observe(soon());
    REQUIRE(before);
    CHECK_FALSE(before->has_table);
    CHECK(before->table == "schema_migrations");
    CHECK_FALSE(std::filesystem::exists(scratch.path("app.db")));
    execute(scratch.path("app.db"), kMigrated);
    const auto after = session->observe(soon());
    REQUIRE(after);
    REQUIRE(after->rows.size() == 1);
    CHECK(after->rows[0].id == "3");
}

TEST_CASE("what is in the way of a look is never told as a lost lock", "[sqlite]") {
    const Scratch scratch;
    execute(scratch.path("app.db"),
            "CREATE VIEW schema_migrations AS WITH RECURSIVE x(version) AS (SELECT 1 UNION ALL SELECT version + 1 "
            "FROM x) SELECT sum(version) AS version, 0 AS dirty FROM x");
    const auto seen = locked(scratch.path("app.db"))->observe(now());
    REQUIRE_FALSE(seen);
    CHECK(seen.error().kind == FailureKind::blocked);
}

TEST_CASE("what a killed writer left half written is rolled back by a look under the lock", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    execute(file, kMigrated);
    const std::string wal = GENERATE("DELETE", "WAL");
    CAPTURE(wal);
    execute(file, "PRAGMA journal_mode = " + wal + "; CREATE TABLE big (x)");
    const auto writer = fork();
    if (writer == 0) {
        sqlite3* database = nullptr;
        sqlite3_open(file.c_str(), &database);
        const int code =
            sqlite3_exec(database,
                         "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; "
                         "UPDATE schema_migrations SET version = 4; WITH RECURSIVE n(i) AS (SELECT 1 UNION "
                         "ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO big SELECT randomblob(4000) FROM n",
                         nullptr, nullptr, nullptr);
        _exit(code);  // as if killed
    }
    int status = 0;
    waitpid(writer, &status, 0);
    REQUIRE(status == 0);
    REQUIRE(std::filesystem::file_size(file + (wal == "WAL" ? "-wal" : "-journal")) > 0);
    const auto seen = locked(file)->observe(soon());
    REQUIRE(seen);
    REQUIRE(seen->rows.size() == 1);
    CHECK(seen->rows[0].id == "3");
}

TEST_CASE("a run is told from its begin to its end, the newest first", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto session = with_journal(file);
    REQUIRE(session->begin(new_run("first"), soon()));
    REQUIRE(session->end("first", {Outcome::failed, 7, {"1"}}, soon()));
    REQUIRE(session->begin(new_run("second"), soon()));
    const auto runs = session->newest_runs(soon());
    REQUIRE(runs);
    REQUIRE(runs->size() == 2);
    const auto &second = runs->front(), &first = runs->back();
    CHECK(second.id == "second");
    CHECK(second.outcome == Outcome::running);
    CHECK(second.by == "here");
    CHECK_FALSE(second.ended_ago);
    CHECK_FALSE(second.exit_code);
    CHECK(first.outcome == Outcome::failed);
    CHECK(first.exit_code == 7);
    CHECK(first.digest == "sha256:1");
    CHECK(first.required == std::vector<std::string>{"3", "a \"b\"\n\\"});
    REQUIRE(first.ended_ago);
    CHECK(*first.ended_ago <= first.started_ago);
    CHECK(first.started_at.size() == std::string{"2026-01-01T00:00:00Z"}.size());
    CHECK(answer(file + ".schemalatch-journal", "SELECT to_versions FROM run WHERE id = 'first'") == "[\"1\"]");
}

TEST_CASE("a new run ends those that have no end", "[sqlite]") {
    const Scratch scratch;
    const auto session = with_journal(scratch.path("app.db"));
    REQUIRE(session->begin(new_run("first"), soon()));
    REQUIRE(session->begin(new_run("second"), soon()));
    const auto found = session->predecessors(soon());
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().id == "second");
    CHECK(session->newest_runs(soon())->back().outcome == Outcome::vanished);
}

TEST_CASE("a run before ours is at work only while its process lives", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto runner = fork();
    if (runner == 0) {
        const auto session = session_of(file);
        const bool done = session->open(soon()) && session->try_lock(soon()) == true && session->open_journal(soon()) &&
                          session->begin(new_run("gone"), soon());
        _exit(done ? 0 : 1);
    }
    int status = 0;
    waitpid(runner, &status, 0);
    REQUIRE(status == 0);
    const auto session = with_journal(file);
    auto found = session->predecessors(soon());
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().by == "here");
    CHECK_FALSE(found->front().active);
    CHECK(found->front().silent < std::chrono::seconds{10});
    REQUIRE(session->begin(new_run("ours"), soon()));
    found = session->predecessors(soon());
    REQUIRE(found);
    CHECK(found->front().active);
}

TEST_CASE("a heartbeat makes the silence short, and a clock that was set back keeps nobody waiting", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto session = with_journal(file);
    REQUIRE(session->begin(new_run("r"), soon()));
    const std::string set = "UPDATE run SET heartbeat_at = ";
    execute(file + ".schemalatch-journal", set + "'2020-01-01T00:00:00.000Z'");
    CHECK(session->predecessors(soon())->front().silent > std::chrono::hours{1000});
    CHECK(session->newest_runs(soon())->front().outcome == Outcome::vanished);
    execute(file + ".schemalatch-journal", set + "'2990-01-01T00:00:00.000Z'");
    CHECK(session->predecessors(soon())->front().silent > std::chrono::hours{1000});
    execute(file + ".schemalatch-journal", set + "'nonsense'");
    CHECK(session->predecessors(soon())->front().silent > model::kHeartbeatLimit);
    REQUIRE(session->beat("r", soon()));
    CHECK(session->predecessors(soon())->front().silent < std::chrono::seconds{10});
}

TEST_CASE("the lineage is counted only where it differs", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto journal = file + ".schemalatch-journal";
    const auto session = with_journal(file);
    REQUIRE(session->write_lineage({{"a", {}}, {"b", {"a"}}}, soon()));
    REQUIRE(session->write_lineage({{"b", {"a"}}}, soon()));
    CHECK(answer(journal, "SELECT lineage FROM version") == "1");
    REQUIRE(session->write_lineage({{"b", {"a", "c"}}, {"c", {}}}, soon()));
    CHECK(answer(journal, "SELECT lineage FROM version") == "2");
    CHECK(answer(journal, "SELECT parents FROM lineage WHERE revision = 'b'") == "[\"a\", \"c\"]");
}

TEST_CASE("a journal that is not ours, or of another format, is left alone", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto journal = file + ".schemalatch-journal";
    std::string said;
    SECTION("another database") {
        execute(journal, "CREATE TABLE precious (x)");
        said = "is no journal of schemalatch; move it away";
    }
    SECTION("a higher format") {
        REQUIRE(with_journal(file)->open_journal(soon()));
        execute(journal, "PRAGMA user_version = 2");
        said = "is of format 2, and this schemalatch writes format 1";
    }
    SECTION("no database at all") {
        scratch.write("app.db.schemalatch-journal", std::string(5000, 'x'));
        said = "file is not a database; if it is damaged, move it away";
    }
    SECTION("a database that is damaged") {
        REQUIRE(with_journal(file)->open_journal(soon()));
        std::fstream{journal, std::ios::in | std::ios::out}.seekp(100) << std::string(3000, 'x');
        said = "malformed; if it is damaged, move it away";
    }
    SECTION("a table is missing") {
        REQUIRE(with_journal(file)->open_journal(soon()));
        execute(journal, "DROP TABLE version");
        said = "no such table: version";
    }
    SECTION("another name of a file") {
        execute(scratch.path("precious"), "CREATE TABLE precious (x)");
        std::filesystem::create_hard_link(scratch.path("precious"), journal);
        said = "is not a file of its own; move it away";
    }
    SECTION("a pipe") {
        REQUIRE(mkfifo(journal.c_str(), 0600) == 0);
        const auto refused = locked(file)->open_journal(soon());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().detail.find("is not a file of its own") != std::string::npos);
        return;
    }
    const auto before = whole(journal);
    const auto session = locked(file);
    const auto refused = session->open_journal(soon());
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().detail);
    CHECK(refused.error().kind != FailureKind::unreachable);
    CHECK(refused.error().detail.find(said) != std::string::npos);
    CHECK(whole(journal) == before);
    CHECK_FALSE(session->begin(new_run("r"), soon()));
}

TEST_CASE("a journal that another program holds is not waited for beyond the deadline", "[sqlite]") {
    const Scratch scratch;
    const auto file = scratch.path("app.db");
    const auto session = with_journal(file);
    const auto other = open_to_write(file + ".schemalatch-journal", Absent::is_an_error, soon());
    REQUIRE(other);
    REQUIRE(sqlite3_exec(other->get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto refused = session->begin(new_run("r"), now());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == FailureKind::blocked);
}

TEST_CASE("without a journal a session says so and locks all the same", "[sqlite]") {
    const Scratch scratch;
    const auto session = make_upgrade_session({.file = scratch.path("app.db"),
                                               .tool = support::alembic(),
                                               .table = "",
                                               .journal = false,
                                               .lock_name = "",
                                               .host = "",
                                               .name = ""});
    REQUIRE(session->open(soon()));
    CHECK(session->try_lock(soon()) == true);
    CHECK(session->open_journal(soon()).error().detail == "journal is switched off");
    CHECK_FALSE(std::filesystem::exists(scratch.path("app.db.schemalatch-journal")));
}

TEST_CASE("readers of SQLite get their rights by files", "[sqlite]") {
    const Scratch scratch;
    const auto session = with_journal(scratch.path("app.db"));
    CHECK(session->grant({}, soon()));
    const auto refused = session->grant({"reader"}, soon());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == FailureKind::denied);
    CHECK(refused.error().detail.find("the rights of files decide") != std::string::npos);
}

}  // namespace
}  // namespace schemalatch::sqlite
