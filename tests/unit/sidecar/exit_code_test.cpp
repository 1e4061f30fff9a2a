#include "sidecar/exit_code.h"

#include <algorithm>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch {
namespace {

using gate::State;

struct Row {
    State state;
    int code;
};

// The contract's table.
const std::vector<Row> kTable{
    {State::satisfied, 0},   {State::behind, 1},      {State::unmigrated, 3}, {State::dirty, 4},
    {State::unreachable, 5}, {State::denied, 6},      {State::unknown, 12},   {State::diverged, 12},
    {State::blocked, 13},    {State::unreadable, 14}, {State::ambiguous, 14}, {State::pending, 5},
};

TEST_CASE("every state has the contract's exit code", "[exit code]") {
    for (const auto& [state, code] : kTable) {
        CAPTURE(to_string(state));
        CHECK(static_cast<int>(exit_code_of(state)) == code);
    }
}

TEST_CASE("the table of exit codes is complete", "[exit code]") {
    for (const auto state : gate::kStates) {
        CAPTURE(to_string(state));
        CHECK(std::count_if(kTable.begin(), kTable.end(), [&](const Row& row) { return row.state == state; }) == 1);
    }
}

TEST_CASE("only a satisfied dependency exits 0, and nothing exits 2, which Docker reserves", "[exit code]") {
    for (const auto state : gate::kStates) {
        CAPTURE(to_string(state));
        CHECK((exit_code_of(state) == ExitCode::ready) == (state == State::satisfied));
        CHECK(static_cast<int>(exit_code_of(state)) != 2);
    }
}

TEST_CASE("what is no state of a dependency has the contract's exit code too", "[exit code]") {
    CHECK(static_cast<int>(ExitCode::usage) == 64);
    CHECK(static_cast<int>(ExitCode::unavailable) == 69);
    CHECK(static_cast<int>(ExitCode::internal) == 70);
    CHECK(static_cast<int>(ExitCode::config) == 78);
}

}  // namespace
}  // namespace schemalatch
