// What a client may cost us, and a sidecar that we ask. Every number of the front and of our own requests that was
// chosen stands here, with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace schemalatch::http {

// From accept to the last byte of the answer, whatever the client does: ten times what a kubelet gives a probe.
inline constexpr std::chrono::seconds kExchangeLimit{10};

// Bytes of a request head, up to and including its blank line. A kubelet's has about 130.
inline constexpr std::size_t kHeadLimit = std::size_t{16} * 1024;

// Bytes that are read and thrown away after the answer, for a client that must have sent everything before it reads.
// More than a misdirected form or API call; a client that sends on and on is cut off.
inline constexpr std::size_t kLingerLimit = std::size_t{16} * 1024 * 1024;

// Connections open at once; when one more comes, the oldest goes. A probe's connection lives for a millisecond, so it
// would take 4,096 newer ones within that time to push it out.
inline constexpr std::size_t kMostConnections = 4096;

// Descriptors that are wanted, for them and as much again for whatever else the process opens ...
inline constexpr std::size_t kWantedDescriptors = 8192;

// ... and those that are left to the rest of the process: databases, logs, timers.
inline constexpr std::size_t kSpareDescriptors = 64;

// Bytes of unfinished heads and unsent answers over all connections; beyond it the oldest goes. Without it the two
// limits above would let clients fill 64 MiB, which is more than a sidecar is usually given.
inline constexpr std::size_t kMostBuffered = std::size_t{4} * 1024 * 1024;

// Bytes of one dependency with its whole lists, which then end early: more than 190,000 ids of 40 bytes, required and
// applied.
inline constexpr std::size_t kMostWhole = std::size_t{32} * 1024 * 1024;

// Bytes of one answer that are sent in one turn.
inline constexpr std::size_t kMostSentAtOnce = std::size_t{256} * 1024;

// Ids of a dependency, over all its lists, up to which the front's thread writes them itself: a millisecond's work.
inline constexpr std::size_t kMostWrittenAtOnce = 1000;

// Bytes of long answers that are on their way, each counted once however many read it. A slow reader keeps one that
// nobody else wants any more; who comes when the sum is reached is told to come again.
inline constexpr std::size_t kMostShared = std::size_t{64} * 1024 * 1024;

// Connections that the kernel keeps for us between two turns. With 5, cpp-httplib's number, a burst of 32 clients met
// SYN retransmits of a second, which is all that a kubelet waits.
inline constexpr int kBacklog = 1024;

// Connections taken in one turn, so that a flood of them can't hold up those that are already there.
inline constexpr int kMostAcceptedAtOnce = 64;

// Rest before the next accept when the machine has no descriptor or memory left and we have nothing to give back.
inline constexpr std::chrono::milliseconds kAcceptPause{100};

// Bytes of an answer's head: a sidecar's has about 200, and a mesh's proxy adds some hundred. cpp-httplib matches the
// status line with a std::regex, which recurses once for each character: more would need a larger stack.
inline constexpr std::size_t kAnswerHeadLimit = std::size_t{4} * 1024;

// Bytes of an answer's body: a thousand dependencies.
inline constexpr std::size_t kAnswerLimit = std::size_t{4} * 1024 * 1024;

}  // namespace schemalatch::http
