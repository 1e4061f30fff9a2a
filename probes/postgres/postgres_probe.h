// Looks into a PostgreSQL database: one simple-protocol batch, one round trip, one deadline over everything from the
// name lookup to the last row. Then, in what is left of the time, at the journal, on the same session.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "probes/tools/recognise.h"
#include "probes/tools/tool.h"

namespace schemalatch::postgres {

struct PostgresSettings {
    std::string url;                      // a libpq URI or key=value string that check_url() accepts; holds a secret
    std::filesystem::path password_file;  // read at each new connection, so that a rotated password is found; empty:
                                          // none
    std::string schema;                   // of the bookkeeping table; empty: the role's search_path decides
    std::string journal = {};             // schema of our own tables; empty: none is read
};

// Whether libpq understands the URL, its parameters included. The error is one line and never repeats the URL.
tl::expected<void, std::string> check_url(const std::string& url);

// Both keep their connection between looks until disconnect() is called.

// Reads the table of a tool that can be read in PostgreSQL; `table`: its name, if it is not the tool's own.
std::unique_ptr<model::Probe> make_postgres_probe(const PostgresSettings& settings, const tools::ToolPtr& tool,
                                                  const std::string& table);

// Looks for the tools whose tables are there, and reads none of them.
std::unique_ptr<model::Probe> make_postgres_recogniser(const PostgresSettings& settings,
                                                       const tools::Suspects& suspects);

}  // namespace schemalatch::postgres
