#include <fmt/format.h>

#include "probes/model/printable.h"
#include "sidecar/http/render.h"
#include "sidecar/version.h"

namespace schemalatch::http {

namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>schemalatch</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c1c1c; background: #fff }
h1 { font-size: 1.25rem }
dt { margin-top: 1rem; font-weight: 600 }
dd { margin-left: 0 }
.ready { color: #14663b }
.unready { color: #9c1c1c }
footer { margin-top: 2rem; font-size: .875rem }
</style>
</head>
<body>
)";

std::string escaped(std::string_view text) {
    std::string html;
    for (const char c : text) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

std::string_view word_for(bool ready) { return ready ? "ready" : "unready"; }

std::string entry(const DependencyStatus& dependency, bool detail) {
    const std::string remarks = std::string{dependency.held ? ", held" : ""} + (dependency.assumed ? ", assumed" : "") +
                                (dependency.enforced ? "" : ", not enforced");
    return fmt::format("<dt class=\"{0}\">{1}: {0}{2}</dt>\n<dd>{3}{4}</dd>\n", word_for(dependency.ready),
                       escaped(dependency.name), remarks, gate::to_string(dependency.state),
                       detail ? ": " + escaped(dependency.reason) : "");
}

}  // namespace

std::string status_page(const Status& status, bool ready) {
    std::string html{kHead};
    html += fmt::format("<h1 class=\"{0}\">{0}</h1>\n<dl>\n", word_for(ready));
    for (const auto& dependency : status.dependencies) html += entry(*dependency, status.detail);
    html += fmt::format(
        "</dl>\n<footer>schemalatch {} · <a href=\"version\">version</a> · <a "
        "href=\"metrics\">metrics</a></footer>\n</body>\n</html>\n",
        kVersion);
    return html;
}

}  // namespace schemalatch::http
