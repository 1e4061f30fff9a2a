#include "sidecar/requirement/baked_file.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "probes/model/printable.h"
#include "probes/tools/select.h"
#include "sidecar/gate/literal.h"

namespace schemalatch::requirement {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;
using Ids = std::vector<std::string>;
template <typename T>
using Parsed = tl::expected<T, std::string>;

constexpr std::string_view kBakeAgain = "; bake the file again";

tl::unexpected<std::string> problem(const std::string& what) {
    return tl::make_unexpected(what + std::string{kBakeAgain});
}

struct ToJson {
    OrderedJson& file;

    void operator()(const gate::NumberRequirement& needs) const {
        file["required"] = {needs.at_least.text()};
        if (needs.steps.empty()) return;
        auto& items = file["items"] = OrderedJson::array();
        for (const auto& step : needs.steps) items.push_back({{"id", step.text()}});
    }

    void operator()(const gate::GraphRequirement& needs) const {
        file["required"] = needs.revisions;
        if (!needs.ancestry) return;
        auto& graph = file["graph"] = OrderedJson::object();
        for (const auto& id : needs.ancestry->in_order()) graph[id] = needs.ancestry->parents().at(id);
    }

    // `items` tells what there is to know beside the ids.
    void operator()(const gate::SetRequirement& needs) const {
        auto& required = file["required"] = OrderedJson::array();
        auto items = OrderedJson::array();
        const auto tell = [&](const gate::Item& item) {
            if (item.replaces.empty() && !item.baseline) return;
            auto& told = items.emplace_back(OrderedJson{{"id", item.id}});
            if (!item.replaces.empty()) told["replaces"] = item.replaces;
            if (item.baseline) told["baseline"] = true;
        };
        for (const auto& item : needs.items) {
            required.push_back(item.id);
            tell(item);
        }
        for (const auto& item : needs.others) tell(item);
        if (!items.empty()) file["items"] = std::move(items);
    }

    // Nobody bakes it: what is baked has a tool.
    void operator()(const gate::LiteralRequirement& needs) const { file["required"] = {needs.text}; }
};

void write_selection(const gate::Selection& selection, OrderedJson& file) {
    if (!selection.upto.empty()) file["upto"] = selection.upto;
    if (!selection.exclude.empty()) file["exclude"] = selection.exclude;
}

std::size_t line_of(std::string_view text, std::size_t byte) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
    return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

// An honest file has lists in objects in a list. What reads a value calls itself for what lies in it, and the stack
// ends.
constexpr int kDeepest = 64;

struct Unreadable {
    std::string what;
};

// Watches over the parser: what it would take silently, and what it should not even begin to keep.
class Overseer {
public:
    bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
        switch (event) {
            case Json::parse_event_t::object_start:
            case Json::parse_event_t::array_start:
                if (depth >= kDeepest) throw Unreadable{"nests deeper than " + std::to_string(kDeepest) + " levels"};
                if (event == Json::parse_event_t::object_start) keys_.emplace_back();
                break;
            case Json::parse_event_t::key:
                note(parsed.get_ref<const std::string&>());
                break;
            case Json::parse_event_t::object_end:
                keys_.pop_back();
                break;
            case Json::parse_event_t::array_end:
            case Json::parse_event_t::value:
                break;
        }
        return true;
    }

private:
    // The parser would keep the last, and who reads the file may have meant the first.
    void note(const std::string& key) {
        if (!keys_.back().insert(key).second)
            throw Unreadable{"has the key " + model::quoted(key) + " twice in one object"};
    }

    std::vector<std::unordered_set<std::string>> keys_;  // of the objects that are open
};

Parsed<Json> parse(std::string_view text) {
    try {
        return Json::parse(text, [overseer = Overseer{}](int depth, Json::parse_event_t event, Json& parsed) mutable {
            return overseer(depth, event, parsed);
        });
    } catch (const Unreadable& unreadable) {
        return problem(unreadable.what);
    } catch (const Json::parse_error& error) {
        return problem("is not JSON (line " + std::to_string(line_of(text, error.byte)) + ")");
    } catch (const Json::out_of_range&) {
        return problem("holds a number beyond all bounds");
    }
}

Parsed<void> check_format(const Json& file) {
    if (!file.is_object() || !file.contains("format") || !file["format"].is_number_integer()) {
        return problem("has no \"format\" number, so it is not a baked file");
    }
    const auto& format = file["format"];
    const bool below_one = !format.is_number_unsigned() || format.get<std::uint64_t>() == 0;
    if (below_one) return problem("has format " + format.dump() + ", which never was one");
    if (format.get<std::uint64_t>() <= kFormat) return {};
    return tl::make_unexpected("has format " + format.dump() + ", this schemalatch understands up to " +
                               std::to_string(kFormat) + "; use the schemalatch that baked it, or a newer one");
}

Parsed<tools::ToolPtr> tool_of(const Json& file, const tools::Catalogue& catalogue) {
    if (!file.contains("tool") || !file["tool"].is_string()) return problem("names no \"tool\"");
    const auto name = file["tool"].get<std::string>();
    if (auto tool = catalogue.find(name)) return tool;
    return tl::make_unexpected(
        "is for the tool " + model::quoted(name) +
        ", which this schemalatch does not know; see schemalatch tools, or describe it in [[tool]]");
}

// What no table can hold no database can ever satisfy.
Parsed<void> check_count(const std::string& name, std::size_t count) {
    if (count <= tools::kMostMigrations) return {};
    return problem("has " + std::to_string(count) + " entries in " + name + ", and no table of more than " +
                   std::to_string(tools::kMostMigrations) + " migrations is read");
}

// `where` is what stands between "has" and "that is".
Parsed<Ids> ids_of(const Json& list, const std::string& where) {
    const auto is_id = [](const Json& id) { return id.is_string() && !id.get_ref<const std::string&>().empty(); };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_id))
        return problem("has " + where + " that is not a list of ids");
    return list.get<Ids>();
}

Parsed<Ids> required_of(const Json& file) {
    if (!file.contains("required")) return problem("has no \"required\" list");
    auto ids = ids_of(file["required"], "a \"required\"");
    if (!ids) return ids;
    if (ids->empty()) return problem("requires nothing, and nothing would ever hold a pod back");
    if (auto few = check_count("\"required\"", ids->size()); !few) return tl::make_unexpected(few.error());
    return ids;
}

Parsed<model::RevisionGraph> graph_of(const Json& object, const Ids& required) {
    if (!object.is_object()) return problem("has a \"graph\" that is not an object");
    if (auto few = check_count("\"graph\"", object.size()); !few) return tl::make_unexpected(few.error());
    model::Parents parents;
    for (const auto& [id, list] : object.items()) {
        auto above = ids_of(list, "an entry for revision " + model::quoted(id) + " in its \"graph\"");
        if (!above) return tl::make_unexpected(above.error());
        parents[id] = std::move(*above);
    }
    for (const auto& id : required) {
        if (!parents.contains(id))
            return problem("requires revision " + model::quoted(id) + ", which its \"graph\" does not hold");
    }
    auto graph = model::RevisionGraph::make(std::move(parents));
    if (!graph) return problem("has a bad \"graph\": " + model::printable(graph.error()));
    return std::move(*graph);
}

Parsed<gate::GraphRequirement> graph_requirement(const Json& file, Ids required) {
    if (!file.contains("graph")) return gate::GraphRequirement{std::move(required)};
    auto graph = graph_of(file["graph"], required);
    if (!graph) return tl::make_unexpected(graph.error());
    return gate::GraphRequirement{std::move(required), std::move(*graph)};
}

Parsed<model::Number> number_of(const std::string& id, const std::string& says) {
    auto number = model::Number::parse(id);
    if (!number) return problem(says + " " + model::quoted(id) + ", which is not a number");
    if (number->is_negative())
        return problem(says + " " + model::quoted(id) + ", which is below 0, where no migration stands");
    return std::move(*number);
}

// The members of `items`, each of which has an id.
Parsed<const Json*> items_of(const Json& file) {
    static const Json none = Json::array();
    if (!file.contains("items")) return &none;
    if (!file["items"].is_array()) return problem("has \"items\" that are not a list");
    for (const auto& item : file["items"]) {
        if (!item.is_object() || !item.contains("id") || !item["id"].is_string())
            return problem("has \"items\" of which one has no id");
    }
    if (auto few = check_count("\"items\"", file["items"].size()); !few) return tl::make_unexpected(few.error());
    return &file["items"];
}

Parsed<std::vector<model::Number>> steps_of(const Json& file) {
    const auto items = items_of(file);
    if (!items) return tl::make_unexpected(items.error());
    std::vector<model::Number> steps;
    for (const auto& item : **items) {
        auto number = number_of(item["id"].get<std::string>(), "has the item");
        if (!number) return tl::make_unexpected(number.error());
        steps.push_back(std::move(*number));
    }
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    return steps;
}

Parsed<gate::NumberRequirement> number_requirement(const Json& file, const Ids& required) {
    if (required.size() != 1) return problem("requires several numbers of a tool that keeps one");
    auto at_least = number_of(required.front(), "requires");
    if (!at_least) return tl::make_unexpected(at_least.error());
    auto steps = steps_of(file);
    if (!steps) return tl::make_unexpected(steps.error());
    if (!steps->empty() && steps->back() != *at_least) return problem("requires another number than its highest item");
    return gate::NumberRequirement{std::move(*at_least), std::move(*steps)};
}

Parsed<void> check_ids(const Ids& ids, const model::Bookkeeping& books) {
    for (const auto& id : ids) {
        if (const auto why = gate::why_no_id(id, books); !why.empty())
            return problem("names " + model::quoted(id) + ", which " + why);
    }
    return {};
}

Parsed<gate::Item> item_of(const Json& told, const model::Bookkeeping& books) {
    gate::Item item{told["id"].get<std::string>()};
    if (auto checked = check_ids({item.id}, books); !checked) return tl::make_unexpected(checked.error());
    const std::string name = "an item " + model::quoted(item.id);
    if (told.contains("baseline")) {
        if (!told["baseline"].is_boolean()) return problem("has " + name + " whose \"baseline\" is not true or false");
        item.baseline = told["baseline"].get<bool>();
    }
    if (!told.contains("replaces")) return item;
    auto replaces = ids_of(told["replaces"], name + " with a \"replaces\"");
    if (!replaces) return tl::make_unexpected(replaces.error());
    if (auto checked = check_ids(*replaces, books); !checked) return tl::make_unexpected(checked.error());
    item.replaces = std::move(*replaces);
    return item;
}

// By their canonical ids those that there is more to know of than the id.
Parsed<std::map<std::string, gate::Item>> special_items_of(const Json& file, const model::Bookkeeping& books) {
    const auto items = items_of(file);
    if (!items) return tl::make_unexpected(items.error());
    std::map<std::string, gate::Item> special;
    for (const auto& told : **items) {
        auto item = item_of(told, books);
        if (!item) return tl::make_unexpected(item.error());
        const std::string id = item->id;
        if (!special.emplace(*model::canonical_id(id, books.ids), std::move(*item)).second)
            return problem("has two items " + model::quoted(id));
    }
    return special;
}

Parsed<gate::SetRequirement> set_requirement(const Json& file, const Ids& required, const model::Bookkeeping& books) {
    if (auto checked = check_ids(required, books); !checked) return tl::make_unexpected(checked.error());
    auto special = special_items_of(file, books);
    if (!special) return tl::make_unexpected(special.error());
    gate::SetRequirement needs{.items = {}, .whole = true};
    needs.items.reserve(required.size());
    std::unordered_set<std::string> seen;
    for (const auto& id : required) {
        const auto key = *model::canonical_id(id, books.ids);
        if (!seen.insert(key).second) return problem("requires " + model::quoted(id) + " twice");
        auto item = special->extract(key);
        needs.items.push_back(item ? std::move(item.mapped()) : gate::Item{id});
        needs.items.back().id = id;
    }
    for (auto& [id, item] : *special) {
        if (!item.replaces.empty()) needs.others.push_back(std::move(item));  // nothing else of it counts
    }
    return needs;
}

Parsed<gate::Selection> selection_of(const Json& file) {
    gate::Selection selection;
    if (file.contains("upto")) {
        if (!file["upto"].is_string()) return problem("has an \"upto\" that is not a version");
        selection.upto = file["upto"].get<std::string>();
    }
    if (!file.contains("exclude")) return selection;
    auto exclude = ids_of(file["exclude"], "an \"exclude\"");
    if (!exclude) return tl::make_unexpected(exclude.error());
    selection.exclude = std::move(*exclude);
    return selection;
}

template <typename T>
Parsed<gate::Requirement> requirement_of(const tools::Tool& tool, Parsed<T> needs) {
    if (!needs) return tl::make_unexpected(needs.error());
    return gate::Requirement{tool.name(), "", "", std::move(*needs)};
}

Parsed<gate::Requirement> needs_of(const Json& file, const tools::Tool& tool, Ids required) {
    switch (tool.books.ordering) {
        case model::Ordering::number:
            return requirement_of(tool, number_requirement(file, required));
        case model::Ordering::graph:
            return requirement_of(tool, graph_requirement(file, std::move(required)));
        case model::Ordering::set:
            return requirement_of(tool, set_requirement(file, required, tool.books));
    }
    return problem("cannot be compared");
}

}  // namespace

std::string to_json(const gate::Requirement& requirement) {
    OrderedJson file;
    file["format"] = kFormat;
    file["tool"] = requirement.tool;
    write_selection(requirement.selection, file);
    std::visit(ToJson{file}, requirement.needs);
    constexpr int kIndent = 2;
    return file.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

tl::expected<gate::Requirement, std::string> from_json(std::string_view text, const tools::Catalogue& catalogue) {
    const auto file = parse(text);
    if (!file) return tl::make_unexpected(file.error());
    if (auto checked = check_format(*file); !checked) return tl::make_unexpected(checked.error());
    const auto tool = tool_of(*file, catalogue);
    if (!tool) return tl::make_unexpected(tool.error());
    auto required = required_of(*file);
    if (!required) return tl::make_unexpected(required.error());
    auto selection = selection_of(*file);
    if (!selection) return tl::make_unexpected(selection.error());
    auto requirement = needs_of(*file, **tool, std::move(*required));
    if (requirement) requirement->selection = std::move(*selection);
    return requirement;
}

}  // namespace schemalatch::requirement
