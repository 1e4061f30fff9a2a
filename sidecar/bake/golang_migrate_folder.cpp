#include "sidecar/bake/golang_migrate_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/folder.h"

namespace schemalatch::bake {

namespace {

namespace fs = std::filesystem;

using Steps = std::map<model::Number, fs::path>;

// The tool keeps versions as 64-bit unsigned integers, and skips files whose number is greater.
const model::Number& highest_number() {
    static const model::Number highest = *model::Number::parse("18446744073709551615");
    return highest;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `^([0-9]+)_(.*)\.(down|up)\.(.*)$`: the last ".up." or ".down." of the name decides, and no newline is allowed.
bool is_up_file(const std::string& name) {
    const auto digits = static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), is_digit) - name.begin());
    if (digits == 0 || digits == name.size() || name[digits] != '_' || name.find('\n') != std::string::npos)
        return false;
    const auto title = digits + 1;
    const auto up = name.rfind(".up.");
    const auto down = name.rfind(".down.");
    if (up == std::string::npos || up < title) return false;
    return down == std::string::npos || down < up;
}

model::Number number_of(const fs::path& file) {
    const auto name = file.filename().string();
    return *model::Number::parse(std::string_view{name}.substr(0, name.find('_')));
}

std::optional<std::string> add_step(Steps& steps, const fs::path& file) {
    const auto path = model::printable(file.string());
    const auto number = number_of(file);
    if (number > highest_number()) {
        return path + ": number " + number.text() + " is above " + highest_number().text() +
               ", so golang-migrate skips the file; rename it";
    }
    const auto [at, is_first] = steps.try_emplace(number, file);
    if (is_first) return std::nullopt;
    return path + ": number " + number.text() + " is also in " + model::printable(at->second.string()) +
           "; renumber one";
}

Problems add_folder(Steps& steps, const fs::path& folder) {
    const auto files = list_folder(folder, is_up_file);
    if (!files) return {files.error()};
    Problems problems;
    const auto before = steps.size();
    for (const auto& file : *files) {
        std::error_code ignored;
        if (fs::is_directory(fs::symlink_status(file, ignored))) continue;
        if (auto checked = check_regular_file(file); !checked) {
            problems.push_back(std::move(checked.error()));
        } else if (auto problem = add_step(steps, file)) {
            problems.push_back(std::move(*problem));
        }
    }
    if (steps.size() == before && problems.empty()) {
        problems.push_back(model::printable(folder.string()) +
                           ": no file like 1_title.up.sql lies here; give the folder of the migrations");
    }
    return problems;
}

}  // namespace

BakedOrProblems bake_golang_migrate(const std::vector<fs::path>& folders) {
    Steps steps;
    Problems problems;
    for (const auto& folder : distinct_folders(folders)) {
        auto more = add_folder(steps, folder);
        problems.insert(problems.end(), more.begin(), more.end());
    }
    if (!problems.empty()) return tl::make_unexpected(problems);
    gate::NumberRequirement needs{steps.rbegin()->first};
    for (const auto& [number, file] : steps) needs.steps.push_back(number);
    return Baked{std::move(needs)};
}

}  // namespace schemalatch::bake
