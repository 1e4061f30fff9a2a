#include "sidecar/exit_code.h"

namespace schemalatch {

ExitCode exit_code_of(gate::State state) {
    switch (state) {
        case gate::State::satisfied:
            return ExitCode::ready;
        case gate::State::behind:
            return ExitCode::behind;
        case gate::State::unmigrated:
            return ExitCode::unmigrated;
        case gate::State::dirty:
            return ExitCode::dirty;
        case gate::State::unknown:
        case gate::State::diverged:
            return ExitCode::unknown;
        case gate::State::unreachable:
        case gate::State::pending:
            return ExitCode::unreachable;
        case gate::State::denied:
            return ExitCode::denied;
        case gate::State::blocked:
            return ExitCode::blocked;
        case gate::State::unreadable:
        case gate::State::ambiguous:
            return ExitCode::unreadable;
    }
    return ExitCode::internal;
}

ExitCode exit_code_of_signal(int number) { return static_cast<ExitCode>(128 + number); }

}  // namespace schemalatch
