#include "sidecar/bake/django_names.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

struct Row {
    std::string source;
    std::string expected;
};

// "app.name app.name swappable(setting)", or "is WHAT".
std::string read(const std::string& source) {
    auto tokens = python_tokens(source);
    REQUIRE(tokens);
    const auto names = read_django_names(Tokens{*tokens}.first(tokens->size() - 1));  // without the end of the line
    if (!names) return "is " + names.error();
    std::string line;
    for (const auto& [app, name] : names->names) line += (line.empty() ? "" : " ") + app + "." + name;
    for (const auto& setting : names->swappable) line += (line.empty() ? "" : " ") + ("swappable(" + setting + ")");
    return line;
}

void check(const std::vector<Row>& rows) {
    for (const auto& [source, expected] : rows) {
        CAPTURE(source);
        CHECK(read(source) == expected);
    }
}

TEST_CASE("pairs are read in every way that Python reads the same", "[bake]") {
    check({{"[]", ""},
           {"()", ""},
           {"[('shop', '0001')]", "shop.0001"},
           {"[(\"shop\", '''0001''')]", "shop.0001"},
           {"[('shop', '0001'), ('auth', '0002')]", "shop.0001 auth.0002"},
           {"(('shop', '0001'), ('auth', '0002'),)", "shop.0001 auth.0002"},
           {"[['shop', '0001']]", "shop.0001"},
           {"[('shop', '0001',),]", "shop.0001"},
           {"[(('shop'), ('0001'))]", "shop.0001"},
           {"[(u'shop', r'0001')]", "shop.0001"},
           {"[('sh' 'op', '00'\n'01')]", "shop.0001"},
           {"[\n  # first\n  ('shop',  # app\n   '0001'),\n]", "shop.0001"},
           {"[('shop', '__first__'), ('auth', '__latest__')]", "shop.__first__ auth.__latest__"}});
}

TEST_CASE("a model that settings name is a dependency on its app", "[bake]") {
    check({{"[migrations.swappable_dependency(settings.AUTH_USER_MODEL)]", "swappable(settings.AUTH_USER_MODEL)"},
           {"[swappable_dependency(settings.AUTH_USER_MODEL), ('shop', '0001')]",
            "shop.0001 swappable(settings.AUTH_USER_MODEL)"},
           {"[django.db.migrations.swappable_dependency('people.User')]", "people.__first__"},
           {"[migrations.swappable_dependency((\n'people.User'))]", "people.__first__"}});
}

TEST_CASE("what only running it could tell is no list of names", "[bake]") {
    check({{"names", "is computed"},
           {"names()", "is computed"},
           {"None", "is computed"},
           {"[('shop', '0001')] + more", "is computed"},
           {"[('shop', '0001')] * 2", "is computed"},
           {"[('shop', '0001')][:0]", "is computed"},
           {"[('shop', '0001')[::-1]]", "is computed"},
           {"[('shop', '0001')] if a else []", "is computed"},
           {"[('shop', '0001') if a else ('auth', '0001')]", "is computed"},
           {"[('shop', n) for n in names]", "is computed"},
           {"[('shop', '0001') for n in names]", "is computed"},
           {"[*names]", "is no list of pairs"},
           {"[('shop', *names)]", "is computed"},
           {"[('shop', '0001' + suffix)]", "is computed"},
           {"[('shop', '%s' % name)]", "is computed"},
           {"[('shop', '0001'.lower())]", "is computed"},
           {"[('shop', f'{name}')]", "is an f-string"},
           {"[(app, '0001')]", "is computed"},
           {"[('shop', 1)]", "is computed"},
           {"[('shop', None)]", "is computed"},
           {"[('shop',)]", "is computed"},
           {"[('shop')]", "is computed"},
           {"[('shop', '0001', '0002')]", "is computed"},
           {"[()]", "is computed"},
           {"['shop.0001']", "is no list of pairs"},
           {"('shop', '0001')", "is no list of pairs"},
           {"[{'shop', '0001'}]", "is no list of pairs"},
           {"{('shop', '0001')}", "is computed"},
           {"[name]", "is computed"},
           {"[dependency('shop')]", "is computed"},
           {"[migrations.swappable_dependency()]", "is computed"},
           {"[migrations.swappable_dependency(getattr(settings, 'A'))]", "is computed"},
           {"[migrations.swappable_dependency(settings['A'])]", "is computed"},
           {"[migrations.swappable_dependency('people.User').app]", "is computed"},
           {"[migrations[0].swappable_dependency('people.User')]", "is computed"},
           {"[swappable_dependency]", "is computed"}});
}

}  // namespace
}  // namespace schemalatch::bake
