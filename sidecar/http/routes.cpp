#include "sidecar/http/routes.h"

#include <algorithm>

#include "sidecar/http/render.h"
#include "sidecar/http/version_json.h"

namespace schemalatch::http {

namespace {

constexpr int kOk = 200;
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

std::string not_ready_line(const DependencyStatus& dependency, bool detail) {
    const std::string state{gate::to_string(dependency.state)};
    return dependency.name + " " + state + (detail ? ": " + dependency.reason : "") + "\n";
}

// Break-glass must be seen wherever the probe is looked at.
std::string not_enforced_note(const DependencyStatus& dependency) {
    if (dependency.enforced || dependency.ready) return "";
    return dependency.name + " " + std::string{gate::to_string(dependency.state)} + " (not enforced)\n";
}

// "[+]orders ok", "[-]orders behind: at ...", "[!]orders behind (not enforced)"
std::string line_of(const DependencyStatus& dependency, bool detail) {
    if (!dependency.ready && !dependency.enforced) return "[!]" + not_enforced_note(dependency);
    if (!dependency.ready) return "[-]" + not_ready_line(dependency, detail);
    const std::string held = dependency.held ? " (held: " + std::string{gate::to_string(dependency.state)} + ")" : "";
    return "[+]" + dependency.name + " ok" + held + "\n";
}

const DependencyStatus* find(const Status& status, std::string_view name) {
    const auto found = std::find_if(status.dependencies.begin(), status.dependencies.end(),
                                    [&](const auto& d) { return d->name == name; });
    return found == status.dependencies.end() ? nullptr : found->get();
}

Response text(std::string_view route, int code, std::string body) {
    Response response;
    response.route = route;
    response.code = code;
    response.body = std::move(body);
    return response;
}

Response not_found(std::string_view route) { return text(route, kNotFound, "not found\n"); }

Response readyz(const Request& request, const Status& status) {
    std::string body;
    std::string notes;
    for (const auto& dependency : status.dependencies) {
        if (request.verbose) {
            body += line_of(*dependency, status.detail);
        } else if (dependency->holds_back()) {
            body += not_ready_line(*dependency, status.detail);
        }
        notes += not_enforced_note(*dependency);
    }
    const bool ready = is_ready(status);
    if (request.verbose) body += ready ? "readyz check passed\n" : "readyz check failed\n";
    if (!request.verbose) body = (ready ? "ok\n" : body) + notes;
    return text("/readyz", ready ? kOk : kUnavailable, std::move(body));
}

Response readyz_of(const DependencyStatus* dependency, const Request& request, bool detail) {
    constexpr std::string_view kRoute = "/readyz/NAME";
    if (dependency == nullptr) return not_found(kRoute);
    const bool back = dependency->holds_back();
    if (request.verbose) return text(kRoute, back ? kUnavailable : kOk, line_of(*dependency, detail));
    if (back) return text(kRoute, kUnavailable, not_ready_line(*dependency, detail));
    return text(kRoute, kOk, "ok\n" + not_enforced_note(*dependency));
}

Response livez(const Status& status) {
    std::string body;
    for (const auto& name : status.stalled)
        body += "the watch loop of " + name + " does not turn; restart the container\n";
    const bool alive = body.empty();
    return text("/livez", alive ? kOk : kUnavailable, alive ? "ok\n" : std::move(body));
}

Response json(std::string_view route, std::string body) {
    auto response = text(route, kOk, std::move(body));
    response.content_type = "application/json";
    return response;
}

Response version_of(const DependencyStatus* dependency) {
    constexpr std::string_view kRoute = "/version/NAME";
    if (dependency == nullptr) return not_found(kRoute);
    auto response = json(kRoute, dependency->whole == nullptr ? dependency_json(*dependency) : std::string{});
    response.shared = dependency->whole;
    return response;
}

Response metrics(const Status& status, const RequestCounts& counts) {
    auto response = text("/metrics", kOk, metrics_text(status, is_ready(status), counts));
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
}

Response page(const Status& status) {
    auto response = text("/", kOk, status_page(status, is_ready(status)));
    response.content_type = "text/html; charset=utf-8";
    return response;
}

// What stands behind the prefix, if it is one whole path segment.
std::string_view name_behind(std::string_view prefix, std::string_view path) {
    if (!path.starts_with(prefix)) return {};
    path.remove_prefix(prefix.size());
    return path.find('/') == std::string_view::npos ? path : std::string_view{};
}

}  // namespace

bool is_ready(const Status& status) {
    return std::none_of(status.dependencies.begin(), status.dependencies.end(),
                        [](const auto& d) { return d->holds_back(); });
}

Response respond(const Request& request, const Status& status, const RequestCounts& counts) {
    if (request.path == "/readyz") return readyz(request, status);
    if (request.path == "/livez") return livez(status);
    if (const auto name = name_behind("/readyz/", request.path); !name.empty())
        return readyz_of(find(status, name), request, status.detail);
    if (request.served == Paths::probes) return not_found("other");
    if (request.path == "/version") return json("/version", version_json(status, is_ready(status)));
    if (request.path == "/metrics") return metrics(status, counts);
    if (request.path == "/") return page(status);
    if (const auto name = name_behind("/version/", request.path); !name.empty()) return version_of(find(status, name));
    return not_found("other");
}

}  // namespace schemalatch::http
