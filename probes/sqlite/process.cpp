#include "probes/sqlite/process.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace schemalatch::sqlite {

namespace {

struct Stat {
    char state = '?';
    std::string started;  // clock ticks since the machine's boot
};

// /proc/PID/stat: the name in parentheses may hold anything; behind it the state is the first word, and when it was
// started the twentieth.
Stat stat_of(const std::string& pid) {
    constexpr std::size_t kStarted = 19;
    std::ifstream in{"/proc/" + pid + "/stat"};
    std::string line;
    std::getline(in, line, '\0');
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest{line.substr(name_end + 1)};
    const std::vector<std::string> words{std::istream_iterator<std::string>{rest}, {}};
    return words.size() > kStarted ? Stat{words.front().front(), words[kStarted]} : Stat{};
}

// Process ids mean something within one boot and one namespace only.
std::string here() {
    std::string boot;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot;
    char space[64] = {};
    if (readlink("/proc/self/ns/pid", space, sizeof space - 1) <= 0 || boot.empty()) return "";
    return boot + " " + space + " ";
}

std::string name_of(const std::string& here, const std::string& pid, const Stat& stat) {
    return here + pid + " " + stat.started;
}

}  // namespace

std::string own_process() {
    const auto place = here();
    const auto pid = std::to_string(getpid());
    const auto stat = stat_of(pid);
    return place.empty() || stat.started.empty() ? "" : name_of(place, pid, stat);
}

// One that is stopped beats no more, so its guardian has killed its command; it might stay so for ever.
bool is_process_alive(const std::string& process) {
    constexpr std::string_view kOver = "TtZX";
    constexpr std::size_t kLongestPid = 10;
    const auto place = here();
    if (place.empty() || !process.starts_with(place)) return false;
    const auto pid = process.substr(place.size(), process.find(' ', place.size()) - place.size());
    const bool is_number = std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (pid.empty() || pid.size() > kLongestPid || !is_number) return false;
    const auto stat = stat_of(pid);
    return name_of(place, pid, stat) == process && kOver.find(stat.state) == std::string_view::npos;
}

}  // namespace schemalatch::sqlite
