#include "sidecar/event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace schemalatch {

Event::Event() : fd_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

Event::~Event() { close(fd_); }

void Event::raise() const { eventfd_write(fd_, 1); }

bool Event::take() const {
    eventfd_t count = 0;
    return eventfd_read(fd_, &count) == 0;
}

}  // namespace schemalatch
