// Which process of which boot of which machine: an id that is never given twice.
#pragma once

#include <string>

namespace schemalatch::sqlite {

// Of this process. Empty where /proc does not tell.
std::string own_process();

// Whether the process of that name, as own_process() told it, lives here and is not stopped. One of another machine,
// or another container, counts as not alive: nobody here can tell.
bool is_process_alive(const std::string& process);

}  // namespace schemalatch::sqlite
