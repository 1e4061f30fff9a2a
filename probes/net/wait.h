// Waiting for a descriptor, never beyond a deadline.
#pragma once

#include "probes/model/probe.h"

namespace schemalatch::net {

enum class Wait {
    ready,    // the descriptor has something to say, an error included
    expired,  // the deadline passed
    stopped,  // the process is told to stop
};

// `events` as of poll(2).
Wait wait_for(int fd, short events, const model::Deadline& deadline);

// Whether the process is told to stop.
bool is_stopped(const model::Deadline& deadline);

}  // namespace schemalatch::net
