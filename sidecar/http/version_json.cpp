#include <fmt/chrono.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sidecar/http/render.h"
#include "sidecar/version.h"

namespace schemalatch::http {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostListed = 20;

Json instant(const std::optional<SystemTime>& at) {
    if (!at) return nullptr;
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(*at)));
}

Json list(const std::vector<std::string>& ids, std::size_t most) {
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), most));
    return std::vector<std::string>{ids.begin(), end};
}

Json to_json(const DependencyStatus& dependency, std::size_t most) {
    const Sight* sight = dependency.sight.get();
    const auto of_sight = [&](const std::vector<std::string> Sight::*ids) {
        return sight == nullptr ? Json{} : list(sight->*ids, most);
    };
    const auto size_of = [&](const std::vector<std::string> Sight::*ids) {
        return sight == nullptr ? Json{} : Json((sight->*ids).size());
    };
    Json object;
    object["name"] = dependency.name;
    object["tool"] = dependency.tool;
    object["state"] = gate::to_string(dependency.state);
    object["ready"] = dependency.ready;
    object["held"] = dependency.held;
    object["assumed"] = dependency.assumed;
    object["enforced"] = dependency.enforced;
    object["reason"] = dependency.reason;
    object["current"] = of_sight(&Sight::current);
    object["current_count"] = size_of(&Sight::current);
    object["required"] = list(dependency.required, most);
    object["missing"] = of_sight(&Sight::missing);
    object["missing_count"] = size_of(&Sight::missing);
    object["failed"] = of_sight(&Sight::failed);
    object["requirement"] = {{"source", dependency.requirement_source}, {"digest", dependency.requirement_digest}};
    object["since"] = instant(dependency.since);
    object["checked_at"] = instant(sight == nullptr ? std::nullopt : std::optional{sight->at});
    object["looked_at"] = instant(dependency.looked_at);
    object["primary"] = sight == nullptr ? Json{} : Json(sight->primary);
    object["journal"] = "off";
    object["run"] = nullptr;
    return object;
}

// Ids may hold anything that a database holds, also bytes that are not UTF-8.
std::string dump(const Json& json) {
    constexpr int kIndent = 2;
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string version_json(const Status& status, bool ready) {
    Json object;
    object["schemalatch"] = kVersion;
    object["ready"] = ready;
    object["dependencies"] = Json::array();
    for (const auto& dependency : status.dependencies)
        object["dependencies"].push_back(to_json(*dependency, kMostListed));
    return dump(object);
}

std::string dependency_json(const DependencyStatus& dependency) {
    return dump(to_json(dependency, std::numeric_limits<std::size_t>::max()));
}

}  // namespace schemalatch::http
