#include "sidecar/http/front.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sidecar/descriptor.h"
#include "tests/support/catch.h"

using namespace schemalatch::http;
using schemalatch::Descriptor;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

const std::string kRequest = "GET /readyz HTTP/1.1\r\n\r\n";

// Answers with the first line of what it was given.
std::string echo(std::size_t, std::string_view head) { return "seen: " + std::string{head.substr(0, head.find('\r'))}; }

// Answers with the listener that it came to.
std::string tell_listener(std::size_t listener, std::string_view) { return std::to_string(listener); }

const Address kLoopback{.host = "127.0.0.1"};

Front listening(const std::vector<Address>& addresses) {
    auto front = Front::listen(addresses);
    REQUIRE(front);
    return std::move(*front);
}

bool stop_serving() { return true; }

// A front that serves in a thread of its own until the test is over.
class RunningFront {
public:
    explicit RunningFront(Front::Answer answer = echo, const std::vector<Address>& addresses = {kLoopback})
        : front_{listening(addresses)}, stop_{::eventfd(0, EFD_CLOEXEC)}, thread_{[this, answer = std::move(answer)] {
              front_.run(answer, {{stop_.get(), stop_serving}});
          }} {}

    ~RunningFront() { stop(); }

    void stop() {
        ::eventfd_write(stop_.get(), 1);
        if (thread_.joinable()) thread_.join();
    }

    std::uint16_t port(std::size_t listener = 0) const { return front_.port(listener); }

private:
    Front front_;
    Descriptor stop_;
    std::thread thread_;
};

// What a client got until the end of the connection.
struct Received {
    std::string bytes;
    bool orderly = false;  // closed, and neither reset nor left open until the client lost patience
};

class Client {
public:
    Client() {
        const timeval patience{5, 0};  // less than kExchangeLimit; only a failing test waits that long
        set(SOL_SOCKET, SO_RCVTIMEO, patience);
        set(SOL_SOCKET, SO_SNDTIMEO, patience);
        set(IPPROTO_TCP, TCP_NODELAY, 1);
    }
    explicit Client(const RunningFront& front, std::size_t listener = 0) : Client{} { connect(front, listener); }

    void connect(const RunningFront& front, std::size_t listener = 0) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(front.port(listener));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }

    void keep_window_small() { set(SOL_SOCKET, SO_RCVBUF, 4096); }

    // Returns how much of it the server took.
    std::size_t send(std::string_view bytes) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto count = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (count < 0) break;
            sent += static_cast<std::size_t>(count);
        }
        return sent;
    }

    void end_sending() { ::shutdown(socket_.get(), SHUT_WR); }

    Received receive() {
        Received received;
        std::array<char, 65536> chunk;
        ssize_t count = 0;
        while ((count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0)) > 0) {
            received.bytes.append(chunk.data(), static_cast<std::size_t>(count));
        }
        received.orderly = count == 0;
        return received;
    }

    // Whether the server has closed or reset the connection without having said anything.
    bool is_dropped() {
        char byte = 0;
        const auto count = ::recv(socket_.get(), &byte, 1, 0);
        return count == 0 || (count < 0 && errno == ECONNRESET);
    }

private:
    template <class Value>
    void set(int level, int option, const Value& value) {
        ::setsockopt(socket_.get(), level, option, &value, sizeof value);
    }

    Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

// Also tells that everything before it on the same front has been accepted: accepting is in order.
std::string answer_to(const RunningFront& front, const std::string& request, std::size_t listener = 0) {
    Client client{front, listener};
    client.send(request);
    const auto received = client.receive();
    CHECK(received.orderly);
    return received.bytes;
}

std::string head_of(std::size_t size) {
    const std::string begin = "GET / HTTP/1.1\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
}

// While it lives no descriptor can be opened but in place of one that is closed.
class DescriptorShortage {
public:
    DescriptorShortage() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit tight{64, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
        do {
            taken_.emplace_back(::dup(STDIN_FILENO));
        } while (taken_.back());
    }
    ~DescriptorShortage() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
    std::deque<Descriptor> taken_;
};

// As on a kernel that was started with ipv6.disable=1: there is no way to ask for that later, so a system-call filter
// answers as it would.
void refuse_ipv6_in_this_thread() {
    std::array<sock_filter, 6> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

}  // namespace

TEST_CASE("a request is answered and the connection closed", "[http]") {
    const RunningFront front;

    CHECK(answer_to(front, kRequest) == "seen: GET /readyz HTTP/1.1");
    CHECK(answer_to(front, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n") == "seen: HEAD / HTTP/1.1");
}

TEST_CASE("a head that comes byte by byte is answered once it is whole", "[http]") {
    const RunningFront front;
    Client client{front};

    for (const char byte : kRequest) client.send({&byte, 1});

    CHECK(client.receive().bytes == "seen: GET /readyz HTTP/1.1");
}

TEST_CASE("a client that has ended its side still gets its answer", "[http]") {
    const RunningFront front;
    Client client{front};

    client.send(kRequest);
    client.end_sending();

    CHECK(client.receive().bytes == "seen: GET /readyz HTTP/1.1");
}

TEST_CASE("a client that ends before its head does is dropped without an answer", "[http]") {
    const RunningFront front;
    Client client{front};

    client.send("GET /readyz HT");
    client.end_sending();

    const auto received = client.receive();
    CHECK(received.bytes.empty());
    CHECK(received.orderly);
}

TEST_CASE("only an empty line with carriage returns ends a head", "[http]") {
    const RunningFront front;
    Client client{front};

    client.send("GET / HTTP/1.1\n\nX: a\n\n");
    client.send("\r\n\r\n");

    CHECK(client.receive().bytes == "seen: GET / HTTP/1.1\n\nX: a\n\n");
}

TEST_CASE("a head of the greatest size is handed on whole, and one byte more without its end", "[http]") {
    const RunningFront front{[](std::size_t, std::string_view head) {
        return std::to_string(head.size()) + (head.ends_with("\r\n\r\n") ? " whole" : " cut");
    }};

    CHECK(answer_to(front, head_of(kHeadLimit)) == "16384 whole");
    CHECK(answer_to(front, head_of(kHeadLimit + 1)) == "16384 cut");
}

TEST_CASE("a client in the middle of an endless head gets the whole answer to it", "[http]") {
    const RunningFront front;
    Client client{front};

    CHECK(client.send("GET / HTTP/1.1\r\nX: " + std::string(1'000'000, 'x')) > 1'000'000);
    client.end_sending();

    const auto received = client.receive();
    CHECK(received.bytes == "seen: GET / HTTP/1.1");
    CHECK(received.orderly);
}

TEST_CASE("a client that sends its whole body before it reads still gets the whole answer", "[http]") {
    const RunningFront front;
    const std::string body(1'000'000, 'b');
    Client whole{front};
    Client chunked{front};

    whole.send("POST /readyz HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    chunked.send("POST /readyz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(whole.send(body) == body.size());
    CHECK(chunked.send(body) == body.size());
    whole.end_sending();
    chunked.end_sending();

    const auto first = whole.receive();
    const auto second = chunked.receive();
    CHECK(first.bytes == "seen: POST /readyz HTTP/1.1");
    CHECK(first.orderly);
    CHECK(second.bytes == "seen: POST /readyz HTTP/1.1");
    CHECK(second.orderly);
}

TEST_CASE("a client that sends on and on after its answer is cut off", "[http]") {
    const RunningFront front;
    Client client{front};
    const std::string much(4 * kLingerLimit, 'b');

    client.send("POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n");

    CHECK(client.send(much) < much.size());
}

TEST_CASE("a second request on the same connection is not answered", "[http]") {
    const RunningFront front;
    Client client{front};

    client.send(kRequest + "GET /second HTTP/1.1\r\n\r\n");
    client.end_sending();

    const auto received = client.receive();
    CHECK(received.bytes == "seen: GET /readyz HTTP/1.1");
    CHECK(received.orderly);
}

TEST_CASE("a client that does not read its answer holds up nobody", "[http]") {
    const std::string large(6'000'000, 'l');
    RunningFront front{[&large](std::size_t, std::string_view) { return large; }};
    Client lazy;
    lazy.keep_window_small();
    lazy.connect(front);
    lazy.send(kRequest);

    CHECK(answer_to(front, kRequest).size() == large.size());

    const auto before = Clock::now();
    front.stop();
    CHECK(Clock::now() - before < 1s);
}

TEST_CASE("an answer that is larger than the kernel takes at once arrives whole", "[http]") {
    std::string large;
    while (large.size() < 6'000'000) large += std::to_string(large.size()) + "\n";
    const RunningFront front{[&large](std::size_t, std::string_view) { return large; }};
    Client slow;
    slow.keep_window_small();
    slow.connect(front);

    slow.send(kRequest);

    const auto received = slow.receive();
    CHECK((received.bytes == large));
    CHECK(received.orderly);
}

TEST_CASE("silent and half-done connections hold up neither a request nor the stop", "[http]") {
    RunningFront front;
    std::deque<Client> idlers(300);
    for (auto& idler : idlers) idler.connect(front);
    for (auto& idler : idlers) idler.send("GET /rea");

    CHECK(answer_to(front, kRequest) == "seen: GET /readyz HTTP/1.1");

    const auto before = Clock::now();
    front.stop();
    CHECK(Clock::now() - before < 1s);
    CHECK(idlers.front().is_dropped());
}

TEST_CASE("half-done heads that would fill the memory push out the oldest of them", "[http]") {
    const RunningFront front;
    const std::string half = head_of(kHeadLimit).substr(0, kHeadLimit - 4);
    std::deque<Client> hoarders(kMostBuffered / kHeadLimit + 2);

    for (auto& hoarder : hoarders) {
        hoarder.connect(front);
        hoarder.send(half);
    }

    CHECK(hoarders.front().is_dropped());
    hoarders.back().send("\r\n\r\n");
    CHECK(hoarders.back().receive().bytes == "seen: GET / HTTP/1.1");
}

TEST_CASE("when no descriptor is left the oldest connection makes room for a new one", "[http]") {
    const RunningFront front;
    Client oldest{front};
    Client prober;
    answer_to(front, kRequest);

    // UBSan opens a pipe to see whether memory can be read: nothing is checked while there is a shortage.
    std::string answer;
    {
        const DescriptorShortage shortage;
        prober.connect(front);
        prober.send(kRequest);
        answer = prober.receive().bytes;
    }
    CHECK(answer == "seen: GET /readyz HTTP/1.1");
    CHECK(oldest.is_dropped());
}

TEST_CASE("when no descriptor is left and none can be given back a client waits for one", "[http]") {
    const RunningFront front;
    Client prober;

    {
        const DescriptorShortage shortage;
        prober.connect(front);
        prober.send(kRequest);
    }

    CHECK(prober.receive().bytes == "seen: GET /readyz HTTP/1.1");
}

TEST_CASE("when no descriptor is left a flood of one address does not keep the other from being answered", "[http]") {
    const RunningFront front{tell_listener, {kLoopback, kLoopback}};
    Client oldest{front, 1};
    Client prober;
    std::deque<Client> flood(40);
    answer_to(front, kRequest);

    std::string answer;
    {
        const DescriptorShortage shortage;
        for (auto& client : flood) client.connect(front, 1);
        prober.connect(front, 0);
        prober.send(kRequest);
        answer = prober.receive().bytes;
    }
    CHECK(answer == "0");
    CHECK(oldest.is_dropped());
}

TEST_CASE("when no descriptor is left and none can be given back clients of both addresses wait for one", "[http]") {
    const RunningFront front{tell_listener, {kLoopback, kLoopback}};
    Client first;
    Client second;

    {
        const DescriptorShortage shortage;
        first.connect(front, 0);
        first.send(kRequest);
        second.connect(front, 1);
        second.send(kRequest);
    }

    CHECK(first.receive().bytes == "0");
    CHECK(second.receive().bytes == "1");
}

TEST_CASE("each of several addresses is served, and the answer told which one it was", "[http]") {
    const RunningFront front{tell_listener, {kLoopback, kLoopback}};

    CHECK(front.port(0) != front.port(1));
    CHECK(answer_to(front, kRequest, 0) == "0");
    CHECK(answer_to(front, kRequest, 1) == "1");
    CHECK(answer_to(front, kRequest, 0) == "0");
}

TEST_CASE("a flood of one address does not hold up the other", "[http]") {
    const RunningFront front{tell_listener, {kLoopback, kLoopback}};
    std::deque<Client> flood(300);
    for (auto& client : flood) client.connect(front, 1);
    for (auto& client : flood) client.send("GET /rea");

    CHECK(answer_to(front, kRequest, 0) == "0");
    flood.front().send("dyz HTTP/1.1\r\n\r\n");
    CHECK(flood.front().receive().bytes == "1");
}

TEST_CASE("a front can be stopped and run again", "[http]") {
    auto front = listening({kLoopback});
    const Descriptor stop{::eventfd(1, EFD_CLOEXEC)};

    front.run(echo, {{stop.get(), stop_serving}});
    front.run(echo, {{stop.get(), stop_serving}});

    CHECK(front.port(0) != 0);
}

TEST_CASE("every wakeup is heeded, and serving goes on until one says to stop", "[http]") {
    auto front = listening({kLoopback});
    const Descriptor hint{::eventfd(3, EFD_CLOEXEC | EFD_SEMAPHORE)};
    const Descriptor stop{::eventfd(0, EFD_CLOEXEC)};
    int hints = 0;

    front.run(echo, {{stop.get(), stop_serving}, {hint.get(), [&] {
                                                      eventfd_t one = 0;
                                                      ::eventfd_read(hint.get(), &one);
                                                      if (++hints == 3) ::eventfd_write(stop.get(), 1);
                                                      return false;
                                                  }}});

    CHECK(hints == 3);
}

TEST_CASE("a wakeup is heeded however busy the clients are", "[http]") {
    RunningFront front;
    const std::string body(65536, 'b');
    std::deque<Client> busy(200);
    for (auto& client : busy) {
        client.connect(front);
        client.send("POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n" + body);
    }
    std::atomic<bool> over = false;
    std::thread sender{[&] {
        while (!over) {
            for (auto& client : busy) client.send(body);
        }
    }};

    const auto before = Clock::now();
    front.stop();
    CHECK(Clock::now() - before < 1s);
    over = true;
    sender.join();
}

TEST_CASE("the IPv6 wildcard also serves IPv4", "[http]") {
    const RunningFront front{echo, {{.host = "::"}}};

    CHECK(answer_to(front, kRequest) == "seen: GET /readyz HTTP/1.1");
}

TEST_CASE("a front tells where it really listens", "[http]") {
    const auto front = listening({kLoopback, {.host = "::"}});

    CHECK(front.where(0) == "127.0.0.1:" + std::to_string(front.port(0)));
    CHECK(front.where(1) == "[::]:" + std::to_string(front.port(1)));
}

TEST_CASE("an address that can't be listened on is refused in one line that says what to do", "[http]") {
    const auto first = listening({kLoopback});
    const auto port = std::to_string(first.port(0));

    const auto in_use = Front::listen({{.host = "127.0.0.1", .port = first.port(0)}});
    const auto foreign = Front::listen({{.host = "192.0.2.1", .port = first.port(0)}});
    const auto second_in_use =
        Front::listen({kLoopback, {.host = "127.0.0.1", .port = first.port(0), .setting = "http.detail_listen"}});

    REQUIRE_FALSE(in_use);
    CHECK(in_use.error() == "cannot listen on 127.0.0.1:" + port +
                                ": Address already in use; choose another with --listen or http.listen");
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error() == "cannot listen on 192.0.2.1:" + port +
                                 ": Cannot assign requested address; choose another with --listen or http.listen");
    REQUIRE_FALSE(second_in_use);
    CHECK(second_in_use.error() ==
          "cannot listen on 127.0.0.1:" + port + ": Address already in use; choose another with http.detail_listen");
}

TEST_CASE("where IPv6 is off every address that is the IPv6 wildcard falls back to IPv4", "[http]") {
    std::vector<std::string> where;
    std::thread machine_without_ipv6{[&where] {
        refuse_ipv6_in_this_thread();
        const auto front = Front::listen({{.host = "::"}, {.host = "::"}, {.host = "::1"}});
        if (!front) where.push_back(front.error());
        const auto both = Front::listen({{.host = "::"}, {.host = "::"}});
        if (both) where.insert(where.end(), {both->where(0), both->where(1)});
    }};
    machine_without_ipv6.join();

    REQUIRE(where.size() == 3);
    CHECK(where[0] ==
          "cannot listen on [::1]:0: Address family not supported by protocol; choose another with --listen or "
          "http.listen");
    CHECK(where[1].starts_with("0.0.0.0:"));
    CHECK(where[2].starts_with("0.0.0.0:"));
}
