#include "sidecar/config/keys.h"

#include <algorithm>
#include <cctype>

#include "probes/model/printable.h"
#include "sidecar/dependency_name.h"

namespace schemalatch::config {

namespace {

using Set = tl::expected<void, std::string>;

tl::unexpected<std::string> wrong(std::string_view text, const std::string& right) {
    return tl::make_unexpected(model::quoted(text) + " is not " + right);
}

template <typename Section, std::string Section::*member>
Set text(Section& section, std::string_view value) {
    // Client libraries would read no further. The value is not repeated: it may be a URL.
    if (value.find('\0') != std::string_view::npos)
        return tl::make_unexpected(std::string{"holds a NUL character; take it out"});
    section.*member = value;
    return {};
}

template <typename Section, bool Section::*member>
Set flag(Section& section, std::string_view value) {
    if (value != "true" && value != "false") return wrong(value, "true or false");
    section.*member = value == "true";
    return {};
}

tl::expected<model::Duration, std::string> finite(std::string_view value, model::Duration least) {
    const auto duration = parse_duration(value);
    if (!duration) return tl::make_unexpected(duration.error());
    if (!*duration) return wrong(value, "possible here; give a time such as 10s");
    if (**duration < least) return wrong(value, "long enough; the least is " + std::to_string(least.count()) + "ms");
    return **duration;
}

template <auto pick>
Set duration(DependencySettings& dependency, std::string_view value) {
    constexpr model::Duration kLeast{10};  // shorter ones would only burn the server
    const auto parsed = finite(value, kLeast);
    if (!parsed) return tl::make_unexpected(parsed.error());
    pick(dependency) = *parsed;
    return {};
}

constexpr auto kInterval = [](DependencySettings& d) -> model::Duration& { return d.pace.interval; };
constexpr auto kIntervalReady = [](DependencySettings& d) -> model::Duration& { return d.pace.interval_ready; };
constexpr auto kDeadline = [](DependencySettings& d) -> model::Duration& { return d.deadline; };
constexpr auto kStandbyLimit = [](DependencySettings& d) -> model::Duration& { return d.gate.standby_limit; };

// The URL stands in one place: the later source's word replaces the earlier one's, whichever of the two keys it uses.
Set url(DependencySettings& dependency, std::string_view value) {
    auto set = text<DependencySettings, &DependencySettings::url>(dependency, value);
    if (set && !value.empty()) dependency.url_file.clear();
    return set;
}

Set url_file(DependencySettings& dependency, std::string_view value) {
    auto set = text<DependencySettings, &DependencySettings::url_file>(dependency, value);
    if (set && !value.empty()) dependency.url.clear();
    return set;
}

Set require_wait(DependencySettings& dependency, std::string_view value) {
    const auto parsed = finite(value, model::Duration::zero());
    if (!parsed) return tl::make_unexpected(parsed.error());
    dependency.require_wait = *parsed;
    return {};
}

Set readers(DependencySettings& dependency, std::string_view value) {
    dependency.readers.clear();
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        if (comma == 0) return wrong(value, "a list of roles; join them by commas, without blanks");
        dependency.readers.emplace_back(value.substr(0, comma));
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return {};
}

// The journal keeps it as text.
Set lock_name(DependencySettings& dependency, std::string_view value) {
    if (!model::is_utf8(value)) return wrong(value, "UTF-8; write the name in UTF-8");
    return text<DependencySettings, &DependencySettings::lock_name>(dependency, value);
}

Set hold(DependencySettings& dependency, std::string_view value) {
    const auto parsed = parse_duration(value);
    if (!parsed) return tl::make_unexpected(parsed.error() + ", or forever");
    dependency.gate.hold = *parsed;
    return {};
}

Set unknown_revision(DependencySettings& dependency, std::string_view value) {
    if (value != "ahead" && value != "fail") return wrong(value, "\"ahead\" or \"fail\"");
    dependency.unknown_revision = value == "ahead" ? gate::UnknownRevision::ahead : gate::UnknownRevision::fail;
    return {};
}

Set name(DependencySettings& dependency, std::string_view value) {
    if (!is_dependency_name(value)) {
        dependency.name.clear();  // no other dependency's name can be the same as this one
        return wrong(value, "a name; use 1 to 63 letters, digits, '-', '_' and '.'");
    }
    dependency.name = value;
    return {};
}

// The unit at the front of the text, taken off; zero if there is none.
model::Duration take_unit(std::string_view& text) {
    struct Unit {
        std::string_view name;
        model::Duration length;
    };
    constexpr Unit kUnits[] = {{"ms", model::Duration{1}},
                               {"s", model::Duration{1000}},
                               {"m", model::Duration{60'000}},
                               {"h", model::Duration{3'600'000}}};
    for (const auto& unit : kUnits) {
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        return unit.length;
    }
    return model::Duration::zero();
}

}  // namespace

const std::vector<Key<HttpSettings>>& http_keys() {
    static const std::vector<Key<HttpSettings>> keys{
        {"listen", Kind::text, "HOST:PORT", "[::]:7355", "where the sidecar answers",
         text<HttpSettings, &HttpSettings::listen>},
        {"detail", Kind::flag, "true|false", "true", "whether /readyz tells reasons",
         flag<HttpSettings, &HttpSettings::detail>},
        {"detail_listen", Kind::text, "HOST:PORT", "", "second address, for all but /readyz and /livez",
         text<HttpSettings, &HttpSettings::detail_listen>},
    };
    return keys;
}

const std::vector<Key<DependencySettings>>& dependency_keys() {
    using D = DependencySettings;
    static const std::vector<Key<D>> keys{
        {"name", Kind::text, "NAME", "database", "what the dependency is called in answers and metrics", name},
        {"url", Kind::text, "URL", "",
         "postgresql://user@host/db or sqlite:////path; passwords belong into password_file", url},
        {"url_file", Kind::text, "FILE", "", "file that holds the URL, in place of url", url_file},
        {"password_file", Kind::text, "FILE", "", "file with the password, read anew for each connection",
         text<D, &D::password_file>},
        {"tool", Kind::text, "TOOL", "", "migration tool whose table is read, see schemalatch tools",
         text<D, &D::tool>},
        {"require", Kind::text, "VERSION|@FILE", "", "least version: a baked file as @FILE, or a literal",
         text<D, &D::require>},
        {"table", Kind::text, "NAME", "", "bookkeeping table, if it is not the tool's default", text<D, &D::table>},
        {"schema", Kind::text, "NAME", "", "schema of that table, if the search_path does not say it",
         text<D, &D::schema>},
        {"interval", Kind::duration, "DURATION", "1s", "between looks while not satisfied", duration<kInterval>},
        {"interval_ready", Kind::duration, "DURATION", "30s", "between looks once satisfied", duration<kIntervalReady>},
        {"deadline", Kind::duration, "DURATION", "3s", "for one look, name lookup and login included",
         duration<kDeadline>},
        {"hold", Kind::duration, "DURATION|forever", "forever",
         "how long a ready gate holds while the database cannot be asked", hold},
        {"standby_limit", Kind::duration, "DURATION", "10m", "after which a gate held on a standby's word says so",
         duration<kStandbyLimit>},
        {"unknown_revision", Kind::text, "ahead|fail", "ahead", "what a revision means that the image does not know",
         unknown_revision},
        {"enforce", Kind::flag, "true|false", "true", "false: report only, /readyz does not wait for it",
         flag<D, &D::enforce>},
        {"require_wait", Kind::duration, "DURATION", "0s", "how long serve and wait give the baked file to come",
         require_wait},
        {"journal", Kind::text, "NAME", "schemalatch", "schema of our own tables; empty: none", text<D, &D::journal>},
        {"lock_url", Kind::text, "URL", "", "where upgrade takes its lock, if not at url", text<D, &D::lock_url>},
        {"lock_name", Kind::text, "NAME", "", "narrows upgrade's lock, which is one for the whole database", lock_name},
        {"readers", Kind::list, "ROLE,...", "", "roles that upgrade lets read the bookkeeping table", readers},
    };
    return keys;
}

const std::vector<Key<ToolSettings>>& tool_keys() {
    using T = ToolSettings;
    static const std::vector<Key<T>> keys{
        {"name", Kind::text, "NAME", "", "what tool is called in [[dependency]] and in baked files", text<T, &T::name>},
        {"table", Kind::text, "NAME", "", "its bookkeeping table", text<T, &T::table>},
        {"id", Kind::text, "COLUMN", "", "column with the version", text<T, &T::id>},
        {"dirty", Kind::text, "COLUMN", "", "boolean column: begun and not ended well", text<T, &T::dirty>},
        {"query", Kind::text, "SELECT", "", "SELECT of id and mark, in place of id and dirty", text<T, &T::query>},
        {"order", Kind::text, "set|number", "set", "every applied migration, or one current number",
         text<T, &T::order>},
        {"ids", Kind::text, "none|text|number|dotted", "none", "how the ids of a set stand to each other",
         text<T, &T::ids>},
    };
    return keys;
}

std::string environment_name(std::string_view key) {
    std::string name = "SCHEMALATCH_";
    for (const char c : key) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

tl::expected<std::optional<model::Duration>, std::string> parse_duration(std::string_view text) {
    constexpr model::Duration kLongest = std::chrono::hours{10 * 365 * 24};  // a clock's own nanoseconds bear 292 years
    constexpr model::Duration::rep kTooMany = kLongest.count() + 1;  // of any unit; keeps the sum from overflowing
    if (text == "forever") return std::nullopt;
    model::Duration sum{0};
    std::string_view rest = text;
    while (!rest.empty()) {
        model::Duration::rep count = 0;
        const auto digits = static_cast<std::size_t>(
            std::find_if_not(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; }) - rest.begin());
        for (const char c : rest.substr(0, digits)) count = std::min(count * 10 + (c - '0'), kTooMany);
        rest.remove_prefix(digits);
        const auto unit = take_unit(rest);
        if (digits == 0 || unit == model::Duration::zero()) break;
        sum += count * unit;
        if (sum > kLongest)
            return tl::make_unexpected(model::quoted(text) + " is too long; the longest is 87600h, ten years");
        if (rest.empty()) return sum;
    }
    return wrong(text, "a duration; write one such as 250ms, 10s or 1h30m");
}

}  // namespace schemalatch::config
