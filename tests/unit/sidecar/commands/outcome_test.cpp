#include "sidecar/commands/outcome.h"

#include <initializer_list>

#include "tests/support/catch.h"

namespace schemalatch::commands {
namespace {

using gate::State;

struct Made {
    State state;
    bool ready;
    bool enforced = true;
    bool held = false;
};

Status status_of(std::initializer_list<Made> all) {
    Status status;
    for (const auto& made : all) {
        DependencyStatus dependency;
        dependency.name = "orders";
        dependency.state = made.state;
        dependency.reason = "the reason";
        dependency.ready = made.ready;
        dependency.enforced = made.enforced;
        dependency.held = made.held;
        status.dependencies.push_back(std::make_shared<const DependencyStatus>(dependency));
    }
    return status;
}

TEST_CASE("a line tells name, state and reason", "[outcome]") {
    CHECK(lines_of(status_of({{State::behind, false}, {State::satisfied, true}})) ==
          "orders behind: the reason\norders satisfied: the reason\n");
}

TEST_CASE("a line says where the state alone would mislead", "[outcome]") {
    CHECK(lines_of(status_of({{State::behind, false, false}})) == "orders behind (not enforced): the reason\n");
    CHECK(lines_of(status_of({{State::unreachable, true, true, true}})) ==
          "orders unreachable (held ready): the reason\n");
}

TEST_CASE("the exit code is that of the first dependency that is not ready", "[outcome]") {
    CHECK(exit_code_of(status_of({{State::satisfied, true}, {State::denied, false}, {State::behind, false}})) ==
          ExitCode::denied);
    CHECK(exit_code_of(status_of({{State::satisfied, true}})) == ExitCode::ready);
}

TEST_CASE("what is held or not enforced does not spoil the exit code", "[outcome]") {
    CHECK(exit_code_of(status_of({{State::unreachable, true, true, true}, {State::dirty, false, false}})) ==
          ExitCode::ready);
}

}  // namespace
}  // namespace schemalatch::commands
