#include "probes/net/resolver.h"

#include <netdb.h>
#include <poll.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
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

tl::expected<Addresses, std::string> addresses_of(const std::string& host, int flags) {
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

// The C library asks again after 5 s as a rule, which is longer than a look: an answer that is to be had by then would
// come looks too late. The state is this thread's own. A resolv.conf that asks sooner stays as it is.
void ask_again_soon() {
    constexpr int kSeconds = 2;
    if (res_init() == 0) _res.retrans = std::min(_res.retrans, kSeconds);
}

// A name that worked before gets half of the time, so that its last addresses can still be tried in the other half.
model::Deadline half_of(const model::Deadline& deadline) {
    return model::share_of(deadline, std::chrono::steady_clock::now(), 2);
}

}  // namespace

// One name's turn, shared by the asking and the side thread.
struct Resolver::Lookup {
    explicit Lookup(std::string name) : host{std::move(name)}, done_fd{eventfd(0, EFD_CLOEXEC)} {}
    ~Lookup() {
        if (done_fd >= 0) close(done_fd);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    void finish(tl::expected<Addresses, std::string> answer) {
        const std::lock_guard lock{mutex};
        result = std::move(answer);
        eventfd_write(done_fd, 1);
    }

    std::optional<tl::expected<Addresses, std::string>> answer() {
        const std::lock_guard lock{mutex};
        return result;
    }

    const std::string host;
    const int done_fd;  // becomes readable when the result is there
    std::mutex mutex;
    std::optional<tl::expected<Addresses, std::string>> result;  // guarded by mutex
};

// The names that wait for the side thread; the first is under way.
class Resolver::Queue {
public:
    explicit Queue(NameService service) : service_{std::move(service)} {}

    // Whether it is the only one, and so needs a thread.
    bool push(std::shared_ptr<Lookup> lookup) {
        const std::lock_guard lock{mutex_};
        lookups_.push_back(std::move(lookup));
        return lookups_.size() == 1;
    }

    // The one under way; null: none.
    std::shared_ptr<Lookup> first() {
        const std::lock_guard lock{mutex_};
        return lookups_.empty() ? nullptr : lookups_.front();
    }

    // One that has its answer is not in the way any more, though the side thread may not have let go of it yet.
    bool is_behind_another(const std::shared_ptr<Lookup>& lookup) {
        const std::lock_guard lock{mutex_};
        const auto end = std::find(lookups_.begin(), lookups_.end(), lookup);
        return std::any_of(lookups_.begin(), end, [](const auto& other) { return !other->answer(); });
    }

    // Lets go of the first and gives the one behind it. Both in one step: a push in between would start a second
    // thread.
    std::shared_ptr<Lookup> next() {
        const std::lock_guard lock{mutex_};
        lookups_.pop_front();
        return lookups_.empty() ? nullptr : lookups_.front();
    }

    // The side thread's life.
    void work() {
        for (auto lookup = first(); lookup; lookup = next()) lookup->finish(answer_for(lookup->host));
    }

private:
    // A throw that left the side thread would end the process.
    tl::expected<Addresses, std::string> answer_for(const std::string& host) const {
        try {
            return service_(host);
        } catch (const std::exception& error) {
            return tl::make_unexpected(std::string{error.what()});
        }
    }

    const NameService service_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<Lookup>> lookups_;  // guarded by mutex_
};

tl::expected<Addresses, std::string> ask_system(const std::string& host) {
    ask_again_soon();
    return addresses_of(host, 0);
}

Resolver::Resolver() : Resolver{ask_system} {}

Resolver::Resolver(NameService service) : queue_{std::make_shared<Queue>(std::move(service))} {}

tl::expected<Addresses, std::string> Resolver::resolve(const std::string& host, const model::Deadline& deadline) {
    if (auto numeric = addresses_of(host, AI_NUMERICHOST)) return numeric;
    const auto known = last_good_.find(host);
    const bool is_known = known != last_good_.end();
    auto found = look_up(host, is_known, is_known ? half_of(deadline) : deadline);
    if (found) return last_good_[host] = *found;
    if (is_known) return known->second;
    return tl::make_unexpected(
        "host name \"" + host + "\" cannot be resolved: " + found.error() +
        "; check the name, that UDP and TCP port 53 to the name servers are allowed, and the limits of this process");
}

tl::expected<Addresses, std::string> Resolver::look_up(const std::string& host, bool has_last_good,
                                                       const model::Deadline& deadline) {
    const auto lookup = ask(host);
    if (!lookup) return tl::make_unexpected(lookup.error());
    if (has_last_good && !(*lookup)->answer() && queue_->is_behind_another(*lookup))
        return tl::make_unexpected(std::string{"another name is looked up before it"});
    if (wait_for((*lookup)->done_fd, POLLIN, deadline) != Wait::ready) {
        return tl::make_unexpected(std::string{"no answer from the name servers in time"});
    }
    asked_.erase(host);
    return *(*lookup)->answer();
}

// A process may be out of threads, descriptors or memory; that is no reason to end it.
tl::expected<std::shared_ptr<Resolver::Lookup>, std::string> Resolver::ask(const std::string& host) {
    if (const auto asked = asked_.find(host); asked != asked_.end()) {
        const auto late = asked->second->answer();
        // Addresses that came too late for the last look serve this one; that there were none then may be over.
        if (!late || *late) return asked->second;
    }
    auto lookup = std::make_shared<Lookup>(host);
    if (lookup->done_fd < 0) return tl::make_unexpected(std::string{"no descriptor left for the lookup"});
    if (queue_->push(lookup)) {
        try {
            std::thread{[queue = queue_] { queue->work(); }}.detach();
        } catch (const std::exception& error) {
            queue_->next();  // or no lookup would ever be the only one again
            return tl::make_unexpected(std::string{"no thread for the lookup ("} + error.what() + ")");
        }
    }
    return asked_[host] = lookup;
}

}  // namespace schemalatch::net
