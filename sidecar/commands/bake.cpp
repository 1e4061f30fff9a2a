#include "sidecar/bake/bake.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <optional>

#include "sidecar/bake/listed.h"
#include "sidecar/bake/observed.h"
#include "sidecar/bake/selection.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/files/files.h"
#include "sidecar/look_once.h"
#include "sidecar/requirement/baked_file.h"

namespace schemalatch::commands {

namespace {

// What was read, and the tool whose migrations they are.
struct Origin {
    tools::ToolPtr tool;
    bake::Baked baked;
};

using Read = tl::expected<Origin, ExitCode>;

tl::unexpected<ExitCode> refuse(const std::vector<std::string>& problems) {
    for (const auto& problem : problems) log::error(problem);
    return tl::make_unexpected(ExitCode::config);
}

tl::unexpected<ExitCode> refuse(gate::State state, const std::string& reason) {
    log::error(reason);
    return tl::make_unexpected(exit_code_of(state));
}

// Without a file no configuration is read, and so nothing in the environment can be wrong.
tl::expected<tools::Catalogue, ExitCode> catalogue_for(const Invocation& invocation) {
    if (!invocation.sources.file) return tools::Catalogue{};
    const auto config = configure_only(invocation.sources);
    auto catalogue = config ? catalogue_or_log(*config) : std::nullopt;
    if (!catalogue) return tl::make_unexpected(ExitCode::config);
    return std::move(*catalogue);
}

tl::expected<tools::ToolPtr, ExitCode> tool_for(const Invocation& invocation, const tools::Catalogue& catalogue) {
    auto tool = find_tool(invocation.tool, catalogue);
    if (!tool) throw UsageError{"--tool " + tool.error()};
    return std::move(*tool);
}

std::string read_standard_input() {
    constexpr std::size_t kMost = 64'000'000;
    std::string text;
    std::array<char, 65536> chunk{};
    while (const auto count = std::fread(chunk.data(), 1, chunk.size(), stdin)) {
        text.append(chunk.data(), count);
        if (text.size() > kMost) throw UsageError{"--from -: standard input holds more than 64 MB; give a list of ids"};
    }
    return text;
}

Read read_files(const Invocation& invocation) {
    const auto catalogue = catalogue_for(invocation);
    if (!catalogue) return tl::make_unexpected(catalogue.error());
    const auto tool = tool_for(invocation, *catalogue);
    if (!tool) return tl::make_unexpected(tool.error());
    auto baked = invocation.from_list ? bake::bake_list((*tool)->books, read_standard_input())
                                      : bake::bake_folders(**tool, invocation.folders);
    if (!baked) return refuse(baked.error());
    return Origin{*tool, std::move(*baked)};
}

// The one dependency whose database is to be read; what it requires is what is to be found out.
std::optional<Outline> outline_for(const Invocation& invocation) {
    const auto config = configure_only(invocation.sources);
    const auto catalogue = config ? catalogue_or_log(*config) : std::nullopt;
    if (!catalogue) return std::nullopt;
    if (config->dependencies.size() > 1)
        throw UsageError{"--from-database: several dependencies are configured; name one with --dependency"};
    auto settings = config->dependencies.front();
    settings.tool = invocation.tool;
    auto outlined = outline(settings, *catalogue);
    if (outlined) return std::move(*outlined);
    for (const auto& problem : outlined.error()) log::error(problem);
    return std::nullopt;
}

Read read_database(const Invocation& invocation) {
    const auto outlined = outline_for(invocation);
    if (!outlined) return tl::make_unexpected(ExitCode::config);
    const auto seen = look_at(*outlined);
    if (!seen) return refuse(gate::state_of(seen.error().kind), seen.error().detail);
    auto baked = bake::bake_observation(*seen);
    if (!baked) return refuse(baked.error().state, baked.error().reason);
    return Origin{outlined->catalogue.find(seen->books.tool), std::move(*baked)};
}

void warn_of(const bake::Selected& selected) {
    for (const auto& warning : selected.warnings) log::warn(warning);
    const auto* graph = std::get_if<gate::GraphRequirement>(&selected.needs);
    if (graph != nullptr && !graph->ancestry)
        log::warn(
            "what is baked carries no ancestry: without a journal its gate turns unready as soon as the database moves "
            "on; bake --from "
            "the versions folder");
}

ExitCode write(const std::string& text, const std::filesystem::path& output) {
    if (output.empty()) {
        fmt::print("{}", text);
        return ExitCode::ready;
    }
    const auto written = files::replace(output, text);
    if (written) return ExitCode::ready;
    log::error(written.error() + "; correct --output");
    return ExitCode::config;
}

}  // namespace

ExitCode bake(const Invocation& invocation) {
    auto origin = invocation.from_database ? read_database(invocation) : read_files(invocation);
    if (!origin) return origin.error();
    for (const auto& warning : origin->baked.warnings) log::warn(warning);
    auto selected = bake::select(std::move(origin->baked), invocation.selection, origin->tool->books);
    if (!selected) return refuse(selected.error()).value();
    warn_of(*selected);
    const gate::Requirement requirement{origin->tool->name(), "", "", std::move(selected->needs), invocation.selection};
    return write(requirement::to_json(requirement), invocation.output);
}

}  // namespace schemalatch::commands
