#include "probes/net/resolver.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <system_error>
#include <thread>

#include "probes/net/wait.h"

namespace schemalatch::net {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

std::string numeric_text(const addrinfo& entry) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry.ai_addr, entry.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
        return {};
    return text.data();
}

tl::expected<Addresses, std::string> ask_system(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* first = nullptr;
    if (const int code = getaddrinfo(host.c_str(), nullptr, &hints, &first); code != 0) {
        return tl::make_unexpected(std::string{gai_strerror(code)});
    }
    const AddressList list{first, freeaddrinfo};
    Addresses addresses;
    for (const auto* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
        auto text = numeric_text(*entry);
        if (!text.empty() && std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
            addresses.push_back(std::move(text));
        }
    }
    if (addresses.empty()) return tl::make_unexpected(std::string{"no address"});
    return addresses;
}

// A name that worked before gets half of the time, so that its last addresses can still be tried in the other half.
model::Deadline half_of(const model::Deadline& deadline) {
    const auto now = std::chrono::steady_clock::now();
    return {now + (deadline.at - now) / 2, deadline.stop_fd};
}

}  // namespace

// What the asking and the side thread share.
struct Resolver::Lookup {
    explicit Lookup(std::string name) : host{std::move(name)}, done_fd{eventfd(0, EFD_CLOEXEC)} {}
    ~Lookup() {
        if (done_fd >= 0) close(done_fd);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    void run() {
        auto answer = ask_system(host, 0);
        {
            const std::lock_guard lock{mutex};
            result = std::move(answer);
        }
        eventfd_write(done_fd, 1);
    }

    tl::expected<Addresses, std::string> take_result() {
        const std::lock_guard lock{mutex};
        return result;
    }

    const std::string host;
    const int done_fd;  // becomes readable when result is there
    std::mutex mutex;
    tl::expected<Addresses, std::string> result = tl::make_unexpected(std::string{});  // guarded by mutex
};

tl::expected<Addresses, std::string> Resolver::resolve(const std::string& host, const model::Deadline& deadline) {
    if (auto numeric = ask_system(host, AI_NUMERICHOST)) return numeric;
    const auto known = last_good_.find(host);
    auto found = look_up(host, known == last_good_.end() ? deadline : half_of(deadline));
    if (found) return last_good_[host] = *found;
    if (known != last_good_.end()) return known->second;
    return tl::make_unexpected(
        "host name \"" + host + "\" cannot be resolved: " + found.error() +
        "; check the name, that UDP and TCP port 53 to the name servers are allowed, and the limits of this process");
}

// A process may be out of threads or descriptors; that is no reason to end it.
tl::expected<std::shared_ptr<Resolver::Lookup>, std::string> Resolver::start(const std::string& host) {
    auto lookup = std::make_shared<Lookup>(host);
    if (lookup->done_fd < 0) return tl::make_unexpected(std::string{"no descriptor left for the lookup"});
    try {
        std::thread{[lookup] { lookup->run(); }}.detach();
    } catch (const std::system_error& error) {
        return tl::make_unexpected(std::string{"no thread for the lookup ("} + error.what() + ")");
    }
    return lookup;
}

tl::expected<Addresses, std::string> Resolver::look_up(const std::string& host, const model::Deadline& deadline) {
    for (;;) {
        if (!running_) {
            auto started = start(host);
            if (!started) return tl::make_unexpected(started.error());
            running_ = std::move(*started);
        }
        if (wait_for(running_->done_fd, POLLIN, deadline) != Wait::ready) {
            return tl::make_unexpected(std::string{"no answer from the name servers in time"});
        }
        const auto finished = std::move(running_);
        running_.reset();
        // A lookup left behind earlier may have been for another host of the list.
        if (finished->host == host) return finished->take_result();
    }
}

}  // namespace schemalatch::net
