#include "sidecar/http/version_json.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sidecar/version.h"

namespace schemalatch::http {

namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::string>;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// This version keeps no record of runs: nothing to tell apart yet.
constexpr const char* kJournal = "off";
constexpr std::nullptr_t kRun = nullptr;

Json instant(const std::optional<SystemTime>& at) { return at ? Json(instant_text(*at)) : Json{}; }

Json count(const std::optional<std::size_t>& count) { return count ? Json(*count) : Json{}; }

Json list(const Ids& ids, std::size_t most) {
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), most));
    return Ids{ids.begin(), end};
}

Json requirement_of(const DependencyStatus& dependency) {
    Json object{{"source", dependency.requirement_source}, {"digest", dependency.requirement_digest}};
    if (!dependency.selection.upto.empty()) object["upto"] = dependency.selection.upto;
    if (!dependency.selection.exclude.empty()) object["exclude"] = dependency.selection.exclude;
    return object;
}

Json to_json(const DependencyStatus& dependency, std::size_t most) {
    Json object;
    // Null before the first look that saw the database.
    const auto told = [&](const auto& member) {
        return dependency.sight == nullptr ? Json{} : Json(member(*dependency.sight));
    };
    object["name"] = dependency.name;
    object["tool"] = dependency.tool;
    object["state"] = gate::to_string(dependency.state);
    object["ready"] = dependency.ready;
    object["held"] = dependency.held;
    object["assumed"] = dependency.assumed;
    object["enforced"] = dependency.enforced;
    object["reason"] = dependency.reason;
    object["current"] = told([&](const Sight& it) { return list(it.current, most); });
    object["current_count"] = told([](const Sight& it) { return it.current_count(); });
    object["required"] = list(dependency.required, most);
    object["missing"] = told([&](const Sight& it) { return list(it.missing, most); });
    object["missing_count"] = told([](const Sight& it) { return it.missing_count(); });
    if (most == kNoLimit) object["applied_count"] = told([](const Sight& it) { return count(it.applied_count); });
    object["failed"] = told([&](const Sight& it) { return list(it.failed, most); });
    object["requirement"] = requirement_of(dependency);
    object["since"] = instant(dependency.since);
    object["checked_at"] = told([](const Sight& it) { return instant_text(it.at); });
    object["looked_at"] = instant(dependency.looked_at);
    object["primary"] = told([](const Sight& it) { return it.primary; });
    object["journal"] = kJournal;
    object["run"] = kRun;
    return object;
}

// Ids may hold anything that a database holds, also bytes that are not UTF-8.
std::string dump(const Json& json) {
    constexpr int kIndent = 2;
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string instant_text(SystemTime at) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

std::string version_json(const Status& status, bool ready, Lists lists) {
    Json object;
    object["schemalatch"] = kVersion;
    object["ready"] = ready;
    object["dependencies"] = Json::array();
    for (const auto& dependency : status.dependencies)
        object["dependencies"].push_back(to_json(*dependency, lists == Lists::cut ? kMostListed : kNoLimit));
    return dump(object);
}

std::string dependency_json(const DependencyStatus& dependency) { return dump(to_json(dependency, kNoLimit)); }

}  // namespace schemalatch::http
