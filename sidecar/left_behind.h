// Threads that could not be ended. libpq computes a login inside a call that knows no deadline, for as long as a
// hostile server makes it: who waits for such a thread waits for ever, so it is left behind and the process ends
// without it. Thread-safe.
#pragma once

namespace schemalatch {

void leave_thread_behind();

// Then the process must end without destroying what that thread still uses.
bool is_any_left_behind();

}  // namespace schemalatch
