#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "probes/model/printable.h"
#include "probes/postgres/journal_sql.h"
#include "probes/tools/select.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/log.h"

namespace schemalatch::commands {

namespace {

// One journal may serve several dependencies.
struct Wanted {
    std::vector<std::string> dependencies;
    std::set<std::string> readers;
};
using Journals = std::map<std::string, Wanted>;  // by schema

// Empty: there is a journal to be created.
std::string why_none(const config::DependencySettings& settings) {
    if (settings.journal.empty()) return "journal is switched off (\"\"); set it to the name of a schema";
    // What url_file leads to need not be at hand where a DBA's script is made.
    if (settings.url.empty()) return "";
    const auto target = config::parse_target(settings.url);
    if (!target) return "url: " + target.error();
    if (std::holds_alternative<config::SqliteTarget>(*target))
        return "a SQLite database keeps its journal in a file beside it, which upgrade makes itself";
    return "";
}

std::string comment(std::string_view text) { return "-- " + model::one_line(text) + "\n"; }

std::string sql_of(const std::string& schema, const Wanted& wanted) {
    const auto quoted = tools::quote_identifier(schema);
    std::string text =
        comment("The journal of schemalatch for " + model::listed(wanted.dependencies) + ": schema " + quoted + ".");
    text +=
        "-- Run it in the database that is migrated, as the role that runs the upgrade: what it creates is then that\n"
        "-- role's, which must be able to write it. It may be run again at any time.\n"
        "BEGIN;\n";
    text += postgres::journal_ddl(schema);
    for (const auto& reader : wanted.readers) text += postgres::journal_grants(schema, reader);
    text += "COMMIT;\n";
    if (wanted.readers.empty())
        text += "-- No readers are configured. For each role that a sidecar or wait logs in as:\n" +
                comment(fmt::format(
                    "GRANT USAGE ON SCHEMA {0} TO ROLE; GRANT SELECT ON {0}.version, {0}.run, {0}.lineage TO ROLE;",
                    quoted));
    text +=
        "-- If another role ran it than the one that runs the upgrade, for that one:\n" +
        comment(fmt::format("GRANT USAGE ON SCHEMA {0} TO ROLE; GRANT SELECT, INSERT, UPDATE ON {0}.version, {0}.run, "
                            "{0}.lineage TO ROLE;",
                            quoted));
    return text;
}

}  // namespace

ExitCode journal(const Invocation& invocation) {
    const auto config = configure_only(invocation.sources);
    if (!config) return ExitCode::config;
    Journals journals;
    bool refused = false;
    for (const auto& dependency : config->dependencies) {
        const auto why = why_none(dependency);
        if (!why.empty()) log::error("dependency \"" + dependency.name + "\": " + why);
        refused = refused || !why.empty();
        auto& wanted = journals[dependency.journal];
        wanted.dependencies.push_back(dependency.name);
        wanted.readers.insert(dependency.readers.begin(), dependency.readers.end());
    }
    if (refused) return ExitCode::config;
    for (const auto& [schema, wanted] : journals) std::fputs(sql_of(schema, wanted).c_str(), stdout);
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
