// Reads what generate.py says of random Alembic projects, bakes and judges the same, and counts where we differ.
//
// One JSON object per line on stdin: an image, or at the end the seed and the number of projects.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sidecar/bake/alembic_folder.h"
#include "sidecar/gate/verdict.h"

using nlohmann::json;
using namespace schemalatch;

namespace {

constexpr std::size_t kShown = 5;  // differences that are printed in full

using Ids = std::vector<std::string>;

Ids sorted(Ids ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

model::Look look_at(const Ids& heads) {
    model::Observation seen;
    seen.has_table = true;
    for (const auto& head : heads) seen.rows.push_back({head});
    return seen;
}

json described(const gate::Verdict& verdict) {
    return {{"state", gate::to_string(verdict.state)},
            {"assumed", verdict.assumed},
            {"missing", sorted(verdict.missing)},
            {"reason", verdict.reason}};
}

class Comparison {
public:
    void compare_image(const json& image);
    void finish(const json& last);
    int exit_code() const { return finished_ && verdicts_ > 0 && differences_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE; }

private:
    void compare_database(const json& image, const gate::Requirement& requirement, const json& database);
    bool agrees(const gate::Verdict& ahead, const gate::Verdict& fail, const json& truth) const;
    void differ(const json& image, const json& expected, const json& ours);

    std::size_t images_ = 0;
    std::size_t verdicts_ = 0;
    std::size_t differences_ = 0;
    bool finished_ = false;
};

void Comparison::compare_image(const json& image) {
    ++images_;
    std::vector<std::filesystem::path> files;
    for (const auto& file : image.at("files")) files.emplace_back(file.get<std::string>());
    const auto needs = bake::bake_alembic_files(files);
    if (!needs) return differ(image, image.at("required"), needs.error());
    if (needs->revisions != image.at("required").get<Ids>()) differ(image, image.at("required"), needs->revisions);
    const gate::Requirement requirement{"alembic", {}, {}, *needs};
    for (const auto& database : image.at("databases")) compare_database(image, requirement, database);
}

void Comparison::compare_database(const json& image, const gate::Requirement& requirement, const json& database) {
    const auto look = look_at(database.at("heads").get<Ids>());
    const auto ahead = gate::judge(requirement, look, gate::UnknownRevision::ahead);
    const auto fail = gate::judge(requirement, look, gate::UnknownRevision::fail);
    verdicts_ += 2;
    if (!agrees(ahead, fail, database)) {
        differ(image, database, {{"ahead", described(ahead)}, {"fail", described(fail)}});
    }
}

// Alembic cannot say what is missing where the database is at a revision that it does not know.
bool Comparison::agrees(const gate::Verdict& ahead, const gate::Verdict& fail, const json& truth) const {
    const bool same_missing = truth.at("missing").is_null() || sorted(ahead.missing) == truth.at("missing").get<Ids>();
    return gate::to_string(ahead.state) == truth.at("state").get<std::string>() &&
           ahead.assumed == truth.at("assumed").get<bool>() && !fail.assumed &&
           gate::to_string(fail.state) == truth.at("state_if_fail").get<std::string>() && same_missing;
}

void Comparison::differ(const json& image, const json& expected, const json& ours) {
    if (++differences_ > kShown) return;
    std::cout << "difference in " << image.at("project") << "\n  files:   " << image.at("files")
              << "\n  alembic: " << expected << "\n  ours:    " << ours << "\n";
}

void Comparison::finish(const json& last) {
    finished_ = true;
    std::cout << "oracle: " << last.at("projects") << " projects, " << images_ << " images, " << verdicts_
              << " verdicts, " << differences_ << " differences, seed " << last.at("seed") << "\n";
}

}  // namespace

int main() {
    Comparison comparison;
    for (std::string line; std::getline(std::cin, line);) {
        const auto object = json::parse(line);
        if (object.contains("seed")) {
            comparison.finish(object);
        } else {
            comparison.compare_image(object);
        }
    }
    if (comparison.exit_code() != EXIT_SUCCESS) std::cerr << "oracle_judge: differences, or input that ended early\n";
    return comparison.exit_code();
}
