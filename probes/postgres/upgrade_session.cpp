#include "probes/postgres/upgrade_session.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>

#include "probes/model/journal_rows.h"
#include "probes/model/printable.h"
#include "probes/postgres/batch.h"
#include "probes/postgres/connector.h"
#include "probes/postgres/journal_reader.h"
#include "probes/postgres/journal_sql.h"
#include "probes/postgres/listening.h"
#include "probes/postgres/upgrade_lock.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::FailureKind;
using model::printable;
using model::ProbeFailure;
using model::Said;
using tools::quote_identifier;

constexpr std::int32_t kTestClass = kLockClass + 1;

constexpr std::string_view kTestChannel = "schemalatch_test";
constexpr std::chrono::milliseconds kNotificationLimit{2000};
constexpr std::chrono::milliseconds kBetweenTries{20};

// What a role, a database or a server may have set would end the lock's session, or keep it from writing. A peer that
// vanished must be found within some seconds: the lock is free only then. A commit must not wait for a disk or a
// standby: who waits too long for it would take the session, and the lock, for lost; a server that crashes after such a
// commit has forgotten the lock too.
constexpr std::string_view kFitSession =
    "SET statement_timeout = 0; SET lock_timeout = 0; SET synchronous_commit = off; SELECT "
    "pg_catalog.set_config(s.name, v.value, false) FROM pg_catalog.pg_settings s JOIN (VALUES "
    "('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'), "
    "('default_transaction_read_only', 'off'), ('default_transaction_isolation', 'read committed'), "
    "('tcp_keepalives_idle', '1'), ('tcp_keepalives_interval', '1'), ('tcp_keepalives_count', '3'), "
    "('tcp_user_timeout', '4000'), ('client_connection_check_interval', '500')) AS v (name, value) "
    "ON s.name OPERATOR(pg_catalog.=) v.name; ";

std::string lock_sql(std::string_view function, std::int32_t lock_class, std::int32_t key) {
    return "SELECT pg_catalog." + std::string{function} + "(" + std::to_string(lock_class) + ", " +
           std::to_string(key) + ")";
}

// Whether anybody has it in the database that is asked.
std::string sees_lock_sql(std::int32_t lock_class, std::int32_t key) {
    return "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid "
           "OPERATOR(pg_catalog.=) l.database WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND "
           "l.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text AND l.classid OPERATOR(pg_catalog.=) " +
           std::to_string(lock_class) + "::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) " +
           std::to_string(static_cast<std::uint32_t>(key)) + "::pg_catalog.oid)";
}

std::chrono::milliseconds left_until(const Deadline& deadline) {
    const auto left = deadline.at - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

FailureKind kind_of(const std::string& sqlstate) {
    if (sqlstate == "42501") return FailureKind::denied;
    if (sqlstate == "57014" || sqlstate == "55P03") return FailureKind::blocked;
    return FailureKind::unreadable;
}

std::optional<std::int64_t> integer(const Field& field) {
    std::int64_t number = 0;
    if (!field) return std::nullopt;
    const auto* end = field->data() + field->size();
    const auto [at, error] = std::from_chars(field->data(), end, number);
    return error == std::errc{} && at == end ? std::optional{number} : std::nullopt;
}

std::chrono::milliseconds time_span(const Field& field) {
    return std::chrono::milliseconds{integer(field).value_or(0)};
}

// One row of so many columns, or nothing.
const std::vector<Field>* only_row(const BatchResult& batch, std::size_t select, std::size_t columns) {
    if (batch.selects.size() <= select || batch.selects[select].size() != 1) return nullptr;
    const auto& row = batch.selects[select].front();
    return row.size() == columns ? &row : nullptr;
}

std::string bookkeeping_grants(const std::string& schema, const std::string& table, const std::string& reader) {
    const std::string to = " TO " + quote_identifier(reader) + "; ";
    return "GRANT USAGE ON SCHEMA " + quote_identifier(schema) + to + "GRANT SELECT ON " + quote_identifier(schema) +
           "." + quote_identifier(table) + to;
}

class PostgresUpgradeSession final : public model::UpgradeSession {
public:
    explicit PostgresUpgradeSession(UpgradeSettings settings)
        : settings_{std::move(settings)},
          subject_{settings_.tool, settings_.server.schema,
                   settings_.table.empty() ? settings_.tool->table : settings_.table},
          connector_{settings_.server.url, settings_.server.password_file},
          schema_{subject_.schema} {}

    Said<void> open(const Deadline& deadline) override;
    bool is_lost() const override { return !connected_; }
    Said<bool> try_lock(const Deadline& deadline) override;
    std::string holder(const Deadline& deadline) override;
    Said<std::string> why_lock_is_void(const Deadline& deadline) override;
    std::string lock_remedy() const override {
        return "set lock_url to the server itself, or to a pooler in session mode";
    }
    int lock_fd() const override { return connected_ ? connected_->session.socket() : -1; }
    Said<void> open_journal(const Deadline& deadline) override;
    Said<std::vector<model::Predecessor>> predecessors(const Deadline& deadline) override;
    Said<std::vector<model::Run>> newest_runs(const Deadline& deadline) override;
    Said<std::shared_ptr<const model::Parents>> lineage(const Deadline& deadline) override;
    Said<void> write_lineage(const model::Parents& parents, const Deadline& deadline) override;
    Said<void> begin(const model::NewRun& run, const Deadline& deadline) override;
    Said<void> beat(const std::string& id, const Deadline& deadline) override;
    Said<void> end(const std::string& id, const model::RunEnd& end, const Deadline& deadline) override;
    model::Look observe(const Deadline& deadline) override;
    Said<void> confirm_lock(const Deadline& deadline) override;
    Said<void> grant(const std::vector<std::string>& readers, const Deadline& deadline) override;
    bool has_listeners() const override { return true; }
    void announce(const Deadline& deadline) override;

private:
    Said<BatchResult> run(const std::string& sql, const Deadline& deadline);
    Said<BatchResult> run_in_journal(const std::string& sql, const Deadline& deadline);
    Said<std::optional<Connected>> connect(const Deadline& deadline) { return connect(connector_, deadline); }
    static Said<std::optional<Connected>> connect(Connector& connector, const Deadline& deadline);
    Said<bool> is_elsewhere(std::int32_t key, const Deadline& deadline) const;
    Said<void> grant_to(const std::string& reader, const Deadline& deadline);
    Said<std::string> why_no_notification(Session& other, const Deadline& deadline);
    model::Target target() const;

    UpgradeSettings settings_;
    Subject subject_;
    Connector connector_;
    std::optional<Connected> connected_;
    std::string schema_;  // of the bookkeeping table: the configured, or as the newest look saw it; empty: not known
    bool has_journal_ = false;
};

Said<std::optional<Connected>> PostgresUpgradeSession::connect(Connector& connector, const Deadline& deadline) {
    auto answer = connector.ask(deadline, [&](Connected& connected, const Deadline& share) {
        tl::expected<model::Look, ServerError> said;
        const auto batch = connected.session.run(whereabouts_sql(), share);
        if (batch.error && batch.error->lost) return said = tl::make_unexpected(*batch.error);
        const auto place = whereabouts_of("", batch);
        model::Observation seen;
        seen.primary = place && !place->standby;
        return said = place ? model::Look{std::move(seen)} : no_place(batch);
    });
    if (!answer.look) return tl::make_unexpected(answer.look.error());
    if (!answer.look->primary || !answer.from)
        return failure(FailureKind::unreachable,
                       "only a standby answers, where nothing can be migrated; let the URL name the primary");
    return std::move(answer.from);
}

Said<void> PostgresUpgradeSession::open(const Deadline& deadline) {
    connected_.reset();
    auto connected = connect(deadline);
    if (!connected) return tl::make_unexpected(connected.error());
    connected_ = std::move(*connected);
    auto fit =
        run("SET application_name = " + text_literal(settings_.name) + "; " + std::string{kFitSession}, deadline);
    if (!fit) return tl::make_unexpected(fit.error());
    return {};
}

// A statement that fails leaves the session as it is; one that was lost leaves none.
Said<BatchResult> PostgresUpgradeSession::run(const std::string& sql, const Deadline& deadline) {
    if (!connected_) return failure(FailureKind::unreachable, "the session is gone");
    auto batch = connected_->session.run(sql, deadline);
    if (!batch.error) return batch;
    const auto error = *batch.error;
    if (!error.lost) return failure(kind_of(error.sqlstate), error.message);
    const auto why = interpret(error, connected_->login);
    connected_.reset();
    return failure(FailureKind::unreachable, why.detail);
}

Said<BatchResult> PostgresUpgradeSession::run_in_journal(const std::string& sql, const Deadline& deadline) {
    if (!has_journal_) return failure(FailureKind::unreadable, "there is no journal");
    return run(journal_limits_sql(left_until(deadline)) + sql, deadline);
}

Said<bool> PostgresUpgradeSession::try_lock(const Deadline& deadline) {
    const auto batch = run(lock_sql("pg_try_advisory_lock", kLockClass, lock_key(settings_.lock_name)), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    const auto* row = only_row(*batch, 0, 1);
    if (row == nullptr) return failure(FailureKind::unreadable, "the server does not answer as PostgreSQL does");
    return (*row)[0] == "t";
}

std::string PostgresUpgradeSession::holder(const Deadline& deadline) {
    const auto batch = run(holder_sql(settings_.lock_name), deadline);
    if (!batch && batch.error().kind == FailureKind::denied)
        return "a session that this role may not see; it lacks SELECT on pg_catalog.pg_locks and pg_stat_activity";
    const auto holder = batch && batch->selects.size() == 1 ? holder_in(batch->selects[0]) : std::nullopt;
    return holder ? model::phrase(*holder) : "a session that could not be named";
}

// A pooler may give every statement another session, or two clients the same one; a server may only pretend. With a
// lock of its own: one that a pooler keeps would keep out everybody.
Said<std::string> PostgresUpgradeSession::why_lock_is_void(const Deadline& deadline) {
    const auto key = static_cast<std::int32_t>(std::random_device{}());
    const auto try_sql = lock_sql("pg_try_advisory_lock", kTestClass, key);
    auto other = connect(deadline);
    if (!other) return tl::make_unexpected(other.error());
    const auto taken = run(try_sql, deadline);
    if (!taken) return tl::make_unexpected(taken.error());
    const auto taken_twice = (*other)->session.run(try_sql, deadline);
    const auto *first = only_row(*taken, 0, 1), *second = only_row(taken_twice, 0, 1);
    if (taken_twice.error || first == nullptr || second == nullptr)
        return failure(FailureKind::unreachable, "a second session could not try the lock");
    const auto elsewhere = is_elsewhere(key, deadline);
    if (!elsewhere) return tl::make_unexpected(elsewhere.error());
    if (*elsewhere) return "lock_url leads to another database than url";
    auto given_back = run(lock_sql("pg_advisory_unlock", kTestClass, key), deadline);
    if (!given_back) return tl::make_unexpected(given_back.error());
    if ((*first)[0] == "t" && (*second)[0] == "f") return why_no_notification((*other)->session, deadline);
    (*other)->session.run(lock_sql("pg_advisory_unlock", kTestClass, key), deadline);
    return "a second session was given the same lock";
}

// Whether the application's own URL leads to where nobody sees the lock that we have there. What it leads through does
// not matter: any session sees all locks of its server.
Said<bool> PostgresUpgradeSession::is_elsewhere(std::int32_t key, const Deadline& deadline) const {
    if (settings_.url.empty()) return false;
    Connector connector{settings_.url, settings_.server.password_file};
    auto there = connect(connector, deadline);
    if (!there) return tl::make_unexpected(there.error());
    const auto sees = (*there)->session.run(sees_lock_sql(kTestClass, key), deadline);
    const auto* row = only_row(sees, 0, 1);
    if (sees.error || row == nullptr) return failure(FailureKind::unreachable, "url could not be asked for the lock");
    return (*row)[0] != "t";
}

// A session of our own hears what it listens for. Behind a pooler that shares sessions it hears nothing.
Said<std::string> PostgresUpgradeSession::why_no_notification(Session& other, const Deadline& deadline) {
    const std::string channel{kTestChannel};
    auto listens = run("LISTEN " + channel, deadline);
    if (!listens) return tl::make_unexpected(listens.error());
    connected_->session.take_notifications();
    const auto said = other.run("NOTIFY " + channel, deadline);
    if (said.error) return failure(FailureKind::unreachable, "a second session could not notify the first");
    const auto end = std::min(deadline.at, std::chrono::steady_clock::now() + kNotificationLimit);
    bool heard = false;
    while (!heard && std::chrono::steady_clock::now() < end) {
        auto asked = run("SELECT 1", deadline);
        if (!asked) return tl::make_unexpected(asked.error());
        heard = connected_->session.take_notifications();
        if (!heard)
            connected_->session.wait_for_input({std::chrono::steady_clock::now() + kBetweenTries, deadline.stop_fd});
    }
    auto silent = run("UNLISTEN " + channel, deadline);
    if (!silent) return tl::make_unexpected(silent.error());
    return heard ? "" : "statements of one session reach the server through several";
}

// Of journal_strangers_sql(); nullopt: nothing belongs to a stranger.
std::optional<ProbeFailure> why_not_ours(const BatchResult& batch, std::size_t select) {
    if (batch.selects.size() <= select)
        return ProbeFailure{FailureKind::unreadable, "the server does not tell whose the journal is"};
    const auto* row = only_row(batch, select, 3);
    if (row == nullptr) return std::nullopt;
    const auto kind = (*row)[0].value_or(""), thing = printable((*row)[1].value_or("")),
               owner = printable((*row)[2].value_or(""));
    return ProbeFailure{FailureKind::denied,
                        (kind == "SCHEMA" ? "schema " : "table ") + thing + " belongs to role " + owner +
                            ", which is neither this one nor the database's owner, and whose triggers and defaults "
                            "would run with this role's rights; let a DBA drop it, or see that it has none and hand it "
                            "over: ALTER " +
                            kind + " " + thing + " OWNER TO ..."};
}

ProbeFailure by_a_dba(ProbeFailure why) {
    why.detail += "; schemalatch journal --sql prints what a DBA may run once";
    return why;
}

Said<void> PostgresUpgradeSession::open_journal(const Deadline& deadline) {
    has_journal_ = false;
    if (settings_.journal.empty()) return failure(FailureKind::unreadable, "journal is switched off");
    has_journal_ = true;  // for run_in_journal; taken back below
    const auto give_up = [&](const ProbeFailure& why) {
        has_journal_ = false;
        return tl::make_unexpected(why);
    };
    const auto presence = journal_presence_sql(settings_.journal) + journal_strangers_sql(settings_.journal);
    auto present = run_in_journal(presence, deadline);
    if (!present) return give_up(present.error());
    if (const auto why = why_not_ours(*present, 1)) return give_up(*why);
    const auto* row = only_row(*present, 0, 3);
    if (row == nullptr || (*row)[0] != "t") {
        auto created = run_in_journal(journal_ddl(settings_.journal), deadline);
        if (!created) return give_up(by_a_dba(created.error()));
    } else if ((*row)[2] != "t") {
        return give_up(by_a_dba({FailureKind::denied, "this role may not write the tables in schema \"" +
                                                          printable(settings_.journal) + "\""}));
    }
    auto format = run_in_journal(journal_format_sql(settings_.journal), deadline);
    if (!format) return give_up(format.error());
    const auto* version = only_row(*format, 0, 2);
    if (version == nullptr || integer((*version)[0]).value_or(0) != kJournalFormat)
        return give_up({FailureKind::unreadable, "schema \"" + printable(settings_.journal) + "\" is not of format " +
                                                     std::to_string(kJournalFormat)});
    return {};
}

Said<std::vector<model::Predecessor>> PostgresUpgradeSession::predecessors(const Deadline& deadline) {
    const auto batch = run_in_journal(unfinished_sql(settings_.journal, settings_.lock_name), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    std::vector<model::Predecessor> found;
    if (batch->selects.empty()) return found;
    for (const auto& row : batch->selects[0]) {
        if (row.size() != 5) continue;
        found.push_back(
            {row[0].value_or(""), row[1].value_or(""), time_span(row[2]), row[3] != "f", row[4].value_or("")});
    }
    return found;
}

Said<std::vector<model::Run>> PostgresUpgradeSession::newest_runs(const Deadline& deadline) {
    const auto batch = run_in_journal(newest_runs_sql(settings_.journal, target()), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    auto runs = batch->selects.empty() ? std::nullopt : model::runs_in(batch->selects[0]);
    if (!runs) return failure(FailureKind::unreadable, "the journal's runs are not what we write");
    std::vector<std::string> ids;
    ids.reserve(runs->size());
    for (const auto& run : *runs) ids.push_back(run.id);
    const auto required = run_in_journal(required_sql(settings_.journal, ids), deadline);
    if (!required) return tl::make_unexpected(required.error());
    for (const auto& row : required->selects.empty() ? Rows{} : required->selects[0]) {
        const auto run = std::find_if(runs->begin(), runs->end(), [&](const auto& it) { return row[0] == it.id; });
        if (run != runs->end() && row.size() == 2) run->required.push_back(row[1].value_or(""));
    }
    return std::move(*runs);
}

Said<std::shared_ptr<const model::Parents>> PostgresUpgradeSession::lineage(const Deadline& deadline) {
    const auto batch = run_in_journal(known_lineage_sql(settings_.journal, target()), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    auto parents = batch->selects.empty() ? std::nullopt : model::lineage_in(batch->selects[0]);
    if (!parents) return failure(FailureKind::unreadable, "there is more lineage than is read");
    return parents->empty() ? nullptr : std::make_shared<const model::Parents>(std::move(*parents));
}

Said<void> PostgresUpgradeSession::write_lineage(const model::Parents& parents, const Deadline& deadline) {
    if (parents.empty()) return {};
    const auto batch = run_in_journal(lineage_sql(settings_.journal, target(), parents), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    return {};
}

// A trigger or a policy may swallow a row, and somebody may have deleted it.
Said<void> written(const BatchResult& batch) {
    if (only_row(batch, 0, 1) != nullptr) return {};
    return failure(FailureKind::unreadable,
                   "the table of runs did not take the row of this one; see whether it has triggers or policies, or "
                   "whether somebody deletes from it");
}

Said<void> PostgresUpgradeSession::begin(const model::NewRun& new_run, const Deadline& deadline) {
    const auto batch = run_in_journal(begin_sql(settings_.journal, settings_.lock_name, target(), new_run), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    return written(*batch);
}

Said<void> PostgresUpgradeSession::beat(const std::string& id, const Deadline& deadline) {
    const auto batch = run_in_journal(beat_sql(settings_.journal, id), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    return {};
}

Said<void> PostgresUpgradeSession::end(const std::string& id, const model::RunEnd& run_end, const Deadline& deadline) {
    const auto batch = run_in_journal(end_sql(settings_.journal, id, run_end), deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    return written(*batch);
}

model::Look PostgresUpgradeSession::observe(const Deadline& deadline) {
    if (!connected_) return failure(FailureKind::unreachable, "the session is gone");
    const auto batch = connected_->session.run(batch_sql(subject_, left_until(deadline)), deadline);
    if (batch.error && batch.error->lost) {
        const auto why = interpret(*batch.error, connected_->login);
        connected_.reset();
        return failure(FailureKind::unreachable, why.detail);
    }
    const auto place = place_of(subject_, batch);
    if (place && !place->visible.empty()) schema_ = place->visible.front().schema;
    return interpret(subject_, batch);
}

Said<void> PostgresUpgradeSession::confirm_lock(const Deadline& deadline) {
    const auto batch = run("SELECT 1", deadline);
    if (!batch) return tl::make_unexpected(batch.error());
    return {};
}

// One by one: a name that is wrong keeps nobody else out.
Said<void> PostgresUpgradeSession::grant(const std::vector<std::string>& readers, const Deadline& deadline) {
    Said<void> all;
    for (const auto& reader : readers) {
        if (const auto one = grant_to(reader, deadline); !one) all = one;
    }
    return all;
}

Said<void> PostgresUpgradeSession::grant_to(const std::string& reader, const Deadline& deadline) {
    // Each by itself: after a run that failed there may be no bookkeeping yet.
    std::vector<std::string> grants;
    if (has_journal_) grants.push_back(journal_grants(settings_.journal, reader));
    if (!schema_.empty() && !subject_.table.empty())
        grants.push_back(bookkeeping_grants(schema_, subject_.table, reader));
    Said<void> all;
    for (const auto& sql : grants) {
        const auto batch = run(journal_limits_sql(left_until(deadline)) + sql, deadline);
        if (!batch) all = tl::make_unexpected(batch.error());
    }
    return all;
}

void PostgresUpgradeSession::announce(const Deadline& deadline) {
    run("NOTIFY " + std::string{kHintChannel}, deadline);
}

model::Target PostgresUpgradeSession::target() const { return {settings_.tool->name(), schema_, subject_.table}; }

}  // namespace

std::unique_ptr<model::UpgradeSession> make_upgrade_session(UpgradeSettings settings) {
    return std::make_unique<PostgresUpgradeSession>(std::move(settings));
}

}  // namespace schemalatch::postgres
