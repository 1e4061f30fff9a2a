#include "sidecar/http/version_reader.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "probes/model/printable.h"
#include "sidecar/dependency_name.h"
#include "sidecar/http/limits.h"
#include "sidecar/http/routes.h"
#include "sidecar/http/version_json.h"

namespace schemalatch::http {

namespace {

using Ids = std::vector<std::string>;

// Not ordered_json: that looks for every key of an object in all those before it.
using Told = nlohmann::json;

constexpr std::size_t kDeepest = 16;  // ours is three deep; a newer one may be deeper
constexpr std::uint64_t kMostCounted = 1'000'000'000;

// What a clock of nanoseconds bears, and no sidecar will see.
constexpr std::time_t kLatest = 7'258'118'400;  // 2200-01-01

// Reads the members of one object. The first that does not fit is told in `problem`; whatever is read after it comes
// out empty, so that the caller asks once, at the end.
class Members {
public:
    Members(const Told& object, std::string path, std::string& problem)
        : object_{object}, path_{std::move(path)}, problem_{problem} {}

    void refuse(const std::string& name, const std::string& what) {
        if (problem_.empty()) problem_ = "\"" + path_ + name + "\" " + what;
    }

    bool is_null(const std::string& name) { return find(name).is_null(); }
    bool tells(const std::string& name) const { return object_.contains(name) && !object_.at(name).is_null(); }

    bool flag(const std::string& name) {
        const auto& told = find(name);
        if (told.is_boolean()) return told.get<bool>();
        refuse(name, "is not true or false");
        return false;
    }

    std::string text(const std::string& name) {
        const auto& told = find(name);
        if (told.is_string()) return model::one_line(told.get_ref<const std::string&>());
        refuse(name, "is not a text");
        return "";
    }

    Ids ids(const std::string& name) {
        const auto& told = find(name);
        Ids ids;
        const auto is_text = [](const Told& id) { return id.is_string(); };
        if (!told.is_array() || !std::all_of(told.begin(), told.end(), is_text)) {
            refuse(name, "is not a list of texts");
            return ids;
        }
        for (const auto& id : told) ids.push_back(model::one_line(id.get_ref<const std::string&>()));
        return ids;
    }

    std::size_t count(const std::string& name) {
        const auto& told = find(name);
        if (told.is_number_unsigned() && told.get<std::uint64_t>() <= kMostCounted) return told.get<std::size_t>();
        refuse(name, "is not a count");
        return 0;
    }

    // How many there are beside those that are listed.
    std::size_t unlisted(const std::string& name, const Ids& listed) {
        const auto whole = count(name);
        if (whole >= listed.size()) return whole - listed.size();
        refuse(name, "is less than what is listed");
        return 0;
    }

    int integer(const std::string& name) {
        const auto& told = find(name);
        if (told.is_number_integer() && std::abs(told.get<double>()) <= std::numeric_limits<int>::max())
            return told.get<int>();
        refuse(name, "is not a number");
        return 0;
    }

    SystemTime instant(const std::string& name) {
        const auto text = this->text(name);
        std::tm parts{};
        if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) != nullptr) {
            const std::time_t seconds = ::timegm(&parts);
            const auto at = std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(seconds, 0, kLatest));
            if (instant_text(at) == text) return at;
        }
        refuse(name, "is not a time such as 2026-11-21T20:51:00Z");
        return {};
    }

    gate::State state(const std::string& name) {
        const auto word = text(name);
        const auto known = [&](gate::State state) { return gate::to_string(state) == word; };
        const auto found = std::find_if(gate::kStates.begin(), gate::kStates.end(), known);
        if (found != gate::kStates.end()) return *found;
        refuse(name, "is " + model::quoted(word) + ", which this schemalatch does not know");
        return gate::State::pending;
    }

    // One of a few words; `parse` gives nullopt for all others.
    template <typename Parse>
    auto word(const std::string& name, Parse parse) {
        const auto text = this->text(name);
        const auto parsed = parse(text);
        if (!parsed) refuse(name, "is " + model::quoted(text) + ", which this schemalatch does not know");
        return parsed.value_or(typename decltype(parsed)::value_type{});
    }

    Members object(const std::string& name) {
        const auto& told = find(name);
        if (!told.is_object()) refuse(name, "is not an object");
        return {told, path_ + name + ".", problem_};
    }

    Members element(const Told& element, const std::string& at) { return {element, path_ + at, problem_}; }

    const Told& list(const std::string& name) {
        static const Told kEmpty = Told::array();
        const auto& told = find(name);
        if (told.is_array()) return told;
        refuse(name, "is not a list");
        return kEmpty;
    }

private:
    const Told& find(const std::string& name) {
        static const Told kNull;
        const auto found = object_.find(name);
        if (found != object_.end()) return *found;
        refuse(name, "is missing");
        return kNull;
    }

    const Told& object_;
    std::string path_;
    std::string& problem_;
};

// It goes into a path of the next request, and is one of a configuration.
std::string name_of(Members& members) {
    auto name = members.text("name");
    if (!is_dependency_name(name)) members.refuse("name", "is not a dependency's name");
    return name;
}

std::shared_ptr<const Sight> sight_of(Members& members) {
    if (members.is_null("checked_at")) {
        for (const auto* name : {"current", "current_count", "missing", "missing_count", "failed", "primary"}) {
            if (!members.is_null(name)) members.refuse(name, "is told, although no look has seen the database");
        }
        return nullptr;
    }
    Sight sight;
    sight.current = members.ids("current");
    sight.unlisted_current = members.unlisted("current_count", sight.current);
    sight.missing = members.ids("missing");
    sight.unlisted_missing = members.unlisted("missing_count", sight.missing);
    // An older sidecar does not tell it.
    if (members.tells("applied_count")) sight.applied_count = members.count("applied_count");
    sight.failed = members.ids("failed");
    sight.primary = members.flag("primary");
    sight.at = members.instant("checked_at");
    return std::make_shared<const Sight>(std::move(sight));
}

KnownRun run_of(Members members) {
    KnownRun known;
    if (members.tells("id")) known.run.id = members.text("id");
    known.run.outcome = members.word("state", model::parse_outcome);
    known.run.started_at = members.text("started_at");
    known.run.by = members.text("by");
    if (!members.is_null("exit_code")) known.run.exit_code = members.integer("exit_code");
    if (members.tells("ended_at")) known.run.ended_at = members.text("ended_at");
    if (members.tells("towards")) known.towards = members.flag("towards");
    return known;
}

// An older sidecar tells of the newest alone, or of none.
std::vector<KnownRun> runs_of(Members& members) {
    std::vector<KnownRun> newest;
    if (members.tells("run")) newest.push_back(run_of(members.object("run")));
    if (!members.tells("runs")) return newest;
    std::vector<KnownRun> runs;
    std::size_t index = 0;
    for (const auto& told : members.list("runs")) {
        const auto at = "runs[" + std::to_string(index++) + "]";
        if (!told.is_object()) members.refuse(at, "is not an object");
        runs.push_back(run_of(members.element(told, at + ".")));
    }
    return runs;
}

// What must agree: an answer that contradicts itself is not taken as ready.
void check_gate(const DependencyStatus& dependency, Members& members) {
    const bool satisfied = dependency.state == gate::State::satisfied;
    if (dependency.held != (dependency.ready && !satisfied))
        members.refuse("held", "does not agree with \"ready\" and \"state\"");
    if (dependency.assumed && !satisfied) members.refuse("assumed", "does not agree with \"state\"");
    if (dependency.ready && !dependency.sight)
        members.refuse("ready", "is told, although no look has seen the database");
}

DependencyStatus dependency_of(Members members) {
    DependencyStatus dependency;
    dependency.name = name_of(members);
    dependency.tool = members.text("tool");
    dependency.state = members.state("state");
    dependency.ready = members.flag("ready");
    dependency.held = members.flag("held");
    dependency.assumed = members.flag("assumed");
    dependency.enforced = members.flag("enforced");
    dependency.reason = members.text("reason");
    dependency.required = members.ids("required");
    auto requirement = members.object("requirement");
    dependency.requirement_source = requirement.text("source");
    dependency.requirement_digest = requirement.text("digest");
    if (requirement.tells("upto")) dependency.selection.upto = requirement.text("upto");
    if (requirement.tells("exclude")) dependency.selection.exclude = requirement.ids("exclude");
    dependency.since = members.instant("since");
    if (!members.is_null("looked_at")) dependency.looked_at = members.instant("looked_at");
    dependency.sight = sight_of(members);
    if (members.tells("journal")) dependency.journal = members.word("journal", model::parse_journal_state);
    dependency.runs = runs_of(members);
    check_gate(dependency, members);
    return dependency;
}

Status status_of(Members members) {
    members.text("schemalatch");  // without it, it is the answer of something else
    Status status;
    std::size_t index = 0;
    for (const auto& told : members.list("dependencies")) {
        const auto at = "dependencies[" + std::to_string(index++) + "]";
        if (!told.is_object()) members.refuse(at, "is not an object");
        status.dependencies.push_back(
            std::make_shared<const DependencyStatus>(dependency_of(members.element(told, at + "."))));
    }
    if (members.flag("ready") != is_ready(status)) members.refuse("ready", "does not agree with \"dependencies\"");
    if (status.dependencies.empty()) members.refuse("dependencies", "are none: this sidecar watches nothing");
    return status;
}

std::string too_large() {
    constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;
    return "is larger than " + std::to_string(kAnswerLimit / kMebibyte) + " MiB";
}

// Reads without keeping: whether the text nests too deep, or names a member twice, where the last would win. Not by
// nlohmann's callback, which goes through the whole parent at each child's end.
class Shape final : public nlohmann::json_sax<Told> {
public:
    const std::string& problem() const { return problem_; }

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return enter(); }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override { return enter(); }
    bool end_array() override { return leave(); }
    bool key(string_t& name) override {
        return keys_.back().insert(name).second || refuse("names " + model::quoted(name) + " twice");
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("is not JSON");
    }

private:
    bool enter() {
        keys_.emplace_back();
        return keys_.size() <= kDeepest || refuse("nests too deep");
    }
    bool leave() {
        keys_.pop_back();
        return true;
    }
    bool refuse(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }

    std::vector<std::set<std::string>> keys_;  // seen so far, of each object or list that is open
    std::string problem_;
};

tl::expected<Told, std::string> parse(std::string_view json) {
    if (json.size() > kAnswerLimit) return tl::make_unexpected(too_large());
    Shape shape;
    if (!Told::sax_parse(json, &shape)) return tl::make_unexpected(shape.problem());
    try {
        auto told = Told::parse(json);
        if (told.is_object()) return told;
        return tl::make_unexpected(std::string{"is not a JSON object"});
    } catch (const Told::exception&) {  // of a number beyond all bounds
        return tl::make_unexpected(std::string{"is not JSON"});
    }
}

template <typename Read>
auto read(std::string_view json, Read read_members)
    -> tl::expected<decltype(read_members(std::declval<Members>())), std::string> {
    const auto told = parse(json);
    if (!told) return tl::make_unexpected(told.error());
    std::string problem;
    auto result = read_members(Members{*told, "", problem});
    if (!problem.empty()) return tl::make_unexpected(problem);
    return result;
}

}  // namespace

tl::expected<Status, std::string> parse_version(std::string_view json) { return read(json, status_of); }

tl::expected<DependencyStatus, std::string> parse_dependency(std::string_view json) {
    return read(json, dependency_of);
}

}  // namespace schemalatch::http
