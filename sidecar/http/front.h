// Accepts connections, on one address or several, reads one request head from each, sends one answer, closes. One
// thread, one epoll.
//
// Why not cpp-httplib's own server: a connection holds one of its few threads from accept to close, so eight silent
// clients starve a kubelet's probe. Here a silent connection costs a descriptor and a few hundred bytes, lives at most
// kExchangeLimit, and when there are too many the oldest makes room for the newest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/http/address.h"
#include "sidecar/http/limits.h"
#include "sidecar/http/message.h"

namespace schemalatch::http {

// Something other than a client that a running front attends to.
struct Wakeup {
    int fd;

    // Called by the front's thread when `fd` is readable, and again until it no longer is: takes what made it so. True:
    // stop serving.
    std::function<bool()> heed;
};

// Not thread-safe: made, run and destroyed by one thread.
class Front {
public:
    // Request head in, whole answer out. The head ends with its blank line, or was cut at kHeadLimit and has none.
    // `listener` tells to which of the addresses it came: they count from 0, in the order given to listen().
    using Answer = std::function<Reply(std::size_t listener, std::string_view head)>;

    // Binds and listens; raises the process's soft limit of open files. The error is one line that names the address
    // and what is wrong.
    static tl::expected<Front, std::string> listen(const std::vector<Address>& addresses);

    Front(Front&&) noexcept;
    ~Front();

    std::uint16_t port(std::size_t listener) const;

    // The address as it is really served, for the log: "[::]:7355".
    std::string where(std::size_t listener) const;

    // Serves until one of `wakeups` says to stop; then drops what is open and returns. However busy the clients are,
    // epoll hands out what is ready in turn, so that a wakeup waits for each client's turn at most once.
    void run(const Answer& answer, const std::vector<Wakeup>& wakeups);

private:
    class Loop;
    explicit Front(std::unique_ptr<Loop> loop);
    std::unique_ptr<Loop> loop_;
};

}  // namespace schemalatch::http
