// Something that happened, for who polls descriptors.
#pragma once

namespace schemalatch {

// Thread-safe. Up until somebody takes it; how often it was raised meanwhile does not count.
class Event {
public:
    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void raise() const;

    // Whether it was up; it is down afterwards.
    bool take() const;

    // Readable while it is up.
    int fd() const { return fd_; }

private:
    int fd_;
};

}  // namespace schemalatch
