// Lines for people and log collectors, to stderr. Thread-safe after start().
#pragma once

#include <string>

namespace schemalatch::log {

enum class Level { debug, info, warn, error };
enum class Format {
    plain,  // for who ran a command and waits for it: no time
    text,   // for who reads it later
    json,
};

// Once, before the first line and the first thread. Until then lines of info and above come out plain.
void start(Level least, Format format);

// Each is one line, whatever the message holds.
void debug(const std::string& message);
void info(const std::string& message);
void warn(const std::string& message);
void error(const std::string& message);

}  // namespace schemalatch::log
