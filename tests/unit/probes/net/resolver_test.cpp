#include "probes/net/resolver.h"

#include <resolv.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <set>
#include <thread>

#include "tests/support/catch.h"

namespace schemalatch::net {
namespace {

using namespace std::chrono_literals;

model::Deadline within(std::chrono::milliseconds time) { return {std::chrono::steady_clock::now() + time}; }

const auto kSoon = 10ms;   // for what is expected not to come
const auto kAmple = 20s;   // for what is expected to come
const auto kAtOnce = 10s;  // half of kAmple: less than that is no waiting

// A name service some of whose names are silent until they are let go.
class FakeNames {
public:
    Resolver::NameService service() {
        return [this](const std::string& host) { return answer(host); };
    }

    void silence(const std::string& host) {
        const std::lock_guard lock{mutex_};
        silent_.insert(host);
    }

    void let_go(const std::string& host) {
        const std::lock_guard lock{mutex_};
        silent_.erase(host);
        changed_.notify_all();
    }

    std::vector<std::string> asked() {
        const std::lock_guard lock{mutex_};
        return asked_;
    }

    int most_at_once() {
        const std::lock_guard lock{mutex_};
        return most_at_once_;
    }

private:
    tl::expected<Addresses, std::string> answer(const std::string& host) {
        std::unique_lock lock{mutex_};
        asked_.push_back(host);
        most_at_once_ = std::max(most_at_once_, ++under_way_);
        changed_.wait(lock, [&] { return !silent_.contains(host); });
        --under_way_;
        if (host.starts_with("no-")) return tl::make_unexpected(std::string{"Name or service not known"});
        return Addresses{"10.0.0." + std::to_string(host.size())};
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> silent_;
    std::vector<std::string> asked_;
    int under_way_ = 0;
    int most_at_once_ = 0;
};

// The side thread may outlive a resolver, but here not its names: the last one asked is behind all others.
struct Fixture {
    FakeNames names;
    Resolver resolver{names.service()};

    ~Fixture() {
        for (const auto* host : {"db-a", "db-bb", "no-db"}) names.let_go(host);
        CHECK(resolver.resolve("last", within(kAmple)));
    }
    Fixture() = default;
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
};

TEST_CASE("an address needs no lookup", "[resolver]") {
    Fixture at;
    CHECK(at.resolver.resolve("127.0.0.1", within(kAmple)) == Addresses{"127.0.0.1"});
    CHECK(at.resolver.resolve("::1", within(kAmple)) == Addresses{"::1"});
    CHECK(at.names.asked().empty());
}

TEST_CASE("a name that cannot be resolved is named, with why and what to check", "[resolver]") {
    Fixture at;
    CHECK(at.resolver.resolve("no-db", within(kAmple)).error() ==
          "host name \"no-db\" cannot be resolved: Name or service not known; check the name, that UDP and TCP port 53 "
          "to the name servers are allowed, and the limits of this process");
}

TEST_CASE("a silent name is given up at the deadline, and its late addresses serve the next look", "[resolver]") {
    Fixture at;
    at.names.silence("db-a");
    const auto first = at.resolver.resolve("db-a", within(kSoon));
    REQUIRE_FALSE(first);
    CHECK(first.error().find("no answer from the name servers in time") != std::string::npos);
    at.names.let_go("db-a");
    CHECK(at.resolver.resolve("db-a", within(kAmple)) == Addresses{"10.0.0.4"});
    CHECK(at.names.asked().size() == 1);
}

TEST_CASE("a name behind a silent one gets its turn once that one is through, before it is asked again", "[resolver]") {
    Fixture at;
    at.names.silence("db-a");
    for (int look = 0; look < 3; ++look) {
        CHECK_FALSE(at.resolver.resolve("db-a", within(kSoon)));
        CHECK_FALSE(at.resolver.resolve("db-bb", within(kSoon)));
    }
    at.names.let_go("db-a");
    CHECK(at.resolver.resolve("db-bb", within(kAmple)) == Addresses{"10.0.0.5"});
    CHECK(at.names.asked() == std::vector<std::string>{"db-a", "db-bb"});
    CHECK(at.names.most_at_once() == 1);
}

TEST_CASE("a name whose last addresses are known never waits behind another", "[resolver]") {
    Fixture at;
    REQUIRE(at.resolver.resolve("db-bb", within(kAmple)));
    at.names.silence("db-a");
    REQUIRE_FALSE(at.resolver.resolve("db-a", within(kSoon)));
    const auto started = std::chrono::steady_clock::now();
    CHECK(at.resolver.resolve("db-bb", within(kAmple)) == Addresses{"10.0.0.5"});
    CHECK(std::chrono::steady_clock::now() - started < kAtOnce);
}

TEST_CASE("a known name that has fallen silent leaves half of the time to try its last addresses", "[resolver]") {
    Fixture at;
    REQUIRE(at.resolver.resolve("db-a", within(kAmple)));
    at.names.silence("db-a");
    const auto deadline = within(3s);
    CHECK(at.resolver.resolve("db-a", deadline) == Addresses{"10.0.0.4"});
    CHECK(std::chrono::steady_clock::now() > deadline.at - 2s);
    CHECK(std::chrono::steady_clock::now() < deadline.at);
}

TEST_CASE("a lookup that throws is one without an answer, and the next name is looked up", "[resolver]") {
    Resolver resolver{[](const std::string& host) -> tl::expected<Addresses, std::string> {
        if (host == "db-a") throw std::bad_alloc{};
        return Addresses{"10.0.0.1"};
    }};
    const auto failed = resolver.resolve("db-a", within(kAmple));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().starts_with("host name \"db-a\" cannot be resolved: std::bad_alloc; "));
    CHECK(resolver.resolve("db-bb", within(kAmple)) == Addresses{"10.0.0.1"});
}

TEST_CASE("the system asks a silent name server again while a look still waits, in the thread that looks up alone",
          "[resolver]") {
    REQUIRE(res_init() == 0);
    const int here = _res.retrans;
    int there = 0;
    bool found = false;
    std::thread{[&] {
        found = ask_system("127.0.0.1").has_value();
        there = _res.retrans;
    }}.join();
    CHECK(found);
    CHECK(there == std::min(here, 2));
    CHECK(_res.retrans == here);
}

TEST_CASE("that a name had no address when nobody waited any more is not believed later", "[resolver]") {
    Fixture at;
    at.names.silence("no-db");
    REQUIRE_FALSE(at.resolver.resolve("no-db", within(kSoon)));
    at.names.let_go("no-db");
    REQUIRE(at.resolver.resolve("db-a", within(kAmple)));  // behind it, so it is through
    CHECK_FALSE(at.resolver.resolve("no-db", within(kAmple)));
    CHECK(at.names.asked() == std::vector<std::string>{"no-db", "db-a", "no-db"});
}

}  // namespace
}  // namespace schemalatch::net
