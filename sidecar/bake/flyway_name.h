// What the name of a file tells Flyway. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace schemalatch::bake {

enum class FlywayKind {
    versioned,   // V1__orders.sql
    repeatable,  // R__views.sql
    baseline,    // B5__base.sql: sums up all versions up to its own for a database that has none
};

struct FlywayName {
    FlywayKind kind;
    std::string id;  // as it stands in the database: "1.2", or "R__views"
};

// With Flyway's own prefixes, separator and suffix. nullopt: Flyway passes over such a file.
std::optional<FlywayName> parse_flyway_name(std::string_view file_name);

// Whether somebody may have meant it as a migration which Flyway passes over: "V1_orders.sql", "v1__orders.sql".
bool is_misspelt_for_flyway(std::string_view file_name);

}  // namespace schemalatch::bake
