// Accepts connections, reads one request head from each, sends one answer, closes. One thread, one epoll.
//
// Why not cpp-httplib's own server: a connection holds one of its few threads from accept to close, so eight silent
// clients starve a kubelet's probe. Here a silent connection costs a descriptor and a few hundred bytes, lives at most
// kExchangeLimit, and when there are too many the oldest makes room for the newest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sidecar/http/address.h"
#include "sidecar/http/limits.h"

namespace schemalatch::http {

// Not thread-safe: made, run and destroyed by one thread.
class Front {
public:
    // Request head in, whole answer out. The head ends with its blank line, or was cut at kHeadLimit and has none.
    using Answer = std::function<std::string(std::string_view head)>;

    // Binds and listens; raises the process's soft limit of open files. The error is one line that names the address
    // and what is wrong.
    static tl::expected<Front, std::string> listen(const Address& address);

    Front(Front&&) noexcept;
    ~Front();

    std::uint16_t port() const;

    // The address as it is really served, for the log: "[::]:7355".
    std::string where() const;

    // Serves until `stop_fd` becomes readable; then drops what is open and returns.
    void run(const Answer& answer, int stop_fd);

private:
    class Loop;
    explicit Front(std::unique_ptr<Loop> loop);
    std::unique_ptr<Loop> loop_;
};

}  // namespace schemalatch::http
