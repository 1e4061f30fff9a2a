#include "sidecar/http/front.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "sidecar/http/connection.h"
#include "sidecar/http/descriptor.h"
#include "sidecar/http/limits.h"
#include "sidecar/http/listener.h"

namespace schemalatch::http {

namespace {

using Clock = std::chrono::steady_clock;
using Wants = Connection::Wants;

// What an epoll event is about. Connections count up from kFirstConnection in the order of their accept and no number
// comes twice, so an event for one that is gone finds nothing, and the first in a map is the oldest.
using Id = std::uint64_t;
constexpr Id kListener = 0;
constexpr Id kStop = 1;
constexpr Id kFirstConnection = 2;

struct Client {
    Connection connection;
    Wants awaited;  // what epoll has been told to wait for
    Clock::time_point deadline;
};
using Clients = std::map<Id, Client>;

std::uint32_t events_for(Wants wants) { return wants == Wants::room ? EPOLLOUT : EPOLLIN; }

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return kMostConnections;
    const auto wanted = std::min<rlim_t>(limit.rlim_max, kWantedDescriptors);
    if (limit.rlim_cur < wanted) {
        const rlimit raised{wanted, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

std::size_t most_connections(std::size_t descriptors) {
    const auto usable = descriptors > kSpareDescriptors ? descriptors - kSpareDescriptors : 1;
    return std::min(kMostConnections, usable);
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

class Front::Loop {
public:
    Loop(Listener listener, Descriptor epoll)
        : listener_{std::move(listener)},
          epoll_{std::move(epoll)},
          most_clients_{most_connections(raise_descriptor_limit())} {
        watch(EPOLL_CTL_ADD, listener_.fd(), EPOLLIN, kListener);
    }

    const Listener& listener() const { return listener_; }

    void run(const Answer& answer, int stop_fd) {
        watch(EPOLL_CTL_ADD, stop_fd, EPOLLIN, kStop);
        while (!turn(answer)) {
        }
        clients_.clear();
        buffered_ = 0;
        watch(EPOLL_CTL_DEL, stop_fd, 0, kStop);
    }

private:
    // Returns whether to stop.
    bool turn(const Answer& answer) {
        std::array<epoll_event, 64> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
        assert(count >= 0 || errno == EINTR);
        bool stop = false;
        bool knocking = false;
        for (int i = 0; i < count; ++i) {
            const Id id = events[static_cast<std::size_t>(i)].data.u64;
            stop = stop || id == kStop;
            knocking = knocking || id == kListener;
            if (id >= kFirstConnection) advance(id, answer);
        }
        const auto now = Clock::now();
        if (knocking) accept_some(now, answer);
        expire(now);
        return stop;
    }

    // Milliseconds until something is due; -1 for ever.
    int patience() const {
        auto due = accept_again_;
        if (!clients_.empty()) due = std::min(due.value_or(Clock::time_point::max()), oldest()->second.deadline);
        if (!due) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now());
        return static_cast<int>(std::max(left, std::chrono::milliseconds::zero()).count());
    }

    void advance(Id id, const Answer& answer) {
        const auto found = clients_.find(id);
        if (found == clients_.end()) return;  // pushed out earlier in this turn
        auto& client = found->second;
        buffered_ -= client.connection.buffered();
        const auto wants = client.connection.proceed(answer);
        buffered_ += client.connection.buffered();
        if (wants == Wants::nothing || !await(EPOLL_CTL_MOD, id, client, wants)) return drop(found);
        trim_buffers();
    }

    // Whoever is still waiting when this ends, epoll reports again at once.
    void accept_some(Clock::time_point now, const Answer& answer) {
        for (int accepted = 0; accepted < kMostAcceptedAtOnce; ++accepted) {
            Descriptor socket{::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
            if (!socket) {
                // The kernel tells a shortage before it looks whether anybody is there; for the first somebody is.
                if (accepted == 0 && is_shortage(errno)) give_way(now);
                return;
            }
            admit(std::move(socket), now, answer);
        }
    }

    void give_way(Clock::time_point now) {
        if (!clients_.empty()) return drop(oldest());
        watch(EPOLL_CTL_MOD, listener_.fd(), 0, kListener);
        accept_again_ = now + kAcceptPause;
    }

    // The request is often here already: then the connection is over before epoll or the map hear of it.
    void admit(Descriptor socket, Clock::time_point now, const Answer& answer) {
        Client client{Connection{std::move(socket)}, Wants::nothing, now + kExchangeLimit};
        const auto wants = client.connection.proceed(answer);
        if (wants == Wants::nothing) return;
        if (clients_.size() >= most_clients_) drop(oldest());
        const Id id = next_id_++;
        if (!await(EPOLL_CTL_ADD, id, client, wants)) return;
        buffered_ += client.connection.buffered();
        clients_.emplace_hint(clients_.end(), id, std::move(client));
        trim_buffers();
    }

    void expire(Clock::time_point now) {
        while (!clients_.empty() && oldest()->second.deadline <= now) drop(oldest());
        if (accept_again_ && *accept_again_ <= now) {
            watch(EPOLL_CTL_MOD, listener_.fd(), EPOLLIN, kListener);
            accept_again_.reset();
        }
    }

    // A single client may have an answer of any size.
    void trim_buffers() {
        while (buffered_ > kMostBuffered && clients_.size() > 1) drop(oldest());
    }

    // All clients have the same limit, so the oldest is also the first that is due.
    Clients::iterator oldest() { return clients_.begin(); }
    Clients::const_iterator oldest() const { return clients_.begin(); }

    void drop(Clients::iterator client) {
        buffered_ -= client->second.connection.buffered();
        clients_.erase(client);
    }

    bool await(int operation, Id id, Client& client, Wants wants) {
        if (client.awaited == wants) return true;
        client.awaited = wants;
        return watch(operation, client.connection.fd(), events_for(wants), id);
    }

    bool watch(int operation, int fd, std::uint32_t events, Id id) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = id;
        return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
    }

    Listener listener_;
    Descriptor epoll_;
    std::size_t most_clients_;
    Clients clients_;
    Id next_id_ = kFirstConnection;
    std::size_t buffered_ = 0;  // over all clients
    std::optional<Clock::time_point> accept_again_;
};

tl::expected<Front, std::string> Front::listen(const Address& address) {
    auto listener = Listener::open(address);
    if (!listener) return tl::unexpected(listener.error());
    Descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return tl::unexpected("cannot serve " + listener->where() + ": " + std::strerror(errno));
    return Front{std::make_unique<Loop>(std::move(*listener), std::move(epoll))};
}

Front::Front(std::unique_ptr<Loop> loop) : loop_{std::move(loop)} {}
Front::Front(Front&&) noexcept = default;
Front::~Front() = default;

std::uint16_t Front::port() const { return loop_->listener().port(); }

std::string Front::where() const { return loop_->listener().where(); }

void Front::run(const Answer& answer, int stop_fd) { loop_->run(answer, stop_fd); }

}  // namespace schemalatch::http
