// All that descends from this process: its children, theirs, and those that came to it as orphans, since it is a
// subreaper. Read from /proc, which must be that of our own PID namespace.
#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string_view>

namespace schemalatch::upgrade {

using Pids = std::set<pid_t>;

// Whether /proc is there and tells our process ids: in a container it may be that of another PID namespace.
bool is_proc_ours();

Pids children();

// Without `spared` children of ours and what descends from them. One look: what is born meanwhile may be missing, so
// who must be sure looks until waitpid(2) says ECHILD.
Pids descendants(const Pids& spared = {});

// The two ways to find them; descendants() takes the first, and the second where the kernel lacks /proc/*/children.
std::optional<Pids> descendants_by_children(const Pids& spared);
Pids descendants_by_parent(const Pids& spared);

void signal_tree(int number, const Pids& spared = {});

// SIGKILL to all. Each is stopped before any is killed, so that none can fork while the others die.
void kill_tree(const Pids& spared = {});

// The parent's id in the text of /proc/PID/stat.
std::optional<pid_t> parent_in_stat(std::string_view stat);

}  // namespace schemalatch::upgrade
