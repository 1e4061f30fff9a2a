// Host names to addresses under a deadline.
//
// getaddrinfo() knows no deadline: with silent name servers it takes 10 s and more. So it runs in a side thread that
// may be left behind; there is never more than one. The last addresses that a name had are kept for when it cannot be
// resolved.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/probe.h"

namespace schemalatch::net {

using Addresses = std::vector<std::string>;  // numeric, in the order to try; never empty

// One thread may call it.
class Resolver {
public:
    // The error is one line that names the host.
    tl::expected<Addresses, std::string> resolve(const std::string& host, const model::Deadline& deadline);

private:
    struct Lookup;

    static tl::expected<std::shared_ptr<Lookup>, std::string> start(const std::string& host);
    tl::expected<Addresses, std::string> look_up(const std::string& host, const model::Deadline& deadline);

    std::shared_ptr<Lookup> running_;  // also the side thread's; null: none is under way
    std::map<std::string, Addresses> last_good_;
};

}  // namespace schemalatch::net
