// Bytes of a request head in, a whole answer out. The only place that knows cpp-httplib, and its versions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sidecar/http/message.h"

namespace schemalatch::http {

// Not thread-safe: the front's thread owns it. Making one makes the whole process ignore SIGPIPE: cpp-httplib does.
class Router {
public:
    // Gets the counts of the answers given before this one.
    using Respond = std::function<Response(const Request&, const RequestCounts&)>;

    // `respond` is called for GET and HEAD only; other methods are answered 405 here. It must not throw for anything a
    // client can send; if it does, the client sees a bare 500.
    explicit Router(Respond respond);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    // `head` is a request head that came to an address which serves `served`. One without a blank line at its end was
    // cut, as too long. The answer always closes the connection.
    Reply answer(std::string_view head, Paths served = Paths::all);

    // One set for all addresses.
    const RequestCounts& counts() const;

private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace schemalatch::http
