// flyway/flyway: ResourceNameParser.java, MigrationVersion.java
#include "sidecar/bake/flyway_name.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "probes/model/id_order.h"

namespace schemalatch::bake {

namespace {

constexpr std::string_view kSeparator = "__";

// SQL, and what Flyway runs as a script. A name without an ending is a script too.
constexpr std::array<std::string_view, 7> kEndings{".sql", ".sh", ".bash", ".py", ".ps1", ".cmd", ".bat"};

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

// Without its ending; nullopt: an ending that is none of Flyway's.
std::optional<std::string_view> stem_of(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return name;
    const auto ending = lower_case(name.substr(dot));
    const bool known = std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
    return known ? std::optional{name.substr(0, dot)} : std::nullopt;
}

// "1_2" is 1.2. nullopt: no version.
std::optional<std::string> version_of(std::string_view text) {
    std::string version{text};
    std::replace(version.begin(), version.end(), '_', '.');
    const bool digits = !version.empty() && std::isdigit(static_cast<unsigned char>(version.front())) != 0;
    return digits && model::canonical_id(version, model::IdOrder::dotted) ? std::optional{version} : std::nullopt;
}

// As a file's description is told everywhere: blanks, which are "_" in the file's name, stay "_".
std::string repeatable_id(std::string_view description) {
    std::string id = "R__" + std::string{description};
    std::replace(id.begin(), id.end(), ' ', '_');
    return id;
}

}  // namespace

std::optional<FlywayName> parse_flyway_name(std::string_view file_name) {
    const auto stem = stem_of(file_name);
    if (!stem || stem->size() < 2) return std::nullopt;
    const char prefix = stem->front();
    const auto rest = stem->substr(1);
    const auto version = rest.substr(0, rest.find(kSeparator));
    if (prefix == 'R') {
        if (!rest.starts_with(kSeparator)) return std::nullopt;
        return FlywayName{FlywayKind::repeatable, repeatable_id(rest.substr(kSeparator.size()))};
    }
    const auto parsed = prefix == 'V' || prefix == 'B' ? version_of(version) : std::nullopt;
    if (!parsed) return std::nullopt;
    return FlywayName{prefix == 'V' ? FlywayKind::versioned : FlywayKind::baseline, *parsed};
}

bool is_misspelt_for_flyway(std::string_view file_name) {
    if (parse_flyway_name(file_name) || !lower_case(file_name).ends_with(".sql") || file_name.size() < 6) return false;
    const char next = file_name[1];
    const bool goes_on_so = next == '_' || std::isdigit(static_cast<unsigned char>(next)) != 0;
    return goes_on_so && std::string_view{"VvBR"}.find(file_name.front()) != std::string_view::npos;
}

}  // namespace schemalatch::bake
