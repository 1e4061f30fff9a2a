// What tests/bench/run.sh measures with.
//
//   client port                                     prints a port that nobody listens on
//   client start PORT COMMAND...                    milliseconds from fork to the first 200; ends the command
//   client load PORT PID REQUESTS CONCURRENCY       probes on new connections; prints five numbers: microseconds of CPU
//                                                   that process PID took per probe, probes per second, and the median,
//                                                   99th percentile and maximum of a probe in microseconds
//
// A probe is what a kubelet sends. Any answer but a 200 ends the program with an error.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::string_view kProbe =
    "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:7355\r\nUser-Agent: kube-probe/1.33\r\nAccept: */*\r\n"
    "Connection: close\r\n\r\n";
constexpr auto kStartLimit = std::chrono::seconds{20};
constexpr auto kStartPause = std::chrono::microseconds{100};

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

class Socket {
public:
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(fd_); }
    int fd() const { return fd_; }

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

// Whether the answer was a 200, read to its end.
bool probe(int port) {
    const Socket socket;
    const auto address = loopback(port);
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return false;
    if (::send(socket.fd(), kProbe.data(), kProbe.size(), MSG_NOSIGNAL) < 0) return false;
    std::string answer;
    std::array<char, 4096> chunk;
    ssize_t count = 0;
    while ((count = ::recv(socket.fd(), chunk.data(), chunk.size(), 0)) > 0) {
        answer.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return count == 0 && answer.starts_with("HTTP/1.1 200 ");
}

int free_port() {
    const Socket socket;
    auto address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

double start_milliseconds(int port, char** command) {
    const auto started = Clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::execvp(command[0], command);
        std::perror(command[0]);
        ::_exit(127);
    }
    bool answered = false;
    while (!(answered = probe(port)) && Clock::now() - started < kStartLimit) std::this_thread::sleep_for(kStartPause);
    const auto taken = Clock::now() - started;
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    if (!answered) throw std::runtime_error{"no 200 came"};
    return Milliseconds{taken}.count();
}

Microseconds cpu_of(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        throw std::runtime_error{"no such process: " + std::to_string(process)};
    }
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// What `count` probes one after the other took, in microseconds.
std::vector<double> probe_many(int port, std::size_t count) {
    std::vector<double> taken;
    for (std::size_t i = 0; i < count; ++i) {
        const auto started = Clock::now();
        if (!probe(port)) {
            std::fputs("client: error: a probe was not answered 200\n", stderr);
            std::_Exit(1);
        }
        taken.push_back(Microseconds{Clock::now() - started}.count());
    }
    return taken;
}

void load(int port, pid_t server, std::size_t requests, std::size_t concurrency) {
    std::vector<std::vector<double>> taken(concurrency);
    std::vector<std::thread> clients;
    const auto cpu_before = cpu_of(server);
    const auto started = Clock::now();
    for (auto& mine : taken) {
        clients.emplace_back([&mine, port, share = requests / concurrency] { mine = probe_many(port, share); });
    }
    for (auto& client : clients) client.join();
    const std::chrono::duration<double> wall = Clock::now() - started;
    const auto cpu = cpu_of(server) - cpu_before;

    std::vector<double> all;
    for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    std::printf("%.2f %.0f %.0f %.0f %.0f\n", cpu.count() / count, count / wall.count(), all[all.size() / 2],
                all[all.size() * 99 / 100], all.back());
}

int run(const std::vector<std::string_view>& words, char** argv) {
    const auto number = [argv](int index) { return std::atoi(argv[index]); };
    if (words.size() == 2 && words[1] == "port") {
        std::printf("%d\n", free_port());
    } else if (words.size() >= 4 && words[1] == "start") {
        std::printf("%.2f\n", start_milliseconds(number(2), argv + 3));
    } else if (words.size() == 6 && words[1] == "load") {
        load(number(2), number(3), static_cast<std::size_t>(number(4)), static_cast<std::size_t>(number(5)));
    } else {
        std::fputs("usage: client port | start PORT COMMAND... | load PORT PID REQUESTS CONCURRENCY\n", stderr);
        return 64;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv, argv + argc}, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "client: error: %s\n", error.what());
        return 1;
    }
}
