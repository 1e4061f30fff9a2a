// Looks into a PostgreSQL database: one simple-protocol batch, one round trip, one deadline over everything from the
// name lookup to the last row.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "probes/tools/tool.h"

namespace schemalatch::postgres {

struct PostgresSettings {
    std::string url;  // a libpq URI or key=value string that check_url() accepts; holds a secret
    std::filesystem::path
        password_file;        // read at each new connection, so that a rotated password is found; empty: none
    const tools::Tool* tool;  // reads PostgreSQL
    std::string schema;       // of the bookkeeping table; empty: the role's search_path decides
    std::string table;        // empty: the tool's own
};

// Whether libpq understands the URL, its parameters included. The error is one line and never repeats the URL.
tl::expected<void, std::string> check_url(const std::string& url);

// Keeps its connection between looks until disconnect() is called.
std::unique_ptr<model::Probe> make_postgres_probe(PostgresSettings settings);

}  // namespace schemalatch::postgres
