#include "probes/sqlite/journal_reader.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "probes/sqlite/database.h"
#include "probes/sqlite/journal_file.h"
#include "probes/sqlite/real_path.h"
#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::sqlite {
namespace {

using model::JournalState;
using model::Outcome;
using support::Scratch;

model::Deadline soon() { return {std::chrono::steady_clock::now() + std::chrono::seconds{10}, -1}; }

const model::Target kTarget{"alembic", "", "alembic_version"};

// A folder with a database's name in it. There need not be a database for its journal to be read.
struct Place {
    Scratch scratch;
    std::filesystem::path database = scratch.path("app.db");
    std::filesystem::path journal = scratch.path("app.db.schemalatch-journal");

    JournalFile writer(const model::Target& target = kTarget) const {
        JournalFile file{journal, "", target};
        REQUIRE(file.create(soon()));
        return file;
    }
    JournalReader reader() const { return {database, kTarget, true}; }

    void execute(const std::string& sql) const {
        sqlite3* handle = nullptr;
        REQUIRE(sqlite3_open(journal.c_str(), &handle) == SQLITE_OK);
        CHECK(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(handle);
    }

    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator{scratch.folder()})
            names.insert(entry.path().filename());
        return names;
    }
};

model::NewRun new_run(const std::string& id) { return {id, "sha256:1", {"r1", "r2"}, {}, "here", "pod", "migrate"}; }

// What a look is told, by a reader that has not read before.
model::JournalPtr told(const Place& place) { return place.reader().read(soon()); }

TEST_CASE("a database beside which nothing is kept has no journal, and gets none by looking", "[sqlite][journal]") {
    const Place place;
    REQUIRE(told(place) != nullptr);
    CHECK(told(place)->state == JournalState::absent);
    CHECK(place.files().empty());
}

TEST_CASE("what an upgrade writes beside a SQLite database a look reads", "[sqlite][journal]") {
    const Place place;
    const auto writer = place.writer();
    REQUIRE(writer.begin(new_run("first"), soon()));
    REQUIRE(writer.end("first", {Outcome::failed, 7, {}}, soon()));
    REQUIRE(writer.begin(new_run("second"), soon()));
    REQUIRE(writer.write_lineage({{"r1", {}}, {"r3", {"r1", "r2"}}}, soon()));
    const auto journal = told(place);
    REQUIRE(journal != nullptr);
    CHECK(journal->state == JournalState::present);
    CHECK(journal->current);
    REQUIRE(journal->runs.size() == 2);
    const auto &second = journal->runs[0], &first = journal->runs[1];
    CHECK(second.outcome == Outcome::running);
    CHECK(second.by == "pod");
    CHECK(first.outcome == Outcome::failed);
    CHECK(first.exit_code == 7);
    CHECK(first.required == std::vector<std::string>{"r1", "r2"});
    CHECK(first.ended_at.size() == std::string{"2026-01-01T00:00:00Z"}.size());
    REQUIRE(journal->lineage != nullptr);
    CHECK(*journal->lineage == model::Parents{{"r1", {}}, {"r3", {"r1", "r2"}}});
    CHECK(place.files() == std::set<std::string>{"app.db.schemalatch-journal"});
}

TEST_CASE("a look takes the newest five runs of its own bookkeeping", "[sqlite][journal]") {
    const Place place;
    for (const auto* id : {"1", "2", "3", "4", "5", "6"}) REQUIRE(place.writer().begin(new_run(id), soon()));
    REQUIRE(place.writer({"alembic", "", "other"}).begin(new_run("table"), soon()));
    REQUIRE(place.writer({"flyway", "", "alembic_version"}).begin(new_run("tool"), soon()));
    REQUIRE(place.writer({"alembic", "", "other"}).write_lineage({{"x", {}}}, soon()));
    const auto journal = told(place);
    REQUIRE(journal->runs.size() == 5);
    CHECK(journal->runs.front().id == "6");
    CHECK(journal->runs.back().id == "2");
    CHECK(journal->lineage->empty());
}

TEST_CASE("a run whose heartbeat has stopped is told as vanished", "[sqlite][journal]") {
    const Place place;
    REQUIRE(place.writer().begin(new_run("gone"), soon()));
    place.execute("UPDATE run SET heartbeat_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-6 seconds')");
    CHECK(told(place)->runs.front().outcome == Outcome::vanished);
}

TEST_CASE("the journal is found beside the real file, whatever links lead there", "[sqlite][journal]") {
    const Place place;
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    std::filesystem::create_directory(place.scratch.path("folder"));
    std::filesystem::create_symlink("../app.db", place.scratch.path("folder/link.db"));
    const auto journal = JournalReader{place.scratch.path("folder/link.db"), kTarget, false}.read(soon());
    CHECK(journal->runs.size() == 1);
    CHECK(journal->lineage == nullptr);
}

TEST_CASE("what is no journal of this format is told as absent, and left as it is", "[sqlite][journal]") {
    const Place place;
    SECTION("an empty file") { std::ofstream{place.journal}; }
    SECTION("another program's database") { place.execute("CREATE TABLE run (x)"); }
    SECTION("no database") { std::ofstream{place.journal} << std::string(5000, 'x'); }
    SECTION("a higher format") {
        REQUIRE(place.writer().begin(new_run("r"), soon()));
        place.execute("PRAGMA user_version = 2; ALTER TABLE run RENAME TO runs");
    }
    SECTION("a folder") { std::filesystem::create_directory(place.journal); }
    SECTION("a pipe") { REQUIRE(mkfifo(place.journal.c_str(), 0600) == 0); }
    SECTION("a link") {
        REQUIRE(place.writer().begin(new_run("r"), soon()));
        std::filesystem::rename(place.journal, place.scratch.path("elsewhere"));
        std::filesystem::create_symlink("elsewhere", place.journal);
    }
    const auto files = place.files();
    const auto journal = told(place);
    REQUIRE(journal != nullptr);
    CHECK(journal->state == JournalState::absent);
    CHECK(journal->runs.empty());
    CHECK(place.files() == files);
}

TEST_CASE("a journal that cannot be read this time keeps what was known of it", "[sqlite][journal]") {
    const Place place;
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    REQUIRE(place.writer().write_lineage({{"r2", {"r1"}}}, soon()));
    auto reader = place.reader();
    REQUIRE(reader.read(soon())->runs.size() == 1);
    std::optional<Database> holder;
    auto deadline = soon();
    SECTION("another program holds it") {
        auto other = open_to_write(place.journal, Absent::is_an_error, soon());
        REQUIRE(other);
        holder.emplace(std::move(*other));
        REQUIRE(sqlite3_exec(holder->get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    SECTION("it is damaged") {
        std::fstream{place.journal, std::ios::in | std::ios::out}.seekp(4096) << std::string(8192, 'x');
    }
    SECTION("a table is missing") { place.execute("DROP TABLE run"); }
    SECTION("a table has become a view, which might never end") {
        place.execute("ALTER TABLE run RENAME TO hidden; CREATE VIEW run AS SELECT * FROM hidden");
    }
    SECTION("a list is none") { place.execute("UPDATE run SET required = '[\"r1\"'"); }
    SECTION("a text is too long") { place.execute("UPDATE run SET host = printf('%.*c', 2000000, 'x'), pod = NULL"); }
    SECTION("there is no time left") { deadline.at = std::chrono::steady_clock::now(); }
    const auto kept = reader.read(deadline);
    REQUIRE(kept != nullptr);
    CHECK(kept->state == JournalState::present);
    CHECK_FALSE(kept->current);
    CHECK(kept->runs.empty());
    REQUIRE(kept->lineage != nullptr);
    CHECK(*kept->lineage == model::Parents{{"r2", {"r1"}}});
    CHECK(place.reader().read(deadline) == nullptr);
}

TEST_CASE("a run that is not what we write hides no other", "[sqlite][journal]") {
    const Place place;
    REQUIRE(place.writer().begin(new_run("good"), soon()));
    REQUIRE(place.writer().begin(new_run("bad"), soon()));
    SECTION("of no known outcome") { place.execute("UPDATE run SET outcome = 'exploded' WHERE id = 'bad'"); }
    SECTION("of no instant") { place.execute("UPDATE run SET started_at = 'yesterday' WHERE id = 'bad'"); }
    const auto journal = place.reader().read(soon());
    REQUIRE(journal != nullptr);
    CHECK(journal->current);
    REQUIRE(journal->runs.size() == 1);
    CHECK(journal->runs.front().id == "good");
}

TEST_CASE("of a lineage that is larger than any is the runs are still told", "[sqlite][journal]") {
    const Place place;
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    const std::string many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ";
    SECTION("in rows") {
        place.execute(many + "100001) INSERT INTO lineage SELECT 'alembic', '', 'alembic_version', i, '[]' FROM n");
    }
    SECTION("in bytes") {
        place.execute(many +
                      "20000) INSERT INTO lineage SELECT 'alembic', '', 'alembic_version', "
                      "i || printf('%.990c', 'x'), '[]' FROM n");
    }
    const auto journal = told(place);
    REQUIRE(journal != nullptr);
    CHECK(journal->runs.size() == 1);
    CHECK(journal->lineage == nullptr);
}

TEST_CASE("a lineage that takes too long hides neither the runs nor what was known of it", "[sqlite][journal]") {
    const Place place;
    auto reader = place.reader();
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    REQUIRE(place.writer().write_lineage({{"r1", {}}}, soon()));
    REQUIRE(reader.read(soon())->lineage != nullptr);
    place.execute("DROP TABLE lineage");
    place.execute(
        "CREATE TABLE lineage (tool, target_schema, target_table, parents, n, revision AS (hex(zeroblob(n))))");
    place.execute(
        "WITH RECURSIVE i(n) AS (SELECT 400000 UNION ALL SELECT n + 1 FROM i LIMIT 5000) "
        "INSERT INTO lineage SELECT 'alembic', '', 'alembic_version', '[]', n FROM i");
    const auto journal = reader.read(soon());
    CHECK(journal->current);
    CHECK(journal->runs.size() == 1);
    CHECK(journal->lineage != nullptr);
}

TEST_CASE("a journal that is removed is missed, and one that comes back is found", "[sqlite][journal]") {
    const Place place;
    auto reader = place.reader();
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    CHECK(reader.read(soon())->state == JournalState::present);
    std::filesystem::remove(place.journal);
    CHECK(reader.read(soon())->state == JournalState::absent);
    REQUIRE(place.writer().begin(new_run("r"), soon()));
    CHECK(reader.read(soon())->runs.size() == 1);
}

TEST_CASE("in a folder that is not there nothing is known of a journal", "[sqlite][journal]") {
    const Scratch scratch;
    CHECK(JournalReader{scratch.path("no/app.db"), kTarget, true}.read(soon()) == nullptr);
}

}  // namespace
}  // namespace schemalatch::sqlite
