#include <algorithm>
#include <string>
#include <vector>

#include "sidecar/commands/invocation.h"
#include "sidecar/config/keys.h"
#include "sidecar/version.h"
#include "tests/support/catch.h"

namespace schemalatch::commands {
namespace {

using Words = std::vector<std::string>;

Invocation parse(const Words& words, Words environment = {}) {
    std::vector<const char*> argv{"schemalatch"};
    for (const auto& word : words) argv.push_back(word.c_str());
    argv.push_back(nullptr);
    return parse_command_line(static_cast<int>(argv.size()) - 1, argv.data(), std::move(environment));
}

std::string usage_error_of(const Words& words) {
    try {
        parse(words);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

// "url=x tool=y"
std::string flags_of(const Invocation& invocation) {
    std::string text;
    for (const auto& [key, value] : invocation.sources.flags) text += (text.empty() ? "" : " ") + key + "=" + value;
    return text;
}

TEST_CASE("the first word is the command", "[command line]") {
    CHECK(parse({"serve"}).command == Command::serve);
    CHECK(parse({"check"}).command == Command::check);
    CHECK(parse({"wait"}).command == Command::wait);
    CHECK(parse({"status"}).command == Command::status);
    CHECK(parse({"check-config"}).command == Command::check_config);
    CHECK(parse({"bake", "--tool", "alembic", "--from", "."}).command == Command::bake);
    CHECK(parse({"tools"}).command == Command::tools);
}

TEST_CASE("flags reach the configuration by their key's name, and only those that were given", "[command line]") {
    struct Row {
        Words words;
        const char* expected;
    };
    const std::vector<Row> rows{
        {{"check"}, ""},
        {{"check", "--url", "u"}, "url=u"},
        {{"check", "--url=u"}, "url=u"},
        {{"check", "--require", "@r.json", "--tool", "alembic", "--url", "u"}, "url=u tool=alembic require=@r.json"},
        {{"check", "--url", ""}, "url="},
        {{"check", "--url", "host=db password=a=b"}, "url=host=db password=a=b"},
        {{"check", "--require", "-1"}, "require=-1"},
        {{"serve", "--listen", "127.0.0.1:0"}, "listen=127.0.0.1:0"},
        {{"serve", "--listen", "", "--tool", "t"}, "tool=t listen="},
    };
    for (const auto& [words, expected] : rows) CHECK(flags_of(parse(words)) == expected);
}

TEST_CASE("every flag that reaches the configuration is one of its keys", "[command line]") {
    const auto invocation = parse({"serve", "--url", "u", "--tool", "t", "--require", "r", "--listen", "l"});
    CHECK(invocation.sources.flags.size() == 4);
    for (const auto& flag : invocation.sources.flags) {
        CAPTURE(flag.key);
        const auto is_it = [&](const auto& key) { return key.name == flag.key; };
        CHECK((std::any_of(config::http_keys().begin(), config::http_keys().end(), is_it) ||
               std::any_of(config::dependency_keys().begin(), config::dependency_keys().end(), is_it)));
    }
}

TEST_CASE("the file is named by --config, else by SCHEMALATCH_CONFIG if that is not empty", "[command line]") {
    CHECK_FALSE(parse({"check"}).sources.file);
    CHECK_FALSE(parse({"check"}, {"SCHEMALATCH_CONFIG="}).sources.file);
    CHECK(parse({"check"}, {"SCHEMALATCH_CONFIG=/env.toml"}).sources.file == "/env.toml");
    CHECK(parse({"check", "--config", "/flag.toml"}, {"SCHEMALATCH_CONFIG=/env.toml"}).sources.file == "/flag.toml");
}

TEST_CASE("the environment and the named dependency reach the configuration", "[command line]") {
    const auto invocation = parse({"check", "--dependency", "orders"}, {"SCHEMALATCH_URL=x", "PATH=/bin"});
    CHECK(invocation.sources.dependency == "orders");
    CHECK(invocation.sources.environment == Words{"SCHEMALATCH_URL=x", "PATH=/bin"});
    CHECK_FALSE(parse({"check"}).sources.dependency);
}

TEST_CASE("via may stand without a value, and then means the own sidecar", "[command line]") {
    for (const std::string command : {"check", "wait", "status"}) {
        CAPTURE(command);
        CHECK_FALSE(parse({command}).via);
        CHECK(parse({command, "--via"}).via == "");
        CHECK(parse({command, "--via", "--log-level", "debug"}).via == "");
        CHECK(parse({command, "--via", "http://h:1"}).via == "http://h:1");
    }
}

TEST_CASE("wait has ten minutes, unless it is told another time, or 0 for ever", "[command line]") {
    using namespace std::chrono_literals;
    CHECK(parse({"wait"}).timeout == model::Duration{10min});
    CHECK(parse({"wait", "--timeout", "1h30m"}).timeout == model::Duration{90min});
    for (const auto* ever : {"0", "0s", "forever"}) CHECK_FALSE(parse({"wait", "--timeout", ever}).timeout);
    CHECK(usage_error_of({"wait", "--timeout", "10"}) ==
          "--timeout: \"10\" is not a duration; write one such as 250ms, 10s or 1h30m; 0 is for ever");
}

TEST_CASE("status may be asked for JSON", "[command line]") {
    CHECK_FALSE(parse({"status"}).json);
    CHECK(parse({"status", "--json"}).json);
}

TEST_CASE("bake takes a tool, folders and a file to write", "[command line]") {
    const auto invocation =
        parse({"bake", "--tool", "alembic", "--from", "a", "b", "--output", "r.json", "--log-level", "error"});
    CHECK(invocation.tool == "alembic");
    CHECK(invocation.folders == std::vector<std::filesystem::path>{"a", "b"});
    CHECK(invocation.output == "r.json");
    CHECK(parse({"bake", "--tool", "t", "--from", "a", "--from", "b"}).folders.size() == 2);
    CHECK(parse({"bake", "--tool", "t", "--from", "a"}).output.empty());
}

TEST_CASE("tools may be given one to describe", "[command line]") {
    CHECK(parse({"tools"}).tool.empty());
    CHECK(parse({"tools", "alembic"}).tool == "alembic");
}

TEST_CASE("serve logs with the time, the others plainly, and all in JSON if asked to", "[command line]") {
    CHECK(parse({"serve"}).log_format == log::Format::text);
    CHECK(parse({"check"}).log_format == log::Format::plain);
    CHECK(parse({"check", "--log-format", "text"}).log_format == log::Format::plain);
    CHECK(parse({"serve", "--log-format", "json"}).log_format == log::Format::json);
    CHECK(parse({"check", "--log-format", "json"}).log_format == log::Format::json);
}

TEST_CASE("the log level is info unless another is asked for", "[command line]") {
    CHECK(parse({"check"}).log_level == log::Level::info);
    CHECK(parse({"check", "--log-level", "debug"}).log_level == log::Level::debug);
    CHECK(parse({"check", "--log-level", "info"}).log_level == log::Level::info);
    CHECK(parse({"serve", "--log-level", "warn"}).log_level == log::Level::warn);
    CHECK(parse({"bake", "--tool", "t", "--from", "a", "--log-level", "error"}).log_level == log::Level::error);
}

TEST_CASE("help and version are all there is to say", "[command line]") {
    CHECK(parse({"--version"}).command == Command::print);
    CHECK(parse({"--version"}).text == std::string{"schemalatch "} + kVersion + "\n");
    for (const Words& words :
         {Words{"--help"}, Words{"-h"}, Words{"check", "--help"}, Words{"check", "--url", "x", "-h"}}) {
        CHECK(parse(words).command == Command::print);
        CHECK(parse(words).text.find("Usage: ") != std::string::npos);
    }
}

TEST_CASE("help lists the commands, and a command's help every variable", "[command line]") {
    const auto help = parse({"--help"}).text;
    for (const auto* command : {"serve", "check", "bake", "tools"}) CHECK(help.find(command) != std::string::npos);
    for (const auto* command : {"serve", "check"}) {
        const auto command_help = parse({command, "--help"}).text;
        for (const auto& key : config::dependency_keys())
            CHECK(command_help.find(config::environment_name(key.name) + "=") != std::string::npos);
        for (const auto& key : config::http_keys())
            CHECK(command_help.find(config::environment_name(key.name) + "=") != std::string::npos);
    }
}

TEST_CASE("wrong arguments are told in one line that names them and points to the help", "[command line]") {
    struct Row {
        Words words;
        const char* part;
    };
    const std::vector<Row> rows{
        {{}, "no command was given"},
        {{""}, "\"\" is not a command"},
        {{"chek"}, "\"chek\" is not a command; did you mean \"check\"?"},
        {{"CHECK"}, "\"CHECK\" is not a command"},
        {{"a\nb"}, "\"a\\x0ab\" is not a command"},
        {{"check", "serve"}, "serve"},
        {{"check", "-x"}, "-x"},
        {{"check", "--url"}, "--url"},
        {{"check", "--url="}, "--url"},
        {{"check", "--tool", "a", "--tool", "b"}, "--tool"},
        {{"check", "--listen", "x"}, "--listen"},
        {{"serve", "--log-level", "loud"}, "--log-level"},
        {{"serve", "--log-format", "xml"}, "--log-format"},
        {{"bake", "--from", "x"}, "--tool"},
        {{"bake", "--tool", "x"}, "--from"},
        {{"bake", "--tool", "x", "--from"}, "--from"},
        {{"bake", "--tool", "x", "--from", "a", "--from-database"}, "one of them"},
        {{"bake", "--tool", "x", "--from", "-", "a"}, "leave one of the two out"},
        {{"tools", "a", "b"}, "b"},
    };
    for (const auto& [words, part] : rows) {
        CAPTURE(words);
        const auto error = usage_error_of(words);
        CHECK(error.find(part) != std::string::npos);
        CHECK(error.find('\n') == std::string::npos);
        CHECK(error.ends_with("; see schemalatch --help"));
    }
}

TEST_CASE("an argument that is not expected is not repeated if it may be a URL", "[command line]") {
    for (const Words& words :
         {Words{"check", "postgresql://u:ZQX@h/db"}, Words{"postgresql://u:ZQX@h/db"},
          Words{"check", "--ur=postgresql://u:ZQX@h/db"}, Words{"check", "--url", "a", "postgresql://u:ZQX@h/db"},
          Words{"check", "-url", "postgresql://u:ZQX@h/db"}}) {
        CAPTURE(words);
        CHECK(usage_error_of(words).find("ZQX") == std::string::npos);
    }
}

TEST_CASE("an argument that is not expected is shown in one printable line", "[command line]") {
    CHECK(usage_error_of({"check", "a\x1B[31mb"}).find('\x1B') == std::string::npos);
}

// Known to fail, each for a reason of its own; the tag goes when the code is right.

TEST_CASE("an empty --config or --dependency counts as given, and is refused", "[command line]") {
    CHECK(parse({"check", "--config", ""}, {"SCHEMALATCH_CONFIG=/env.toml"}).sources.file == "");
    CHECK(parse({"check", "--dependency", ""}).sources.dependency == "");
}

}  // namespace
}  // namespace schemalatch::commands
