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

#include "sidecar/descriptor.h"
#include "sidecar/http/connection.h"
#include "sidecar/http/limits.h"
#include "sidecar/http/listener.h"

namespace schemalatch::http {

namespace {

using Clock = std::chrono::steady_clock;
using Wants = Connection::Wants;

// What an epoll event is about: a listener's index, a wakeup's beyond kFirstWakeup, or a connection. Connections count
// up from kFirstConnection in the order of their accept and no number comes twice, so an event for one that is gone
// finds nothing, and the first in a map is the oldest.
using Id = std::uint64_t;
constexpr Id kFirstWakeup = Id{1} << 16;
constexpr Id kFirstConnection = Id{1} << 32;

struct Client {
    std::size_t listener;
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
    Loop(std::vector<Listener> listeners, Descriptor epoll)
        : listeners_{std::move(listeners)},
          epoll_{std::move(epoll)},
          most_clients_{most_connections(raise_descriptor_limit())} {
        watch_listeners(EPOLL_CTL_ADD, EPOLLIN);
    }

    const Listener& listener(std::size_t index) const { return listeners_[index]; }

    void run(const Answer& answer, const std::vector<Wakeup>& wakeups) {
        for (Id i = 0; i < wakeups.size(); ++i) watch(EPOLL_CTL_ADD, wakeups[i].fd, EPOLLIN, kFirstWakeup + i);
        while (!turn(answer, wakeups)) {
        }
        clients_.clear();
        buffered_ = 0;
        for (const auto& wakeup : wakeups) watch(EPOLL_CTL_DEL, wakeup.fd, 0, kFirstWakeup);
    }

private:
    // Returns whether to stop.
    bool turn(const Answer& answer, const std::vector<Wakeup>& wakeups) {
        std::array<epoll_event, 64> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
        assert(count >= 0 || errno == EINTR);
        bool stop = false;
        std::vector<std::size_t> knocking;
        for (int i = 0; i < count; ++i) {
            const Id id = events[static_cast<std::size_t>(i)].data.u64;
            if (id >= kFirstConnection) {
                advance(id, answer);
            } else if (id >= kFirstWakeup) {
                stop = wakeups[id - kFirstWakeup].heed() || stop;
            } else {
                knocking.push_back(id);
            }
        }
        const auto now = Clock::now();
        for (const auto listener : knocking) accept_some(listener, now, answer);
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
        const auto wants = proceed(client, answer);
        buffered_ += client.connection.buffered();
        if (wants == Wants::nothing || !await(EPOLL_CTL_MOD, id, client, wants)) return drop(found);
        trim_buffers();
    }

    static Wants proceed(Client& client, const Answer& answer) {
        return client.connection.proceed(
            [&answer, listener = client.listener](std::string_view head) { return answer(listener, head); });
    }

    // Whoever is still waiting when this ends, epoll reports again at once.
    void accept_some(std::size_t listener, Clock::time_point now, const Answer& answer) {
        auto socket = accept_one(listener);
        // The kernel tells a shortage before it looks whether anybody is there; for the first somebody is. What is
        // given back is taken at once, or the other listener would take it, and this one would never get any.
        if (!socket && is_shortage(errno) && give_way(now)) socket = accept_one(listener);
        for (int accepted = 1; socket; ++accepted) {
            admit({listener, Connection{std::move(socket)}, Wants::nothing, now + kExchangeLimit}, answer);
            socket = accepted < kMostAcceptedAtOnce ? accept_one(listener) : Descriptor{};
        }
    }

    Descriptor accept_one(std::size_t listener) {
        return Descriptor{::accept4(listeners_[listener].fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    }

    // Returns whether a descriptor was given back; else nobody is accepted for a while.
    bool give_way(Clock::time_point now) {
        if (!clients_.empty()) {
            drop(oldest());
            return true;
        }
        watch_listeners(EPOLL_CTL_MOD, 0);
        accept_again_ = now + kAcceptPause;
        return false;
    }

    // The request is often here already: then the connection is over before epoll or the map hear of it.
    void admit(Client client, const Answer& answer) {
        const auto wants = proceed(client, answer);
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
            watch_listeners(EPOLL_CTL_MOD, EPOLLIN);
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

    void watch_listeners(int operation, std::uint32_t events) {
        for (Id i = 0; i < listeners_.size(); ++i) watch(operation, listeners_[i].fd(), events, i);
    }

    bool watch(int operation, int fd, std::uint32_t events, Id id) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = id;
        return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
    }

    std::vector<Listener> listeners_;
    Descriptor epoll_;
    std::size_t most_clients_;
    Clients clients_;
    Id next_id_ = kFirstConnection;
    std::size_t buffered_ = 0;  // over all clients
    std::optional<Clock::time_point> accept_again_;
};

tl::expected<Front, std::string> Front::listen(const std::vector<Address>& addresses) {
    std::vector<Listener> listeners;
    for (const auto& address : addresses) {
        auto listener = Listener::open(address);
        if (!listener) return tl::unexpected(listener.error());
        listeners.push_back(std::move(*listener));
    }
    Descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return tl::unexpected(std::string{"cannot serve HTTP: epoll: "} + std::strerror(errno));
    return Front{std::make_unique<Loop>(std::move(listeners), std::move(epoll))};
}

Front::Front(std::unique_ptr<Loop> loop) : loop_{std::move(loop)} {}
Front::Front(Front&&) noexcept = default;
Front::~Front() = default;

std::uint16_t Front::port(std::size_t listener) const { return loop_->listener(listener).port(); }

std::string Front::where(std::size_t listener) const { return loop_->listener(listener).where(); }

void Front::run(const Answer& answer, const std::vector<Wakeup>& wakeups) { loop_->run(answer, wakeups); }

}  // namespace schemalatch::http
