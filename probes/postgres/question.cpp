#include "probes/postgres/question.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace schemalatch::postgres {

namespace {

constexpr std::chrono::milliseconds kLongestLockWait{1000};

// The server keeps it in an int of milliseconds, and refuses more.
constexpr std::chrono::milliseconds kLongestStatement{std::numeric_limits<std::int32_t>::max()};

std::string milliseconds(std::chrono::milliseconds time) {
    return std::to_string(std::max<std::chrono::milliseconds::rep>(time.count(), 1)) + "ms";
}

}  // namespace

// Several statements in one simple query are one implicit transaction, also for a pooler in any mode; SET LOCAL ends
// with it, and nothing leaks to whoever gets the server connection next. row_security = off: rows that a policy hides
// are an error, and not an empty table.
std::string limits_sql(std::chrono::milliseconds left) {
    return "SET LOCAL statement_timeout = '" + milliseconds(std::min(kLongestStatement, left * 9 / 10)) +
           "'; SET LOCAL lock_timeout = '" + milliseconds(std::min(kLongestLockWait, left / 2)) +
           "'; SET TRANSACTION READ ONLY; SET LOCAL row_security = off; ";
}

}  // namespace schemalatch::postgres
