#include "probes/postgres/listening.h"

#include <charconv>
#include <string>

namespace schemalatch::postgres {

namespace {

// Names are those of pg_catalog, as in place.cpp.
constexpr std::string_view kWhoIsHere =
    "SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery(), (SELECT pg_catalog.count(*) FROM "
    "pg_catalog.pg_stat_activity WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND "
    "application_name OPERATOR(pg_catalog.=) pg_catalog.current_setting('application_name'::pg_catalog.text))";

enum WhoIsHereColumn { kBackend, kStandby, kSessions, kColumns };

std::size_t number(const Field& field) {
    std::size_t value = 0;
    if (field) std::from_chars(field->data(), field->data() + field->size(), value);
    return value;
}

}  // namespace

tl::expected<std::optional<std::size_t>, ServerError> listen(Session& session, const model::Deadline& deadline) {
    const auto here = session.run(std::string{kWhoIsHere}, deadline);
    if (here.error) return tl::make_unexpected(*here.error);
    const bool as_asked =
        here.selects.size() == 1 && here.selects[0].size() == 1 && here.selects[0][0].size() == kColumns;
    if (!as_asked) return std::nullopt;
    const auto& row = here.selects[0][0];
    // A pooler gives each client a process id of its own making.
    if (row[kStandby] != "f" || row[kBackend] != std::to_string(session.announced_pid())) return std::nullopt;
    // In a transaction of its own: what the looks' one may do is no business of it.
    const auto began = session.run("LISTEN " + std::string{kHintChannel}, deadline);
    if (began.error) return tl::make_unexpected(*began.error);
    const auto sessions = number(row[kSessions]);
    return sessions == 0 ? 0 : sessions - 1;
}

}  // namespace schemalatch::postgres
