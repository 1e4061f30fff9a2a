#include "sidecar/requirement/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace schemalatch::requirement {

namespace {

// Length before text: no two different lists give the same bytes.
std::string entry(const std::string& id) { return fmt::format("{}:{},", id.size(), id); }

std::string entries(std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::string text;
    for (const auto& id : ids) text += entry(id);
    return text + "\n";
}

std::vector<std::string> told(const std::vector<gate::Item>& items) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const auto& item : items)
        texts.push_back(entry(item.id) + (item.baseline ? "baseline" : "") + entries(item.replaces));
    return texts;
}

struct Canonical {
    std::string operator()(const gate::NumberRequirement& needs) const {
        std::string text = "number\n" + entry(needs.at_least.text()) + "\n";
        for (const auto& step : needs.steps) text += entry(step.text());
        return text;
    }

    std::string operator()(const gate::GraphRequirement& needs) const {
        std::string text = "graph\n" + entries(needs.revisions);
        if (!needs.ancestry) return text;
        for (const auto& [id, parents] : needs.ancestry->parents()) text += entry(id) + entries(parents);
        return text;
    }

    // In whatever order they are listed.
    std::string operator()(const gate::SetRequirement& needs) const {
        std::string text = "set\n" + entries(told(needs.items));
        return needs.others.empty() ? text : text + entries(told(needs.others));
    }

    std::string operator()(const gate::LiteralRequirement& needs) const { return "literal\n" + entry(needs.text); }
};

std::string sha256_hex(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

}  // namespace

std::string digest_of(const gate::Requirement& requirement) {
    return "sha256:" + sha256_hex(entry(requirement.tool) + std::visit(Canonical{}, requirement.needs));
}

}  // namespace schemalatch::requirement
