// Every setting, with its default. What can only be judged together with others, or with files, is still text here:
// resolve() in sidecar/dependency.h does that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/model/probe.h"
#include "sidecar/gate/gate.h"
#include "sidecar/gate/schedule.h"

namespace schemalatch::config {

struct HttpSettings {
    std::string listen = "[::]:7355";  // HOST:PORT; falls back to 0.0.0.0 where IPv6 is off
    bool detail = true;                // false: /readyz names the state of what is not ready, never the reason
    std::string detail_listen;         // HOST:PORT of all but /readyz and /livez; empty: the same as theirs
};

struct DependencySettings {
    std::string name = "database";  // empty only until the problem with it is told
    std::string url;                // postgresql:// or sqlite:///; may hold a password: never print it
    std::string url_file;           // read instead of `url`
    std::string password_file;      // wins over the URL's password
    std::string tool;               // a name in the catalogue; may be empty beside a baked file
    std::string require;            // @FILE for a baked file, else a literal version
    std::string table;              // of the tool's bookkeeping; empty: the tool's default
    std::string schema;             // that the table stands in; empty: the role's search_path decides
    gate::Pace pace;
    model::Duration deadline{3000};  // of one look
    gate::GateSettings gate;
    gate::UnknownRevision unknown_revision = gate::UnknownRevision::ahead;
    bool enforce = true;                  // false: /readyz does not wait for this dependency, and says so
    model::Duration require_wait{0};      // how long serve and wait give a baked file to come; zero: it must be there
    std::string journal = "schemalatch";  // schema of our own tables; empty: none
    std::string lock_url;                 // where to take the upgrade's lock; empty: at `url`; may hold a password
    std::string lock_name;                // narrows the upgrade's lock; empty: one for the whole database
    std::vector<std::string> readers;     // roles that an upgrade lets read the bookkeeping
    std::string origin;                   // where it was described, for messages: "gate.toml:12"; empty: not in a file
};

// A migration tool that is not in the catalogue: which table it writes and how, or what to ask in its place.
struct ToolSettings {
    std::string name;
    std::string table;          // its bookkeeping table; may be empty beside `query`
    std::string id;             // column that holds the version
    std::string dirty;          // boolean column: the migration was begun and has not ended well; empty: it has none
    std::string query;          // a SELECT of id and mark, in place of `id` and `dirty`
    std::string order = "set";  // set or number
    std::string ids = "none";   // of a set: none, text, number or dotted
    std::string origin;         // where it was described, for messages: "gate.toml:12"
};

struct Config {
    HttpSettings http;
    std::vector<DependencySettings> dependencies;
    std::vector<ToolSettings> tools;
};

// One line each, complete but for the program's name: `gate.toml:12: unknown key "intervall"; did you mean "interval"?`
using Problems = std::vector<std::string>;

}  // namespace schemalatch::config
