#include "sidecar/http/version_json.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sidecar/http/limits.h"
#include "sidecar/version.h"

namespace schemalatch::http {

namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::string>;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr int kIndent = 2;

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

Json to_json(const model::Run& run) {
    return {{"state", model::to_string(run.outcome)},
            {"started_at", run.started_at},
            {"by", run.by},
            {"exit_code", run.exit_code ? Json(*run.exit_code) : Json{}}};
}

Json to_json(const std::optional<model::LockHolder>& holder) {
    if (!holder) return {};
    return {{"name", holder->name.empty() ? Json{} : Json(holder->name)},
            {"pid", holder->pid ? Json(*holder->pid) : Json{}},
            {"remedy", holder->remedy}};
}

Json runs_of(const DependencyStatus& dependency) {
    auto all = Json::array();
    for (const auto& known : dependency.runs) {
        Json run{{"id", known.run.id}};
        run.update(to_json(known.run));
        run["ended_at"] = known.run.ended_at.empty() ? Json{} : Json(known.run.ended_at);
        run["towards"] = known.towards;
        all.push_back(std::move(run));
    }
    return all;
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
    if (most != kMostListed) object["applied_count"] = told([](const Sight& it) { return count(it.applied_count); });
    object["failed"] = told([&](const Sight& it) { return list(it.failed, most); });
    object["requirement"] = requirement_of(dependency);
    object["since"] = instant(dependency.since);
    object["checked_at"] = told([](const Sight& it) { return instant_text(it.at); });
    object["looked_at"] = instant(dependency.looked_at);
    object["primary"] = told([](const Sight& it) { return it.primary; });
    object["journal"] = dependency.journal ? Json(model::to_string(*dependency.journal)) : Json{};
    object["run"] = dependency.runs.empty() ? Json{} : to_json(dependency.runs.front().run);
    object["runs"] = runs_of(dependency);
    if (dependency.lock && *dependency.lock) object["lock_holder"] = to_json(**dependency.lock);
    return object;
}

// Ids may hold anything that a database holds, also bytes that are not UTF-8.
std::string dump(const Json& json) { return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n"; }

bool needs_no_escape(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// Writes the members of one object as Json would, but its long lists without a copy of them, and no more than is let
// through.
class LongObject {
public:
    void member(const std::string& name, const Json& value) {
        begin_member(name);
        std::string told = value.dump(kIndent, ' ', false, Json::error_handler_t::replace);
        for (auto at = told.find('\n'); at != std::string::npos; at = told.find('\n', at + 1))
            told.insert(at + 1, kIndent, ' ');
        text_ += told;
    }

    void list(const std::string& name, const Ids& ids) {
        begin_member(name);
        text_ += '[';
        std::size_t told = 0;
        for (; told < ids.size() && text_.size() < kMostWhole; ++told) {
            text_ += told == 0 ? "\n    " : ",\n    ";
            id(ids[told]);
        }
        text_ += told == 0 ? "]" : "\n  ]";
        cut_ = cut_ || told < ids.size();
    }

    std::string end() {
        if (cut_) member("cut", true);
        return std::move(text_) + "\n}\n";
    }

private:
    void begin_member(const std::string& name) { text_ += (text_.size() == 1 ? "\n  \"" : ",\n  \"") + name + "\": "; }

    void id(const std::string& id) {
        if (!std::all_of(id.begin(), id.end(), needs_no_escape)) {
            text_ += Json(id).dump(-1, ' ', false, Json::error_handler_t::replace);
            return;
        }
        text_ += '"';
        text_ += id;
        text_ += '"';
    }

    std::string text_ = "{";
    bool cut_ = false;
};

std::size_t listed_ids(const DependencyStatus& dependency) {
    const auto* sight = dependency.sight.get();
    return dependency.required.size() +
           (sight == nullptr ? 0 : sight->current.size() + sight->missing.size() + sight->failed.size());
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

std::string dependency_json(const DependencyStatus& dependency) {
    LongObject object;
    const auto* sight = dependency.sight.get();
    const Json short_one = to_json(dependency, 0);
    for (const auto& [name, value] : short_one.items()) {
        if (name == "required") {
            object.list(name, dependency.required);
        } else if (sight != nullptr && name == "current") {
            object.list(name, sight->current);
        } else if (sight != nullptr && name == "missing") {
            object.list(name, sight->missing);
        } else if (sight != nullptr && name == "failed") {
            object.list(name, sight->failed);
        } else {
            object.member(name, value);
        }
    }
    return object.end();
}

std::shared_ptr<const std::string> long_dependency_json(const DependencyStatus& dependency) {
    if (listed_ids(dependency) <= kMostWrittenAtOnce) return nullptr;
    return std::make_shared<const std::string>(dependency_json(dependency));
}

}  // namespace schemalatch::http
