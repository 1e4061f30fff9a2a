// One client: reads a request head, sends one answer, closes. Never waits.
//
// It goes through three phases, each left for the next one only:
//   reading    until the blank line, a head that is too long, or the client's end;
//   answering  until the whole answer is in the kernel's hands;
//   lingering  only where more bytes from the client are expected or here. Closing a socket with unread input makes the
//              kernel send a reset, which may destroy the answer before the client has read it. So we end our side and
//              throw away what comes, until the client closes or kLingerLimit is reached.
// The deadline over all three is the owner's business.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sidecar/descriptor.h"
#include "sidecar/http/message.h"

namespace schemalatch::http {

class Connection {
public:
    // Request head in, whole answer out. The head ends with its blank line, or was cut at kHeadLimit and has none.
    using Answer = std::function<Reply(std::string_view head)>;

    // What must happen before it can go on.
    enum class Wants {
        input,    // The client sends something, or ends.
        room,     // The client takes some of the answer.
        nothing,  // It is over: destroy the connection, which closes it.
    };

    // `socket` is a non-blocking TCP socket.
    explicit Connection(Descriptor socket) : socket_{std::move(socket)} {}

    int fd() const { return socket_.get(); }

    // Goes on as far as it can. Calls `answer` at most once in the connection's life.
    Wants proceed(const Answer& answer);

    // Bytes on the heap that no other connection has.
    std::size_t buffered() const { return buffer_.capacity(); }

private:
    enum class Phase { reading, answering, lingering };

    Wants read_head(const Answer& answer);
    Wants answer_head(std::size_t size, const Answer& answer);
    Wants send_answer();
    std::string_view unsent() const;
    Wants discard_input();

    Descriptor socket_;
    Phase phase_ = Phase::reading;
    bool expects_more_input_ = false;
    std::string buffer_;  // reading: the head so far; answering: the answer, or what stands before `shared_`
    std::shared_ptr<const std::string> shared_;
    std::size_t count_ = 0;  // answering: bytes sent; lingering: bytes thrown away
};

}  // namespace schemalatch::http
