#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"
#include "sidecar/commands/invocation.h"
#include "sidecar/config/keys.h"
#include "sidecar/version.h"

namespace schemalatch::commands {

namespace {

constexpr std::string_view kUpgrade = "upgrade";
constexpr std::string_view kConfigVariable = "SCHEMALATCH_CONFIG=";

// Each option's text as CLI11 fills it in, until it is known which command it belongs to.
struct Words {
    std::string config, dependency, log_level = "info", log_format = "text";
    std::string url, tool, require, listen;
    std::string via, timeout = "10m";
    std::size_t failures = 1;
    bool json = false;
    bool sql = false;
    std::string output;
    std::vector<std::string> from, exclude;
    std::string upto;
    bool from_database = false;
    std::string wait_lock = "10m", connect_timeout = "10m", kill_after = "20s", ddl_lock_timeout;
    bool always = false, retry = false;
};

void add_log_options(CLI::App& command, Words& words) {
    command.add_option("--log-level", words.log_level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    command.add_option("--log-format", words.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
}

void add_database_options(CLI::App& command, Words& words) {
    command.add_option("--config", words.config, "configuration file (SCHEMALATCH_CONFIG)")->type_name("FILE");
    command.add_option("--dependency", words.dependency, "only this one of several in the file")->type_name("NAME");
    command
        .add_option("--url", words.url,
                    "database; better SCHEMALATCH_URL, url_file or password_file if it holds a password")
        ->type_name("URL");
}

void add_dependency_options(CLI::App& command, Words& words) {
    add_database_options(command, words);
    command.add_option("--tool", words.tool, "migration tool; see schemalatch tools")->type_name("TOOL");
    command.add_option("--require", words.require, "least version: a literal, or a baked file as @FILE")
        ->type_name("VERSION|@FILE");
    add_log_options(command, words);
}

std::string padded_help(const std::string& name, const std::string& help) {
    return fmt::format("  {:<40} {}\n", name, help);
}

template <typename Section>
std::string keys_help(const std::vector<config::Key<Section>>& keys) {
    std::string text;
    for (const auto& key : keys) {
        const std::string fallback = key.fallback.empty() ? "" : fmt::format(" (default {})", key.fallback);
        text += padded_help(fmt::format("{}={}", config::environment_name(key.name), key.value),
                            std::string{key.help} + fallback);
    }
    return text;
}

std::string tool_keys_help() {
    std::string text;
    for (const auto& key : config::tool_keys()) {
        const std::string fallback = key.fallback.empty() ? "" : fmt::format(" (default {})", key.fallback);
        text += padded_help(fmt::format("{} = {}", key.name, key.value), std::string{key.help} + fallback);
    }
    return text;
}

std::string environment_help() {
    return "Environment, and in lower case without SCHEMALATCH_ the keys of the file:\n" +
           keys_help(config::http_keys()) + keys_help(config::dependency_keys()) +
           "\nA migration tool of your own, in [[tool]] of the file only:\n" + tool_keys_help();
}

CLI::App* add_serve(CLI::App& app, Words& words) {
    auto* serve = app.add_subcommand("serve", "answer the readiness probe: the sidecar");
    add_dependency_options(*serve, words);
    serve->add_option("--listen", words.listen, "where to answer")->type_name("HOST:PORT");
    serve->footer(environment_help());
    return serve;
}

void add_via(CLI::App& command, Words& words) {
    command.add_option("--via", words.via, "ask a running sidecar; without a value the one configured, on loopback")
        ->type_name("[URL]")
        ->expected(0, 1);
}

CLI::App* add_check(CLI::App& app, Words& words) {
    auto* check = app.add_subcommand("check", "look once, tell by the exit code");
    add_dependency_options(*check, words);
    add_via(*check, words);
    check->footer(environment_help());
    return check;
}

CLI::App* add_wait(CLI::App& app, Words& words) {
    auto* wait = app.add_subcommand("wait", "look until ready, or the time is up");
    add_dependency_options(*wait, words);
    add_via(*wait, words);
    wait->add_option("--timeout", words.timeout, "how long; 0: for ever")->type_name("DURATION")->capture_default_str();
    wait->add_option("--failures", words.failures, "how many failed upgrades meanwhile end it")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    wait->footer(environment_help());
    return wait;
}

CLI::App* add_upgrade(CLI::App& app, Words& words) {
    auto* upgrade = app.add_subcommand(
        "upgrade", "run the migration command behind --, one at a time for the whole database, and verify what it did");
    add_dependency_options(*upgrade, words);
    const auto add_duration = [&](const char* name, std::string& word, const char* help) {
        upgrade->add_option(name, word, help)->type_name("DURATION")->capture_default_str();
    };
    add_duration("--wait-lock", words.wait_lock, "how long to wait while another upgrade runs");
    add_duration("--connect-timeout", words.connect_timeout, "how long to wait for the database to come up");
    add_duration("--kill-after", words.kill_after, "between SIGTERM and SIGKILL when the command is to stop");
    upgrade
        ->add_option("--ddl-lock-timeout", words.ddl_lock_timeout,
                     "how long a statement of the command may wait for a table, by PGOPTIONS")
        ->type_name("DURATION");
    upgrade->add_flag("--always", words.always, "run the command even where the requirement is met");
    upgrade->add_flag("--retry", words.retry, "run it even where a run towards the same failed while this one waited");
    upgrade->footer("After --: the command and its arguments, byte for byte.\n\n" + environment_help());
    return upgrade;
}

CLI::App* add_status(CLI::App& app, Words& words) {
    auto* status = app.add_subcommand("status", "look once, tell all there is to know");
    add_dependency_options(*status, words);
    add_via(*status, words);
    status->add_flag("--json", words.json, "as /version tells it, with whole lists");
    status->footer(environment_help());
    return status;
}

CLI::App* add_check_config(CLI::App& app, Words& words) {
    auto* check = app.add_subcommand("check-config", "tell whether the configuration is right, and what it says");
    add_dependency_options(*check, words);
    check->add_option("--listen", words.listen, "where serve would answer")->type_name("HOST:PORT");
    check->footer(environment_help());
    return check;
}

CLI::App* add_bake(CLI::App& app, Words& words) {
    auto* bake = app.add_subcommand("bake", "write the image's migrations into a file for --require @FILE");
    bake->add_option("--tool", words.tool, "migration tool")->type_name("TOOL")->required();
    bake->add_option("--from", words.from, "folders with the migrations; -: a list on standard input, an id a line")
        ->type_name("DIR...|-");
    bake->add_flag("--from-database", words.from_database, "what the database that is configured has applied");
    bake->add_option("--upto", words.upto, "leave out what comes after this one")->type_name("VERSION");
    bake->add_option("--exclude", words.exclude, "leave out what matches")
        ->type_name("GLOB")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add_database_options(*bake, words);
    bake->add_option("--output", words.output, "file to write; standard output if left out")->type_name("FILE");
    add_log_options(*bake, words);
    return bake;
}

CLI::App* add_tools(CLI::App& app, Words& words) {
    auto* tools = app.add_subcommand("tools", "list the migration tools that can be read, or describe one");
    tools->add_option("name", words.tool, "the one to describe")->type_name("NAME");
    tools->add_option("--config", words.config, "with those that this file describes (SCHEMALATCH_CONFIG)")
        ->type_name("FILE");
    add_log_options(*tools, words);
    return tools;
}

CLI::App* add_journal(CLI::App& app, Words& words) {
    auto* journal = app.add_subcommand("journal", "print the SQL that creates our own tables, for a DBA");
    journal->add_flag("--sql", words.sql, "DDL, and GRANTs for `readers`; no database is asked")->required();
    add_database_options(*journal, words);
    add_log_options(*journal, words);
    return journal;
}

struct Named {
    std::string_view name;
    Command command;
    CLI::App* (*add)(CLI::App&, Words&);
};

constexpr std::array kCommands{
    Named{"serve", Command::serve, add_serve},       Named{"check", Command::check, add_check},
    Named{"wait", Command::wait, add_wait},          Named{"upgrade", Command::upgrade, add_upgrade},
    Named{"status", Command::status, add_status},    Named{"check-config", Command::check_config, add_check_config},
    Named{"bake", Command::bake, add_bake},          Named{"tools", Command::tools, add_tools},
    Named{"journal", Command::journal, add_journal},
};

Command command_of(const CLI::App& chosen) {
    return std::find_if(kCommands.begin(), kCommands.end(),
                        [&](const auto& named) { return named.name == chosen.get_name(); })
        ->command;
}

// A flag given empty still counts as given: it is better refused than silently replaced by the file's value.
bool is_given(const CLI::App& command, const std::string& name) {
    const auto* option = command.get_option_no_throw("--" + name);
    return option != nullptr && option->count() > 0;
}

// Where bake is to read the migrations: exactly one of three.
void take_origin(const CLI::App& command, const Words& words, Invocation& invocation) {
    const bool any = is_given(command, "from");
    const auto dash = std::find(words.from.begin(), words.from.end(), "-");
    if (any == words.from_database)
        throw UsageError{
            "say where the migrations are: --from DIR..., --from - or --from-database, one of them; see schemalatch "
            "--help"};
    if (dash != words.from.end() && words.from.size() > 1)
        throw UsageError{
            "--from - reads a list on standard input and no folder; leave one of the two out; see schemalatch --help"};
    for (const auto* name : {"url", "dependency"}) {
        if (!words.from_database && is_given(command, name))
            throw UsageError{fmt::format(
                "--{} is for --from-database, and no database is read; leave it out; see schemalatch --help", name)};
    }
    invocation.from_database = words.from_database;
    invocation.from_list = dash != words.from.end();
    if (!invocation.from_list) invocation.folders.assign(words.from.begin(), words.from.end());
}

// nullopt: for ever.
std::optional<model::Duration> timeout_of(const std::string& text) {
    if (text == "0") return std::nullopt;
    const auto timeout = config::parse_duration(text);
    if (!timeout) throw UsageError{"--timeout: " + timeout.error() + "; 0 is for ever"};
    return *timeout == model::Duration::zero() ? std::nullopt : *timeout;
}

model::Duration duration_of(const std::string& flag, const std::string& text) {
    const auto duration = config::parse_duration(text);
    if (!duration) throw UsageError{flag + ": " + duration.error()};
    if (!*duration) throw UsageError{flag + ": must end some time; write a duration such as 1h"};
    return **duration;
}

std::string milliseconds_of(const std::string& flag, const std::string& text) {
    return text.empty() ? "" : std::to_string(duration_of(flag, text).count()) + "ms";
}

upgrade::Options upgrade_options(const Words& words) {
    return {.wait_lock = duration_of("--wait-lock", words.wait_lock),
            .connect_timeout = duration_of("--connect-timeout", words.connect_timeout),
            .kill_after = duration_of("--kill-after", words.kill_after),
            .ddl_lock_timeout = milliseconds_of("--ddl-lock-timeout", words.ddl_lock_timeout),
            .always = words.always,
            .retry = words.retry};
}

log::Level level_of(const std::string& word) {
    if (word == "debug") return log::Level::debug;
    if (word == "warn") return log::Level::warn;
    return word == "error" ? log::Level::error : log::Level::info;
}

void add_flag(std::vector<config::Setting>& flags, const CLI::App& command, const std::string& name,
              const std::string& value) {
    if (is_given(command, name)) flags.push_back({name, value});
}

config::Sources sources_of(const CLI::App& command, const Words& words, std::vector<std::string> environment) {
    config::Sources sources;
    for (const auto& entry : environment) {
        if (entry.starts_with(kConfigVariable) && entry.size() > kConfigVariable.size())
            sources.file = entry.substr(kConfigVariable.size());
    }
    if (is_given(command, "config")) sources.file = words.config;
    if (is_given(command, "dependency")) sources.dependency = words.dependency;
    add_flag(sources.flags, command, "url", words.url);
    // bake's is no dependency's: it says what to bake.
    if (command.get_name() != "bake") add_flag(sources.flags, command, "tool", words.tool);
    add_flag(sources.flags, command, "require", words.require);
    add_flag(sources.flags, command, "listen", words.listen);
    sources.environment = std::move(environment);
    return sources;
}

Invocation print(std::string text) {
    Invocation invocation;
    invocation.command = Command::print;
    invocation.text = std::move(text);
    return invocation;
}

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

// CLI11 says only that a subcommand is required, whatever was typed in its place.
void check_command(int argc, const char* const* argv) {
    if (argc < 2) throw UsageError{"no command was given; see schemalatch --help"};
    const std::string_view word = argv[1];
    std::vector<std::string_view> names;
    names.reserve(kCommands.size());
    for (const auto& named : kCommands) names.push_back(named.name);
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) return;
    throw UsageError{model::quoted(word) + " is not a command" + model::suggestion(word, names) +
                     "; see schemalatch --help"};
}

// CLI11 repeats what it did not understand, which may be a URL without its --url.
std::string shown(const std::string& text) {
    return model::may_hold_secret(text)
               ? "an argument is not understood (not shown: it may hold a password); did you forget --url?"
               : model::printable(text);
}

}  // namespace

Invocation parse_command_line(int argc, const char* const* argv, std::vector<std::string> environment) {
    check_command(argc, argv);
    const std::vector<std::string> arguments{argv, argv + argc};
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    const bool takes_a_command = arguments[1] == kUpgrade;
    if (takes_a_command) argc = static_cast<int>(dashes - arguments.begin());
    Words words;
    CLI::App app{"Is the database schema ready for this image?", "schemalatch"};
    app.set_version_flag("--version", std::string{"schemalatch "} + kVersion);
    app.require_subcommand(1);
    for (const auto& named : kCommands) named.add(app, words);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return print(app.help());
    } catch (const CLI::CallForVersion& version) {
        return print(std::string{version.what()} + "\n");
    } catch (const CLI::ParseError& error) {
        throw UsageError{shown(one_line(error.what())) + "; see schemalatch --help"};
    }
    const auto* command = app.get_subcommands().front();
    Invocation invocation;
    invocation.command = command_of(*command);
    invocation.log_level = level_of(words.log_level);
    invocation.log_format = words.log_format == "json"             ? log::Format::json
                            : invocation.command == Command::serve ? log::Format::text
                                                                   : log::Format::plain;
    if (is_given(*command, "via")) invocation.via = words.via;
    invocation.timeout = timeout_of(words.timeout);
    invocation.upgrade = upgrade_options(words);
    if (takes_a_command && dashes != arguments.end()) invocation.migration.assign(dashes + 1, arguments.end());
    if (takes_a_command && invocation.migration.empty())
        throw UsageError{
            "no migration command was given; write it after --, as in: schemalatch upgrade -- alembic upgrade head"};
    invocation.failures = words.failures;
    invocation.json = words.json;
    invocation.tool = words.tool;
    if (invocation.command == Command::bake) take_origin(*command, words, invocation);
    invocation.selection = {words.upto, words.exclude};
    invocation.output = words.output;
    invocation.sources = sources_of(*command, words, std::move(environment));
    return invocation;
}

}  // namespace schemalatch::commands
