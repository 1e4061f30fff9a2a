#include "sidecar/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sidecar/http/head_filter.h"
#include "sidecar/http/limits.h"

namespace schemalatch::http {

namespace {

// One read a turn is enough: what is left makes the next turn come at once, after everybody else's.
using Chunk = std::array<char, 4096>;

ssize_t receive(const Descriptor& socket, Chunk& chunk) {
    ssize_t count = 0;
    do {
        count = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    } while (count < 0 && errno == EINTR);
    return count;
}

ssize_t send_some(const Descriptor& socket, std::string_view bytes) {
    ssize_t count = 0;
    do {
        count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count;
}

bool must_wait(ssize_t count) { return count < 0 && errno == EAGAIN; }

}  // namespace

Connection::Wants Connection::proceed(const Answer& answer) {
    switch (phase_) {
        case Phase::reading:
            return read_head(answer);
        case Phase::answering:
            return send_answer();
        case Phase::lingering:
            return discard_input();
    }
    return Wants::nothing;
}

Connection::Wants Connection::read_head(const Answer& answer) {
    Chunk chunk;
    const auto count = receive(socket_, chunk);
    if (must_wait(count)) return Wants::input;
    if (count <= 0) return Wants::nothing;

    // The blank line may have begun in the chunk before.
    const auto unsearched = buffer_.size() - std::min(buffer_.size(), kBlankLine.size() - 1);
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    const auto blank_line = buffer_.find(kBlankLine, unsearched);
    const bool ended = blank_line != std::string::npos;
    if (!ended && buffer_.size() < kHeadLimit) return Wants::input;
    return answer_head(ended ? std::min(blank_line + kBlankLine.size(), kHeadLimit) : kHeadLimit, answer);
}

Connection::Wants Connection::answer_head(std::size_t size, const Answer& answer) {
    const std::string_view head{buffer_.data(), size};
    const bool whole = head.ends_with(kBlankLine);
    expects_more_input_ = !whole || buffer_.size() > size || filter_head(head).announces_body;
    auto reply = answer(head);
    buffer_ = std::move(reply.own);
    shared_ = std::move(reply.shared);
    phase_ = Phase::answering;
    return send_answer();
}

std::string_view Connection::unsent() const {
    if (count_ < buffer_.size() || shared_ == nullptr) return std::string_view{buffer_}.substr(count_);
    return std::string_view{*shared_}.substr(count_ - buffer_.size());
}

Connection::Wants Connection::send_answer() {
    std::size_t sent_now = 0;
    for (auto rest = unsent(); !rest.empty(); rest = unsent()) {
        // A fast reader of a long answer would keep everybody else waiting.
        if (sent_now >= kMostSentAtOnce) return Wants::room;
        const auto count = send_some(socket_, rest.substr(0, kMostSentAtOnce));
        if (must_wait(count)) return Wants::room;
        if (count < 0) return Wants::nothing;
        count_ += static_cast<std::size_t>(count);
        sent_now += static_cast<std::size_t>(count);
    }
    shared_ = nullptr;
    if (!expects_more_input_) return Wants::nothing;

    ::shutdown(socket_.get(), SHUT_WR);
    std::string{}.swap(buffer_);
    count_ = 0;
    phase_ = Phase::lingering;
    return Wants::input;
}

Connection::Wants Connection::discard_input() {
    Chunk chunk;
    const auto count = receive(socket_, chunk);
    if (must_wait(count)) return Wants::input;
    if (count <= 0) return Wants::nothing;
    count_ += static_cast<std::size_t>(count);
    return count_ < kLingerLimit ? Wants::input : Wants::nothing;
}

}  // namespace schemalatch::http
