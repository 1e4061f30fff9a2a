#include "sidecar/upgrade/upgrade.h"

#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/fake_upgrade.h"
#include "tests/support/requirements.h"

namespace schemalatch::upgrade {
namespace {

using model::FailureKind;
using model::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::needs_graph;
using support::needs_number;

// An upgrade to number 3 of a database at 1, by a command that does what the test says.
struct Story {
    support::FakePace pace;
    support::FakeCommandRunner command;
    support::FakeUpgradeSession session;
    Task task{"orders", needs_number("3"), {}, {}, {"run-1", "host-a", "", "alembic", ""}};

    Result run() { return upgrade(task, {session, command, pace}); }

    // The command takes so long, and leaves that version behind.
    void migrate_to(const std::string& version, seconds takes = seconds{1}, int exit_code = 0) {
        command.on_run = [=, this] {
            pace.at(pace.passed() + takes, [=, this] {
                session.version = version;
                command.exit(exit_code);
            });
        };
    }
};

model::Run failed_run(const std::string& digest, seconds ended_ago, Outcome outcome = Outcome::failed) {
    model::Run run;
    run.id = "run-0";
    run.by = "host-b";
    run.outcome = outcome;
    run.ended_ago = ended_ago;
    run.exit_code = 4;
    run.digest = digest;
    return run;
}

TEST_CASE("a command that gets there is recorded as succeeded, told to whoever listens, and exits 0", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    const auto result = story.run();
    CHECK(result.code == ExitCode::ready);
    CHECK(result.text == "at 3, needs 3");
    REQUIRE(story.session.begun.size() == 1);
    CHECK(story.session.begun[0].from == std::vector<std::string>{"1"});
    REQUIRE(story.session.ended.size() == 1);
    CHECK(story.session.ended[0].outcome == Outcome::succeeded);
    CHECK(story.session.ended[0].to == std::vector<std::string>{"3"});
    CHECK(story.session.announced >= 1);
}

TEST_CASE("the guardian holds the lock before the command runs", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    int held_at_run = -1;
    const auto migrate = story.command.on_run;
    story.command.on_run = [&] {
        held_at_run = story.command.held;
        migrate();
    };
    story.run();
    CHECK(held_at_run == story.session.lock_fd());
}

TEST_CASE("nothing is run where the requirement is met, unless it is told to always", "[upgrade]") {
    Story story;
    story.session.version = "3";
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.command.runs == 0);
    CHECK(story.session.begun.empty());

    story.task.options.always = true;
    story.migrate_to("3");
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.command.runs == 1);
}

TEST_CASE("readers are granted after a run, and also where nothing is run", "[upgrade]") {
    Story story;
    story.task.readers = {"ro"};
    story.session.version = "3";
    story.run();
    CHECK(story.session.granted == std::vector<std::string>{"ro"});
}

TEST_CASE("readers are granted also after a run that failed, or none of them would hear of it", "[upgrade]") {
    Story story;
    story.task.readers = {"ro"};
    story.migrate_to("1", seconds{1}, 7);
    story.run();
    CHECK(story.session.granted == std::vector<std::string>{"ro"});
}

TEST_CASE("the lineage is written although nothing is run, with the ancestry of the image", "[upgrade]") {
    Story story;
    story.task.requirement = needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}});
    story.session.version = "b";
    story.run();
    CHECK(story.session.written == model::Parents{{"a", {}}, {"b", {"a"}}});
}

TEST_CASE("a command that fails is recorded with its code and exits 10, even where the requirement is met",
          "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{1}, 7);
    const auto result = story.run();
    CHECK(result.code == ExitCode::command_failed);
    CHECK(result.text == "alembic exited with 7; at 3, needs 3");
    CHECK(story.session.ended.at(0).outcome == Outcome::failed);
    CHECK(story.session.ended.at(0).exit_code == 7);
}

TEST_CASE("a command that exits 0 without getting there exits 11", "[upgrade]") {
    Story story;
    story.migrate_to("2");
    CHECK(story.run().code == ExitCode::not_reached);
    CHECK(story.session.ended.at(0).outcome == Outcome::not_reached);
}

TEST_CASE("whoever listens is told as soon as the requirement is met, while the command goes on", "[upgrade]") {
    Story story;
    story.command.on_run = [&] {
        story.pace.at(story.pace.passed() + seconds{1}, [&] { story.session.version = "3"; });
        story.pace.at(story.pace.passed() + seconds{2}, [&] { CHECK(story.session.announced == 1); });
        story.pace.at(story.pace.passed() + seconds{9}, [&] { story.command.exit(0); });
    };
    CHECK(story.run().code == ExitCode::ready);
}

TEST_CASE("while the command runs the guardian is beaten each half second and the journal each second", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{100});
    story.run();
    CHECK(story.command.beats >= 200);
    CHECK(story.session.beats >= 95);
    CHECK(story.session.beats <= 105);
}

TEST_CASE("looks are each 5 ms at first, and each 50 ms after a minute", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{60});
    story.run();
    const int in_the_first_minute = story.session.looks;
    CHECK(in_the_first_minute >= 11'000);
    Story longer;
    longer.migrate_to("3", seconds{120});
    longer.run();
    CHECK(longer.session.looks - in_the_first_minute <= 1'300);
    CHECK(longer.session.looks - in_the_first_minute >= 1'100);
}

TEST_CASE("looks that take long are rarer, so that they take a tenth of the server at most", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{50});
    story.session.on_look = [&] { story.pace.sleep_until(story.pace.now() + milliseconds{105}, -1); };
    story.run();
    CHECK(story.session.looks >= 40);
    CHECK(story.session.looks <= 55);
}

TEST_CASE("after one look that had to wait the next is as soon as ever", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{10});
    story.session.on_look = [&] {
        if (story.session.looks == 1000) story.pace.sleep_until(story.pace.now() + milliseconds{500}, -1);
    };
    story.run();
    CHECK(story.session.looks >= 1890);
}

TEST_CASE("a lock that is lost while the command runs kills it at once and exits 9", "[upgrade]") {
    Story story;
    story.command.on_run = [&] {
        story.pace.at(story.pace.passed() + seconds{5}, [&] {
            story.session.down = {FailureKind::unreachable, "closed"};
        });
    };
    const auto result = story.run();
    CHECK(result.code == ExitCode::lock_lost);
    CHECK(story.command.killed);
    CHECK(story.pace.passed() < seconds{6});
}

TEST_CASE("a guardian that has let the lock go because we were stopped is a lost lock too", "[upgrade]") {
    Story story;
    story.command.on_run = [&] { story.command.ended = CommandEnd{CommandEnd::How::killed, 9, true}; };
    CHECK(story.run().code == ExitCode::lock_lost);
}

TEST_CASE("a session that is lost before the command runs is opened again, and the lock taken anew", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    story.session.unfinished = {{"run-0", "host-b", seconds{1}, true}};
    story.pace.at(milliseconds{1050}, [&] {
        story.session.down = {FailureKind::unreachable, "closed"};
        story.session.unfinished.clear();
    });
    story.pace.at(seconds{5}, [&] { story.session.down.reset(); });
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.session.opened > 1);
    CHECK(story.command.runs == 1);
}

TEST_CASE("told to stop it stops the command, records that, and exits as the signal says", "[upgrade]") {
    Story story;
    story.command.on_run = [&] {
        story.pace.at(story.pace.passed() + seconds{1}, [&] { story.pace.signal(SIGTERM); });
    };
    const auto result = story.run();
    CHECK(result.code == exit_code_of_signal(SIGTERM));
    CHECK(story.command.stopped_with == seconds{20});
    CHECK(story.session.ended.at(0).outcome == Outcome::aborted);
    CHECK(story.session.ended.at(0).to == std::vector<std::string>{"1"});
}

TEST_CASE("a hangup is passed on to the command and stops nothing", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.pace.at(seconds{2}, [&] { story.pace.signal(SIGHUP); });
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.command.passed == std::vector<int>{SIGHUP});
}

TEST_CASE("told to stop while it waits it runs nothing", "[upgrade]") {
    Story story;
    story.session.lock_held = true;
    story.pace.at(seconds{3}, [&] { story.pace.signal(SIGINT); });
    CHECK(story.run().code == exit_code_of_signal(SIGINT));
    CHECK(story.command.runs == 0);
}

TEST_CASE("a lock that stays held ends in exit code 8 and the holder's name", "[upgrade]") {
    Story story;
    story.session.lock_held = true;
    const auto result = story.run();
    CHECK(result.code == ExitCode::locked);
    CHECK(result.text == "the lock is still held after 600 s, by \"somebody\"");
    CHECK(story.pace.passed() >= std::chrono::minutes{10});
}

TEST_CASE("a database that does not come up ends in exit code 5, a refused login in 6 after 30 s", "[upgrade]") {
    Story story;
    story.session.down = {FailureKind::unreachable, "connection refused"};
    CHECK(story.run().code == ExitCode::unreachable);
    CHECK(story.pace.passed() >= std::chrono::minutes{10});

    Story refused;
    refused.session.down = {FailureKind::denied, "wrong password"};
    CHECK(refused.run().code == ExitCode::denied);
    CHECK(refused.pace.passed() >= seconds{30});
    CHECK(refused.pace.passed() < seconds{32});
}

TEST_CASE("a lock that keeps nobody out is refused with the remedy", "[upgrade]") {
    Story story;
    story.session.lock_void = "a second session was given the same lock";
    const auto result = story.run();
    CHECK(result.code == ExitCode::config);
    CHECK(result.text ==
          "a lock taken through this URL would keep nobody out (a second session was given the same lock); set "
          "lock_url to the server itself");
    CHECK(story.command.runs == 0);
}

TEST_CASE("a run before ours is waited for while its heartbeat is young or its sessions are at work", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    story.session.unfinished = {{"run-0", "host-b", seconds{4}, false}};
    story.pace.at(seconds{1}, [&] { story.session.unfinished = {{"run-0", "host-b", seconds{5}, true}}; });
    story.pace.at(seconds{7}, [&] { story.session.unfinished = {{"run-0", "host-b", seconds{12}, false}}; });
    story.run();
    CHECK(story.command.runs == 1);
    CHECK(story.pace.passed() >= seconds{8});
    CHECK(story.pace.passed() < seconds{9});
}

TEST_CASE("without a journal who saw the lock held waits 5 s after getting it, unless the requirement is met",
          "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{2});
    story.session.has_journal = false;
    story.session.lock_held = true;
    story.pace.at(seconds{2}, [&] { story.session.lock_held = false; });
    story.run();
    CHECK(story.pace.passed() >= seconds{9});
    CHECK(story.session.confirmed >= 1);

    Story met;
    met.session.has_journal = false;
    met.session.lock_held = true;
    met.session.version = "3";
    met.pace.at(seconds{2}, [&] { met.session.lock_held = false; });
    CHECK(met.run().code == ExitCode::ready);
    CHECK(met.pace.passed() < seconds{3});
}

TEST_CASE("a run towards the same that failed while we waited is not repeated", "[upgrade]") {
    Story story;
    story.session.lock_held = true;
    story.pace.at(seconds{10}, [&] { story.session.lock_held = false; });
    story.session.runs = {failed_run(story.task.requirement.digest, seconds{1})};
    const auto result = story.run();
    CHECK(result.code == ExitCode::command_failed);
    CHECK(result.text ==
          "the run of host-b towards the same or more failed with exit code 4 while this one waited; mend its "
          "cause, then run "
          "the upgrade again, or give --retry");
    CHECK(story.command.runs == 0);
}

TEST_CASE("older failures, other requirements and --retry do not keep the command from being run", "[upgrade]") {
    struct Row {
        seconds ended_ago;
        bool same;
        bool retry;
    };
    for (const auto& row :
         {Row{seconds{11}, true, false}, Row{seconds{1}, false, false}, Row{seconds{1}, true, true}}) {
        Story story;
        story.migrate_to("3");
        story.session.lock_held = true;
        story.pace.at(seconds{10}, [&] { story.session.lock_held = false; });
        story.session.runs = {failed_run(row.same ? story.task.requirement.digest : "sha256:other", row.ended_ago)};
        story.task.options.retry = row.retry;
        CHECK(story.run().code == ExitCode::ready);
    }
}

TEST_CASE("a bookkeeping table that is locked for a moment is looked at again", "[upgrade]") {
    Story story;
    story.session.blocked_for = 3;
    story.migrate_to("3");
    CHECK(story.run().code == ExitCode::ready);
}

TEST_CASE("a look that cannot be answered is no lost lock while the session lives", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.pace.at(seconds{2}, [&] { story.session.hidden = {FailureKind::unreachable, "out of memory"}; });
    story.pace.at(seconds{3}, [&] { story.session.hidden.reset(); });
    CHECK(story.run().code == ExitCode::ready);
    CHECK_FALSE(story.command.killed);
}

TEST_CASE("a table that is locked when the command has ended is looked at again", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.pace.at(seconds{4}, [&] { story.session.hidden = {FailureKind::blocked, "the table is locked"}; });
    story.pace.at(seconds{30}, [&] { story.session.hidden.reset(); });
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.session.ended.at(0).outcome == Outcome::succeeded);
    CHECK(story.session.beats > 20);  // the run goes on until it is verified
}

TEST_CASE("what stays hidden when the command has ended is not told as not reached", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.pace.at(seconds{4}, [&] { story.session.hidden = {FailureKind::denied, "no right to read it"}; });
    const auto result = story.run();
    CHECK(result.code == ExitCode::denied);
    CHECK(result.text ==
          "alembic exited with 0, but nobody can see whether the requirement is met: no right to read it");
    CHECK(story.session.ended.at(0).outcome == Outcome::vanished);
}

TEST_CASE("told to stop while nobody can see the result, it says both and exits as the signal says", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    story.command.on_exit = [&] {
        story.session.blocked_for = 1000;
        story.pace.at(story.pace.passed() + seconds{5}, [&] { story.pace.signal(SIGTERM); });
    };
    const auto result = story.run();
    CHECK(result.code == exit_code_of_signal(SIGTERM));
    CHECK(result.text ==
          "alembic exited with 0, but nobody can see whether the requirement is met: told to stop before the result "
          "was verified");
    CHECK(story.session.ended.at(0).outcome == Outcome::vanished);
    CHECK(story.pace.passed() < seconds{7});
}

TEST_CASE("a session that is lost when the command has ended is opened again to verify", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.command.on_exit = [&] { story.session.lost = true; };
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.session.opened == 2);
    CHECK(story.session.ended.at(0).outcome == Outcome::succeeded);
}

TEST_CASE("with the journal's lineage a database that is ahead is known to be, and nothing is run", "[upgrade]") {
    Story story;
    story.task.requirement = needs_graph({"b"}, {{"b", {"a"}}, {"a", {}}});
    story.session.lists_heads = true;
    story.session.version = "c";
    story.session.known = std::make_shared<const model::Parents>(model::Parents{{"c", {"b"}}, {"b", {"a"}}, {"a", {}}});
    CHECK(story.run().code == ExitCode::ready);
    CHECK(story.command.runs == 0);
}

TEST_CASE("a run before ours that never rests ends in exit code 8 once the time is up", "[upgrade]") {
    Story story;
    story.session.unfinished = {{"run-0", "host-b", seconds{60}, true}};
    const auto result = story.run();
    CHECK(result.code == ExitCode::locked);
    CHECK(result.text.find("after 600 s run run-0 of host-b still has sessions at work") != std::string::npos);
    CHECK(story.command.runs == 0);
}

TEST_CASE("a session that is lost again and again under the lock ends in exit code 5", "[upgrade]") {
    Story story;
    story.session.breaks_when_looked_at = true;
    CHECK(story.run().code == ExitCode::unreachable);
    CHECK(story.session.opened == 11);
}

TEST_CASE("told to stop once the run is on record, it records that it was aborted", "[upgrade]") {
    Story story;
    story.session.on_begin = [&] { story.pace.signal(SIGTERM); };
    CHECK(story.run().code == exit_code_of_signal(SIGTERM));
    CHECK(story.command.runs == 0);
    CHECK(story.session.ended.at(0).outcome == Outcome::aborted);
}

TEST_CASE("signals of the user's are passed on, and a quit stops the command", "[upgrade]") {
    Story story;
    story.migrate_to("3", seconds{5});
    story.pace.at(seconds{1}, [&] { story.pace.signal(SIGUSR1); });
    story.pace.at(seconds{2}, [&] { story.pace.signal(SIGQUIT); });
    CHECK(story.run().code == exit_code_of_signal(SIGQUIT));
    CHECK(story.command.passed == std::vector<int>{SIGUSR1});
}

TEST_CASE("a failure that ended in the future did not end while we waited", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    story.session.lock_held = true;
    story.pace.at(seconds{10}, [&] { story.session.lock_held = false; });
    story.session.runs = {failed_run(story.task.requirement.digest, -seconds{3600})};
    CHECK(story.run().code == ExitCode::ready);
}

TEST_CASE("the command's sessions carry the run's id, and its lock timeout beside what PGOPTIONS had", "[upgrade]") {
    Story story;
    story.migrate_to("3");
    story.task.options.ddl_lock_timeout = "5000ms";
    story.task.runner.pg_options = "-c work_mem=5MB";
    story.run();
    CHECK(story.command.environment ==
          std::vector<std::string>{"PGAPPNAME=run-1", "PGOPTIONS=-c work_mem=5MB -c lock_timeout=5000ms"});
}

}  // namespace
}  // namespace schemalatch::upgrade
