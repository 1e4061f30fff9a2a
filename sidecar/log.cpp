#include "sidecar/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <mutex>

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

// Never waits for who reads standard error: a verdict must not hang on a full pipe. Lines that find no room are
// counted, and told when there is room again.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (!has_room()) {
            ++dropped_;
            return;
        }
        if (dropped_ > 0) write(fmt::format("({} lines of the log were dropped: nobody read them)\n", dropped_));
        dropped_ = 0;
        write({line.data(), line.size()});
    }
    void flush_() override {}

private:
    static bool has_room() {
        pollfd out{STDERR_FILENO, POLLOUT, 0};
        return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
    }

    // A pipe with room takes PIPE_BUF bytes at once, and may block for more.
    static void write(std::string_view text) {
        const auto size = std::min<std::size_t>(text.size(), PIPE_BUF);
        if (::write(STDERR_FILENO, text.data(), size) < 0) return;  // nobody is left to tell
    }

    std::size_t dropped_ = 0;
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
        auto logger = std::make_shared<spdlog::logger>("schemalatch", std::make_shared<StderrSink>());
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
