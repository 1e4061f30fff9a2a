#include <algorithm>
#include <string>
#include <vector>

#include "sidecar/http/render.h"
#include "sidecar/version.h"
#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::http {
namespace {

using support::behind;
using support::held;
using support::not_enforced;
using support::pending;
using support::ready;
using support::status_of;

bool holds(const std::string& page, std::string_view part) { return page.find(part) != std::string::npos; }

// The page without its head, which is the same always and has the style.
std::string body_of(const std::string& page) { return page.substr(page.find("<body>")); }

std::size_t tags_of(const std::string& page) {
    return static_cast<std::size_t>(std::count(page.begin(), page.end(), '<'));
}

TEST_CASE("the status page tells each dependency's gate, state and reason", "[http]") {
    auto assumed = ready("stock");
    assumed.assumed = true;
    const auto page = status_page(
        status_of({ready("orders"), behind("billing"), held("mail"), not_enforced(behind("search")), assumed}), false);
    CHECK(body_of(page) == std::string{R"(<body>
<h1 class="unready">unready</h1>
<dl>
<dt class="ready">orders: ready</dt>
<dd>satisfied: at ae1027a6acf, needs ae1027a6acf</dd>
<dt class="unready">billing: unready</dt>
<dd>behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade</dd>
<dt class="ready">mail: ready, held</dt>
<dd>unreachable: db:5432: no answer before the deadline (connecting)</dd>
<dt class="unready">search: unready, not enforced</dt>
<dd>behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade</dd>
<dt class="ready">stock: ready, assumed</dt>
<dd>satisfied: at ae1027a6acf, needs ae1027a6acf</dd>
</dl>
<footer>schemalatch )"} + kVersion +
                               R"( · <a href="version">version</a> · <a href="metrics">metrics</a></footer>
</body>
</html>
)");
}

TEST_CASE("the status page's headline is what readyz answers", "[http]") {
    CHECK(holds(status_page(status_of({ready()}), true), "<h1 class=\"ready\">ready</h1>"));
    CHECK(holds(status_page(status_of({pending()}), false), "<h1 class=\"unready\">unready</h1>"));
}

TEST_CASE("without detail the status page names states and never reasons", "[http]") {
    auto status = status_of({behind()});
    status.detail = false;
    const auto page = status_page(status, false);
    CHECK(holds(page, "<dd>behind</dd>"));
    CHECK_FALSE(holds(page, "1975ea83b712"));
}

TEST_CASE("the status page is one HTML file that loads nothing from elsewhere", "[http]") {
    const auto page = status_page(status_of({behind(), ready("billing")}), false);
    CHECK(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(holds(page, "<meta charset=\"utf-8\">"));
    for (const auto* part :
         {"://", "href=\"/", "src=", "<script", "<link", "<iframe", "<img", "@import", "url(", "<form", "http-equiv"}) {
        CAPTURE(part);
        CHECK_FALSE(holds(page, part));
    }
}

TEST_CASE("whatever a name or a reason holds, no tag comes of it", "[http]") {
    const auto plain = status_page(status_of({behind()}), false);
    for (const auto& text : support::hostile_ids()) {
        CAPTURE(text.substr(0, 100));
        auto dependency = behind(text);
        dependency.reason = text;
        const auto page = status_page(status_of({dependency}), false);
        CHECK(tags_of(page) == tags_of(plain));
        CHECK(std::count(page.begin(), page.end(), '>') == std::count(plain.begin(), plain.end(), '>'));
        CHECK(std::count(page.begin(), page.end(), '"') == std::count(plain.begin(), plain.end(), '"'));
    }
}

TEST_CASE("what HTML would read as markup is escaped", "[http]") {
    auto dependency = behind();
    dependency.reason = "at \"<b>\" & 'c'";
    CHECK(holds(status_page(status_of({dependency}), false), "<dd>behind: at &quot;&lt;b&gt;&quot; &amp; 'c'</dd>"));
}

}  // namespace
}  // namespace schemalatch::http
