#include "sidecar/upgrade/process_tree.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "sidecar/upgrade/launch.h"
#include "tests/support/catch.h"

namespace schemalatch::upgrade {
namespace {

// A shell with two sleeping children, in a tree below us; ended with it.
class Family {
public:
    Family() {
        int ends[2];
        REQUIRE(pipe2(ends, 0) == 0);
        const Descriptor heard{ends[0]};
        {
            const Descriptor said{ends[1]};
            const std::string script = "sleep 1000 & sleep 1000 & echo >&" + std::to_string(said.get()) + "; wait";
            launched_ = *launch({{"/bin/sh"}, {"sh", "-c", script}, {"PATH=/bin:/usr/bin"}, said.get()});
        }
        char byte = 0;
        REQUIRE(read(heard.get(), &byte, 1) == 1);  // both have been forked by then
    }
    ~Family() {
        kill(-pid(), SIGKILL);
        waitpid(pid(), nullptr, 0);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;

    pid_t pid() const { return launched_.pid; }

private:
    Launched launched_;
};

TEST_CASE("the parent is read from a process's line, whatever its name holds", "[guardian]") {
    CHECK(parent_in_stat("42 (sh) S 7 42 42 0 -1 4194560") == 7);
    CHECK(parent_in_stat("42 (a b) S 7 42") == 7);
    CHECK(parent_in_stat("42 (x) S 1 () S 12345 42") == 12345);
    CHECK(parent_in_stat("42 (()))) Z 0 0") == 0);
}

TEST_CASE("a line that is cut off tells no parent", "[guardian]") {
    for (const char* line : {"", "42", "42 (sh", "42 (sh)", "42 (sh) ", "42 (sh) S", "42 (sh) S ", "42 (sh) S x 1"})
        CHECK_FALSE(parent_in_stat(line));
}

TEST_CASE("the /proc of the tests is that of their PID namespace", "[guardian]") { CHECK(is_proc_ours()); }

TEST_CASE("both ways to look find children and grandchildren", "[guardian]") {
    const Family family;
    CHECK(children().contains(family.pid()));
    const Pids by_parent = descendants_by_parent({});
    CHECK(by_parent.contains(family.pid()));
    CHECK(by_parent.size() >= 3);
    const auto by_children = descendants_by_children({});
    if (by_children) CHECK(*by_children == by_parent);
    CHECK(descendants() == by_parent);
}

TEST_CASE("what is spared is left out with all that descends from it", "[guardian]") {
    const Pids before = descendants();
    const Family family;
    CHECK(descendants({family.pid()}) == before);
    CHECK(descendants_by_parent({family.pid()}) == before);
}

TEST_CASE("a tree that is killed has ended whole, and a spared one goes on", "[guardian]") {
    Pids spared = children();
    const Family other;
    spared.insert(other.pid());
    const Family family;
    kill_tree(spared);
    siginfo_t end{};
    REQUIRE(waitid(P_PID, static_cast<id_t>(family.pid()), &end, WEXITED | WNOWAIT) == 0);
    CHECK(end.si_status == SIGKILL);
    CHECK(descendants_by_parent(spared) == Pids{family.pid()});  // nobody but the zombie
    CHECK(kill(other.pid(), 0) == 0);
    CHECK(descendants().size() >= 4);
}

}  // namespace
}  // namespace schemalatch::upgrade
