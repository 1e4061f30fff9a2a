// flyway/flyway:flyway-core: JdbcTableSchemaHistory.java, CoreMigrationType.java, MigrationInfoServiceImpl.java,
// PostgreSQLAdvisoryLockTemplate.java
#include <algorithm>

#include "probes/tools/catalogue.h"
#include "probes/tools/select.h"

namespace schemalatch::tools {

namespace {

// Takes one character off text that is UTF-8.
std::uint32_t take_character(std::string_view& rest) {
    const auto byte = [&](std::size_t i) { return i < rest.size() ? static_cast<std::uint8_t>(rest[i]) : 0U; };
    const std::size_t length = byte(0) < 0xC0 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    std::uint32_t character = length == 1 ? byte(0) : byte(0) & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) character = character << 6 | (byte(i) & 0x3FU);
    rest.remove_prefix(std::min(length, rest.size()));
    return character;
}

// Java's String.hashCode(), which counts in UTF-16.
std::int32_t java_hash(std::string_view text) {
    constexpr std::uint32_t kFirstBeyond = 0x10000;
    std::uint32_t hash = 0;
    const auto add = [&](std::uint32_t unit) { hash = hash * 31 + unit; };
    while (!text.empty()) {
        const auto character = take_character(text);
        const bool beyond = character >= kFirstBeyond;
        if (beyond) add(0xD800 + ((character - kFirstBeyond) >> 10));
        add(beyond ? 0xDC00 + ((character - kFirstBeyond) & 0x3FF) : character);
    }
    return static_cast<std::int32_t>(hash);
}

// The letters of "Flyway", and behind them the hash of the table's name as the tool quotes it.
std::vector<std::int64_t> advisory_locks(const TableLocation& at) {
    constexpr std::int64_t kFlyway = 0x466C79776179;
    return {kFlyway + java_hash(quote_identifier(at.schema) + "." + quote_identifier(at.table))};
}

// Flyway reads no type but these, and gives each row its own whole number; whatever else is there, it did not write.
// Nor can a version look like what we call a repeatable: then it gets no mark, and the table is unreadable.
//
// A repeatable migration has no version, only a description. The row that says who made the schema has neither.
const Dialect kPostgres{
    .select =
        "SELECT CASE WHEN version IS NULL THEN 'R__'::pg_catalog.text OPERATOR(pg_catalog.||) "
        "pg_catalog.replace(description::pg_catalog.text, ' '::pg_catalog.text, '_'::pg_catalog.text) "
        "ELSE version::pg_catalog.text END, "
        "CASE WHEN type IS NULL OR success IS NULL OR installed_rank IS NULL "
        "OR pg_catalog.\"left\"(version::pg_catalog.text, 3) OPERATOR(pg_catalog.=) 'R__'::pg_catalog.text "
        "OR NOT (pg_catalog.pg_typeof(installed_rank)::pg_catalog.text OPERATOR(pg_catalog.=) ANY "
        "('{smallint,integer,bigint}'::pg_catalog.text[])) THEN NULL "
        "WHEN type::pg_catalog.text OPERATOR(pg_catalog.=) 'DELETE'::pg_catalog.text THEN 'deleted' "
        "WHEN type::pg_catalog.text OPERATOR(pg_catalog.=) ANY "
        "('{UNDO_SQL,UNDO_JDBC,UNDO_SCRIPT,UNDO_CUSTOM,UNDO_SPRING_JDBC}'::pg_catalog.text[]) "
        "THEN CASE WHEN success THEN 'undone' ELSE 'half_undone' END "
        "WHEN type::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{BASELINE,SQL_BASELINE,JDBC_BASELINE,"
        "SCRIPT_BASELINE,SQL_STATE_SCRIPT,JDBC_STATE_SCRIPT}'::pg_catalog.text[]) "
        "THEN CASE WHEN success THEN 'baseline' ELSE 'dirty' END "
        "WHEN type::pg_catalog.text OPERATOR(pg_catalog.=) ANY "
        "('{SQL,JDBC,SCRIPT,CUSTOM,SPRING_JDBC}'::pg_catalog.text[]) "
        "THEN CASE WHEN success THEN 'clean' ELSE 'dirty' END END, installed_rank "
        "FROM {table} WHERE (type::pg_catalog.text OPERATOR(pg_catalog.=) 'SCHEMA'::pg_catalog.text) IS NOT TRUE",
    .advisory_locks = advisory_locks};

const Dialect kSqlite{
    .select =
        "SELECT CASE WHEN version IS NULL THEN 'R__' || replace(description, ' ', '_') ELSE version END, "
        "CASE WHEN success IS NULL OR success NOT IN (0, 1) OR typeof(installed_rank) <> 'integer' "
        "OR substr(version, 1, 3) = 'R__' THEN NULL WHEN type = 'DELETE' THEN 'deleted' "
        "WHEN type IN ('UNDO_SQL', 'UNDO_JDBC', 'UNDO_SCRIPT', 'UNDO_CUSTOM', 'UNDO_SPRING_JDBC') "
        "THEN CASE success WHEN 1 THEN 'undone' ELSE 'half_undone' END "
        "WHEN type IN ('BASELINE', 'SQL_BASELINE', 'JDBC_BASELINE', 'SCRIPT_BASELINE', 'SQL_STATE_SCRIPT', "
        "'JDBC_STATE_SCRIPT') THEN CASE success WHEN 1 THEN 'baseline' ELSE 'dirty' END "
        "WHEN type IN ('SQL', 'JDBC', 'SCRIPT', 'CUSTOM', 'SPRING_JDBC') "
        "THEN CASE success WHEN 1 THEN 'clean' ELSE 'dirty' END END, installed_rank "
        "FROM {table} WHERE type IS NOT 'SCHEMA'"};

}  // namespace

const Tool kFlyway{
    .books = {.tool = "flyway",
              .ordering = model::Ordering::set,
              .ids = model::IdOrder::dotted,
              .late =
                  "runs it only with outOfOrder=true, and mostly refuses to run anything until then; give it a higher "
                  "version, or let it run out of order",
              .repair = "repair the schema, run flyway repair"},
    .summary = "every event of its history: versions, undone ones, baselines, repeatables as R__description",
    .table = "flyway_schema_history",
    .columns = {"installed_rank", "version", "description", "type", "script", "checksum", "installed_by",
                "installed_on", "execution_time", "success"},
    .most_rows = kMostMigrations,
    .dirty_means = "success = false: the migration, or its undo, failed and was not rolled back",
    .postgres = kPostgres,
    .sqlite = kSqlite,
};

}  // namespace schemalatch::tools
