// Starts a program in a process group of its own, with nothing of ours but the standard streams.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/descriptor.h"

namespace schemalatch::upgrade {

struct Launch {
    std::vector<std::string> files;        // tried in turn, as execvp(3) tries the folders of PATH
    std::vector<std::string> arguments;    // the first is the program's own name
    std::vector<std::string> environment;  // NAME=value
    int kept = -1;                         // a descriptor that it gets beside the standard streams
    bool dies_with_us = false;             // the kernel sends it SIGKILL when we end
};

struct Launched {
    pid_t pid;

    // errno as an int, if the program could not be executed; else the end of file, once it has been.
    Descriptor refusal;
};

// Default signal dispositions, an empty signal mask. The error is errno of what kept us from trying.
tl::expected<Launched, int> launch(const Launch& what);

// Waits until it is known whether the program was executed; 0: it was; else errno.
int take_refusal(const Launched& launched);

// The files that execvp(3) would try for a command of that name in that environment.
std::vector<std::string> files_of(std::string_view name, const std::vector<std::string>& environment);

// The environment with `additions` in place of what it has of these names.
std::vector<std::string> with_additions(std::vector<std::string> environment,
                                        const std::vector<std::string>& additions);

// That of this process.
std::vector<std::string> own_environment();

}  // namespace schemalatch::upgrade
