#include "sidecar/left_behind.h"

#include <atomic>

namespace schemalatch {

namespace {

std::atomic<bool> any_left_behind{false};

}  // namespace

void leave_thread_behind() { any_left_behind = true; }

bool is_any_left_behind() { return any_left_behind; }

}  // namespace schemalatch
