#include "sidecar/bake/python_imports.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

// What the expression in the last line stands for.
std::string path(const std::string& source) {
    const auto tokens = python_tokens(source);
    REQUIRE(tokens);
    const auto statements = python_statements(*tokens);
    REQUIRE(statements);
    return imported_path(*statements, statements->back().tokens).value_or("uncertain");
}

TEST_CASE("a dotted name is followed to where it was imported from", "[bake]") {
    struct Row {
        std::string source;
        std::string expected;
    };
    const std::vector<Row> rows{
        {"from django.db import migrations\nmigrations.Migration\n", "django.db.migrations.Migration"},
        {"from django.db import models, migrations\nmigrations.Migration\n", "django.db.migrations.Migration"},
        {"from django.db import (\n    models,\n    migrations,\n)\nmigrations.Migration\n",
         "django.db.migrations.Migration"},
        {"from django.db import migrations as m\nm.Migration\n", "django.db.migrations.Migration"},
        {"from django.db import (migrations as m, models)\nm.Migration\n", "django.db.migrations.Migration"},
        {"from django.db.migrations import Migration\nMigration\n", "django.db.migrations.Migration"},
        {"from django.db.migrations import Migration as Base\nBase\n", "django.db.migrations.Migration"},
        {"import django.db.migrations\ndjango.db.migrations.Migration\n", "django.db.migrations.Migration"},
        {"import os, django.db.migrations as m\nm.Migration\n", "django.db.migrations.Migration"},
        {"import django.db.migrations, django.conf\ndjango.db.migrations.Migration\n",
         "django.db.migrations.Migration"},
        {"from . import migrations\nmigrations.Migration\n", "..migrations.Migration"},
        {"from .base import Migration\nMigration\n", ".base.Migration"},
        {"try:\n    from django.db import migrations\nexcept ImportError:\n    pass\nmigrations.Migration\n",
         "django.db.migrations.Migration"},
        {"from django.db import migrations\ndef f():\n    migrations = 1\nmigrations.Migration\n",
         "django.db.migrations.Migration"},
        {"from django.db import migrations as other\nmigrations.Migration\n", "uncertain"},
        {"migrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nfrom south import migrations\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nmigrations = wrap(migrations)\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nfrom shop import *\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nclass migrations:\n    pass\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\ndef f():\n    global migrations\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nfor migrations in x:\n    pass\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\n\xEF\xBD\x8Digrations = 1\nmigrations.Migration\n", "uncertain"},
        {"from django.db import migrations\nmigrations().Migration\n", "uncertain"},
        {"from django.db import migrations\nmigrations[0]\n", "uncertain"},
        {"from django.db import migrations\nmigrations.Migration, object\n", "uncertain"},
        {"from django.db import migrations\n'migrations'\n", "uncertain"},
    };
    for (const auto& [source, expected] : rows) {
        CAPTURE(source);
        CHECK(path(source) == expected);
    }
}

}  // namespace
}  // namespace schemalatch::bake
