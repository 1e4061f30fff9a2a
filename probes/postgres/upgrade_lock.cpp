#include "probes/postgres/upgrade_lock.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "probes/model/printable.h"
#include "probes/postgres/connector.h"
#include "probes/postgres/place.h"
#include "probes/postgres/question.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::Look;
using model::ProbeFailure;

std::chrono::milliseconds left_until(const model::Deadline& deadline) {
    const auto left = deadline.at - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

std::optional<std::int64_t> pid_in(const Field& field) {
    std::int64_t pid = 0;
    if (!field) return std::nullopt;
    const auto* end = field->data() + field->size();
    const auto [at, error] = std::from_chars(field->data(), end, pid);
    return error == std::errc{} && at == end ? std::optional{pid} : std::nullopt;
}

}  // namespace

std::int32_t lock_key(const std::string& lock_name) {
    if (lock_name.empty()) return 0;
    const auto* bytes = reinterpret_cast<const Bytef*>(lock_name.data());
    return static_cast<std::int32_t>(crc32(0, bytes, static_cast<uInt>(lock_name.size())));
}

std::string holder_sql(const std::string& lock_name) {
    return "SELECT l.pid, a.application_name FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a "
           "ON a.pid OPERATOR(pg_catalog.=) l.pid WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text "
           "AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 2::pg_catalog.int2 "
           "AND l.classid OPERATOR(pg_catalog.=) " +
           std::to_string(kLockClass) + "::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) " +
           std::to_string(static_cast<std::uint32_t>(lock_key(lock_name))) +
           "::pg_catalog.oid AND l.database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE "
           "datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) "
           "ORDER BY l.pid LIMIT 1; ";
}

std::optional<model::LockHolder> holder_in(const Rows& rows) {
    if (rows.empty() || rows[0].size() != 2) return std::nullopt;
    const auto pid = pid_in(rows[0][0]);
    const std::string remedy =
        pid ? "to end it: SELECT pg_terminate_backend(" + std::to_string(*pid) + ")" : "to find it: see pg_locks";
    return model::LockHolder{model::printable(rows[0][1].value_or("")), pid, remedy};
}

model::LockLook look_at_lock(const PostgresSettings& server, const std::string& lock_name,
                             const model::Deadline& deadline) {
    Connector connector{server.url, server.password_file};
    std::optional<model::LockHolder> holder;
    const auto ask = [&](Connected& connected, const model::Deadline& share) -> tl::expected<Look, ServerError> {
        const auto sql = limits_sql(left_until(share)) + whereabouts_sql() + holder_sql(lock_name);
        const auto batch = connected.session.run(sql, share);
        if (batch.error && batch.error->lost) return tl::make_unexpected(*batch.error);
        const auto place = whereabouts_of("", batch);
        if (!place || batch.error || batch.selects.size() != 2) return no_place(batch);
        holder = holder_in(batch.selects[1]);
        model::Observation seen;
        seen.primary = !place->standby;
        return Look{std::move(seen)};
    };
    const auto look = connector.ask(deadline, ask).look;
    if (!look) return tl::make_unexpected(look.error());
    if (look->primary) return holder;
    return tl::make_unexpected(
        ProbeFailure{FailureKind::unreachable, "only a standby answers, and the lock is held at the primary"});
}

}  // namespace schemalatch::postgres
