#include "probes/sqlite/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace schemalatch::sqlite {
namespace {

// A process that only waits, and its name.
class Sleeper {
public:
    Sleeper() {
        int ends[2] = {};
        REQUIRE(pipe(ends) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            const auto name = own_process();
            if (write(ends[1], name.data(), name.size()) < 0) _exit(1);
            for (;;) pause();
        }
        char name[256] = {};
        const auto size = read(ends[0], name, sizeof name);
        close(ends[0]);
        close(ends[1]);
        REQUIRE(size > 0);
        name_.assign(name, static_cast<std::size_t>(size));
    }
    ~Sleeper() { end(); }

    const std::string& name() const { return name_; }
    void stop() const {
        ::kill(pid_, SIGSTOP);
        waitpid(pid_, nullptr, WUNTRACED);
    }
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

private:
    pid_t pid_ = -1;
    std::string name_;
};

TEST_CASE("a process is alive until it ends", "[sqlite]") {
    Sleeper sleeper;
    CHECK(is_process_alive(sleeper.name()));
    sleeper.end();
    CHECK_FALSE(is_process_alive(sleeper.name()));
}

TEST_CASE("a process that is stopped counts as gone, or one would wait for it for ever", "[sqlite]") {
    const Sleeper sleeper;
    sleeper.stop();
    CHECK_FALSE(is_process_alive(sleeper.name()));
}

TEST_CASE("a process id that was given anew is not the process it was", "[sqlite]") {
    const auto own = own_process();
    REQUIRE(is_process_alive(own));
    CHECK_FALSE(is_process_alive(own + "0"));                            // started at another time
    CHECK_FALSE(is_process_alive("x" + own));                            // another boot
    CHECK_FALSE(is_process_alive(own.substr(0, own.find("pid:") + 4)));  // cut
    CHECK_FALSE(is_process_alive(""));
}

}  // namespace
}  // namespace schemalatch::sqlite
