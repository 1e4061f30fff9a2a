#include "sidecar/http/router.h"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <list>

#include "sidecar/http/head_filter.h"
#include "sidecar/http/limits.h"

namespace schemalatch::http {

namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";

// The two ends of a connection that exists only in memory. No member is marked `override`: which of them are in the
// base class depends on the version (wait_* and duration() came in 0.19 and 0.20, is_writable() went), and Clang warns
// where some are marked and others are not.
// NOLINTBEGIN(modernize-use-override)
class MemoryStream : public httplib::Stream {
public:
    explicit MemoryStream(std::string_view input) : input_{input} {}

    ssize_t read(char* bytes, std::size_t size) {
        const auto count = input_.copy(bytes, size);
        input_.remove_prefix(count);
        return static_cast<ssize_t>(count);
    }

    ssize_t write(const char* bytes, std::size_t size) {
        output_.append(bytes, size);
        return static_cast<ssize_t>(size);
    }

    bool is_readable() const { return true; }
    bool is_writable() const { return true; }
    bool wait_readable() const { return true; }
    bool wait_writable() const { return true; }
    time_t duration() const { return 0; }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }

    std::string take_output() { return std::move(output_); }

private:
    std::string_view input_;
    std::string output_;
};
// NOLINTEND(modernize-use-override)

// The answers that no route gives.
std::string_view plain_words(int code) {
    switch (code) {
        case 400:
            return "bad request\n";
        case 405:
            return "method not allowed: only GET and HEAD are served\n";
        case 414:
            return "request line too long\n";
        case 431:
            return "request head too long\n";
        default:
            return "internal error\n";
    }
}

// What is parsed in place of a head that was cut: HEAD must get no body, all else is alike.
std::string_view stand_in_for(std::string_view cut) {
    return cut.starts_with("HEAD ") ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n";
}

// cpp-httplib counts the body that it writes itself, and here that is none.
std::string with_length(std::string answer, std::size_t length) {
    constexpr std::string_view kNone = "Content-Length: 0\r\n";
    const std::string told = "Content-Length: " + std::to_string(length) + "\r\n";
    const auto at = answer.find(kNone);
    if (at != std::string::npos) return answer.replace(at, kNone.size(), told);
    return answer.insert(answer.find("\r\n") + 2, told);
}

}  // namespace

class Router::Server : public httplib::Server {
public:
    explicit Server(Respond respond) : respond_{std::move(respond)} {
        set_default_headers({{"Cache-Control", "no-store"}});
        // Not a Get() handler: that would match the client's path against a std::regex, which recurses once for each
        // character. And this one comes before any body would be read.
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            handle(request, response);
            return HandlerResponse::Handled;
        });
        // Without one the client is told what() of the exception.
        set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
            response.status = 500;
        });
        set_error_handler(HandlerWithResponse{&Server::explain});
        // For HEAD cpp-httplib offers ranges, which the head filter refuses.
        set_post_routing_handler(
            [](const httplib::Request&, httplib::Response& response) { response.headers.erase("Accept-Ranges"); });
        set_logger([this](const httplib::Request&, const httplib::Response& response) { count(response.status); });
    }

    Reply answer(std::string_view head, Paths served) {
        served_ = served;
        cut_ = !head.ends_with(kBlankLine);
        const auto filtered = filter_head(cut_ ? stand_in_for(head) : head);
        MemoryStream stream{filtered.text};
        route_ = Response{}.route;
        shared_ = nullptr;
        process(*this, stream);
        if (shared_ == nullptr) return stream.take_output();
        const bool head_only = head.starts_with("HEAD ");
        return {with_length(stream.take_output(), shared_->size()), head_only ? nullptr : std::move(shared_)};
    }

    const RequestCounts& counts() const { return counts_; }

private:
    // A template, because only there does `if constexpr` leave out the call that this cpp-httplib does not have. The
    // first is of 0.17 and before, the second of 0.18 and after.
    template <class Self>
    static void process(Self& self, httplib::Stream& stream) {
        bool closed = false;
        if constexpr (requires { self.process_request(stream, true, closed, nullptr); }) {
            self.process_request(stream, true, closed, nullptr);
        } else {
            self.process_request(stream, "", 0, "", 0, true, closed, nullptr);
        }
    }

    void handle(const httplib::Request& request, httplib::Response& response) {
        if (cut_) {
            response.status = 431;
            return;
        }
        if (request.method != "GET" && request.method != "HEAD") {
            response.status = 405;
            response.set_header("Allow", "GET, HEAD");
            return;
        }
        auto answer =
            respond_({.path = request.path, .verbose = request.has_param("verbose"), .served = served_}, counts_);
        route_ = answer.route;
        response.status = answer.code;
        response.set_header("Content-Type", std::string{answer.content_type});
        response.body = std::move(answer.body);
        if (answer.shared == nullptr) return;
        if (may_share(answer.shared)) {
            shared_ = std::move(answer.shared);
        } else {
            response.status = 503;
            response.set_header("Retry-After", "1");
            response.set_header("Content-Type", kPlainText);
            response.body = "too many are reading long answers; come again\n";
        }
    }

    // Whether the bytes of all long answers that somebody still reads leave room for this one.
    bool may_share(const std::shared_ptr<const std::string>& body) {
        on_their_way_.remove_if([](const auto& other) { return other.expired(); });
        std::size_t sum = 0;
        for (const auto& other : on_their_way_) {
            const auto kept = other.lock();
            if (kept == body) return true;
            sum += kept ? kept->size() : 0;
        }
        if (!on_their_way_.empty() && sum + body->size() > kMostShared) return false;
        on_their_way_.push_back(body);
        return true;
    }

    // Called for every code from 400 up. `Handled` makes cpp-httplib count the new body.
    static HandlerResponse explain(const httplib::Request&, httplib::Response& response) {
        if (response.has_header("Content-Type")) return HandlerResponse::Unhandled;  // a route's own words
        response.set_header("Content-Type", kPlainText);
        response.body = plain_words(response.status);
        return HandlerResponse::Handled;
    }

    void count(int code) { ++counts_[{std::string{route_}, code}]; }

    Respond respond_;
    RequestCounts counts_;
    std::list<std::weak_ptr<const std::string>> on_their_way_;  // long answers, also those that nobody reads any more

    // Of the answer being made.
    Paths served_ = Paths::all;
    bool cut_ = false;
    std::string_view route_;
    std::shared_ptr<const std::string> shared_;
};

Router::Router(Respond respond) : server_{std::make_unique<Server>(std::move(respond))} {}
Router::~Router() = default;

Reply Router::answer(std::string_view head, Paths served) { return server_->answer(head, served); }

const RequestCounts& Router::counts() const { return server_->counts(); }

}  // namespace schemalatch::http
