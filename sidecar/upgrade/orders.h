// What the runner and its guardian say to each other, as packets. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/upgrade/command_end.h"

namespace schemalatch::upgrade {

struct Order {
    enum class Kind : char {
        hold = 'h',   // the lock's descriptor comes along
        run = 'r',    // `additions`: to the command's environment
        beat = 'b',   // the runner is well
        pass = 'p',   // `number`: a signal for the command's process group
        stop = 's',   // `number`: milliseconds until SIGKILL follows SIGTERM
        kill = 'k',   // SIGKILL to the whole tree
        leave = 'l',  // kill, then end without touching the lock
    };
    Kind kind;
    int number = 0;
    std::vector<std::string> additions;
};

std::string encode(const Order& order);

// nullopt: no packet of ours.
std::optional<Order> decode_order(std::string_view packet);

// The guardian says this once it guards; whatever comes after it is a CommandEnd.
inline constexpr std::string_view kGuards = "guards";

std::string encode(const CommandEnd& end);
std::optional<CommandEnd> decode_end(std::string_view packet);

}  // namespace schemalatch::upgrade
