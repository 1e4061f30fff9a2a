// Host names to addresses under a deadline.
//
// getaddrinfo() knows no deadline: with silent name servers it takes 10 s and more. So it runs in a side thread that
// may be left behind; there is never more than one, which takes the names in the order they were asked for and ends
// after the last. The last addresses that a name had are kept for when it cannot be resolved, or not at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/probe.h"

namespace schemalatch::net {

using Addresses = std::vector<std::string>;  // numeric, in the order to try; never empty

// Blocks as long as the C library's lookup does, which asks again after 2 s at most; that stays set for the thread. The
// error says why, without the host.
tl::expected<Addresses, std::string> ask_system(const std::string& host);

// One thread may call it.
class Resolver {
public:
    // As ask_system(): blocks as long as it likes, and is called in the side thread. A throw is an error like another.
    using NameService = std::function<tl::expected<Addresses, std::string>(const std::string& host)>;

    Resolver();  // with ask_system()
    explicit Resolver(NameService service);

    // The error is one line that names the host.
    tl::expected<Addresses, std::string> resolve(const std::string& host, const model::Deadline& deadline);

private:
    struct Lookup;
    class Queue;

    tl::expected<std::shared_ptr<Lookup>, std::string> ask(const std::string& host);
    tl::expected<Addresses, std::string> look_up(const std::string& host, bool has_last_good,
                                                 const model::Deadline& deadline);

    std::shared_ptr<Queue> queue_;                          // also the side thread's
    std::map<std::string, std::shared_ptr<Lookup>> asked_;  // whose answer nobody has taken yet
    std::map<std::string, Addresses> last_good_;
};

}  // namespace schemalatch::net
