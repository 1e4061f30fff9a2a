#include "sidecar/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdint>

namespace schemalatch::log {

namespace {

// The message between the quotes of a JSON string. Messages are printable lines; this is for the quotes in them.
class JsonMessage final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        for (const char c : message.payload) {
            if (c == '"' || c == '\\') out.push_back('\\');
            out.push_back(static_cast<std::uint8_t>(c) < 0x20 ? ' ' : c);
        }
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

std::string pattern_of(Format format) {
    switch (format) {
        case Format::plain:
            return "schemalatch: %l: %v";
        case Format::text:
            return "%Y-%m-%dT%H:%M:%S.%eZ schemalatch: %l: %v";
        case Format::json:
            return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%*"})";
    }
    return "%v";
}

std::unique_ptr<spdlog::formatter> formatter_for(Format format) {
    auto made = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    made->add_flag<JsonMessage>('*');
    made->set_pattern(pattern_of(format));
    return made;
}

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::logger& logger() {
    static const auto made = [] {
        auto logger =
            std::make_shared<spdlog::logger>("schemalatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_formatter(formatter_for(Format::plain));
        return logger;
    }();
    return *made;
}

}  // namespace

void start(Level least, Format format) {
    logger().set_formatter(formatter_for(format));
    logger().set_level(level_of(least));
}

void debug(const std::string& message) { logger().debug("{}", message); }
void info(const std::string& message) { logger().info("{}", message); }
void warn(const std::string& message) { logger().warn("{}", message); }
void error(const std::string& message) { logger().error("{}", message); }

}  // namespace schemalatch::log
