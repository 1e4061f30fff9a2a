#include "sidecar/upgrade/orders.h"

#include <cstring>

namespace schemalatch::upgrade {

namespace {

constexpr std::string_view kKinds = "hrbpskl";

std::string bytes_of(int number) {
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

// Takes a number off the front. Both ends are the same binary on the same machine: no byte order.
std::optional<int> take_number(std::string_view& bytes) {
    int number = 0;
    if (bytes.size() < sizeof number) return std::nullopt;
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return number;
}

}  // namespace

std::string encode(const Order& order) {
    std::string packet{static_cast<char>(order.kind)};
    packet += bytes_of(order.number);
    for (const auto& addition : order.additions) packet.append(addition).push_back('\0');
    return packet;
}

std::optional<Order> decode_order(std::string_view packet) {
    if (packet.empty() || kKinds.find(packet[0]) == std::string_view::npos) return std::nullopt;
    Order order{static_cast<Order::Kind>(packet[0]), 0, {}};
    packet.remove_prefix(1);
    const auto number = take_number(packet);
    if (!number) return std::nullopt;
    order.number = *number;
    while (!packet.empty()) {
        const auto end = packet.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        order.additions.emplace_back(packet.substr(0, end));
        packet.remove_prefix(end + 1);
    }
    return order;
}

std::string encode(const CommandEnd& end) {
    return bytes_of(static_cast<int>(end.how)) + bytes_of(end.number) + bytes_of(end.lock_let_go ? 1 : 0);
}

std::optional<CommandEnd> decode_end(std::string_view packet) {
    const auto how = take_number(packet);
    const auto number = take_number(packet);
    const auto let_go = take_number(packet);
    if (!how || !number || !let_go || !packet.empty()) return std::nullopt;
    if (*how < 0 || *how > static_cast<int>(CommandEnd::How::not_started)) return std::nullopt;
    return CommandEnd{static_cast<CommandEnd::How>(*how), *number, *let_go != 0};
}

}  // namespace schemalatch::upgrade
