#include "sidecar/upgrade/process_tree.h"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace schemalatch::upgrade {

namespace {

namespace fs = std::filesystem;

// Each scan stops who was new in it; whoever forks faster than that for so long is met by the next kill_tree().
constexpr int kFreezingScans = 50;

using ChildrenOf = std::map<pid_t, std::vector<pid_t>>;

std::optional<pid_t> number_in(std::string_view text) {
    pid_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The names in a folder of /proc that are numbers. What ends while we read is left out.
std::vector<pid_t> numbers_in(const std::string& folder) {
    std::vector<pid_t> numbers;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{};
         entry.increment(error)) {
        if (const auto number = number_in(entry->path().filename().native())) numbers.push_back(*number);
    }
    return numbers;
}

// nullopt: no thread of that process has such a file, because it has ended or the kernel has none.
std::optional<std::vector<pid_t>> listed_children(pid_t pid) {
    std::optional<std::vector<pid_t>> found;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task/";
    for (const pid_t task : numbers_in(tasks)) {
        std::ifstream file{tasks + std::to_string(task) + "/children"};
        if (!file) continue;
        if (!found) found.emplace();
        found->insert(found->end(), std::istream_iterator<pid_t>{file}, {});
    }
    return found;
}

ChildrenOf read_all_parents() {
    ChildrenOf children_of;
    for (const pid_t pid : numbers_in("/proc")) {
        std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
        const std::string stat{std::istreambuf_iterator<char>{file}, {}};
        if (const auto parent = parent_in_stat(stat)) children_of[*parent].push_back(pid);
    }
    return children_of;
}

// Walks down from `first`; `of` gives the children of a process.
template <typename Of>
Pids collect(const std::vector<pid_t>& first, const Pids& spared, const Of& of) {
    Pids found;
    std::vector<pid_t> due;
    for (const pid_t pid : first) {
        if (!spared.contains(pid)) due.push_back(pid);
    }
    while (!due.empty()) {
        const pid_t pid = due.back();
        due.pop_back();
        if (!found.insert(pid).second) continue;
        for (const pid_t child : of(pid)) due.push_back(child);
    }
    return found;
}

}  // namespace

bool is_proc_ours() {
    std::error_code error;
    return number_in(fs::read_symlink("/proc/self", error).native()) == getpid();
}

Pids children() {
    if (const auto listed = listed_children(getpid())) return {listed->begin(), listed->end()};
    auto all = read_all_parents();
    const auto& of_us = all[getpid()];
    return {of_us.begin(), of_us.end()};
}

Pids descendants(const Pids& spared) {
    auto found = descendants_by_children(spared);
    return found ? *std::move(found) : descendants_by_parent(spared);
}

std::optional<Pids> descendants_by_children(const Pids& spared) {
    const auto first = listed_children(getpid());
    if (!first) return std::nullopt;
    return collect(*first, spared, [](pid_t pid) { return listed_children(pid).value_or(std::vector<pid_t>{}); });
}

Pids descendants_by_parent(const Pids& spared) {
    auto children_of = read_all_parents();
    return collect(children_of[getpid()], spared, [&](pid_t pid) { return children_of[pid]; });
}

void signal_tree(int number, const Pids& spared) {
    for (const pid_t pid : descendants(spared)) kill(pid, number);
}

void kill_tree(const Pids& spared) {
    Pids stopped;
    bool is_any_new = true;
    for (int scan = 0; is_any_new && scan < kFreezingScans; ++scan) {
        is_any_new = false;
        for (const pid_t pid : descendants(spared)) {
            if (!stopped.insert(pid).second) continue;
            is_any_new = true;
            kill(pid, SIGSTOP);
        }
    }
    // Once more from /proc and not from `stopped`: what is stopped keeps its id, but one that ended before it was
    // may have given it to a stranger.
    signal_tree(SIGKILL, spared);
}

std::optional<pid_t> parent_in_stat(std::string_view stat) {
    // "PID (NAME) STATE PARENT ...", where a name may hold anything, also ") S 1 (".
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || stat.size() < name_end + 5) return std::nullopt;
    const auto rest = stat.substr(name_end + 4);
    return number_in(rest.substr(0, rest.find(' ')));
}

}  // namespace schemalatch::upgrade
