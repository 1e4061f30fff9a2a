// sqlalchemy/alembic:alembic/runtime/migration.py
#include "probes/tools/catalogue.h"

namespace schemalatch::tools {

namespace {

const Dialect kAnyDialect{.select = "SELECT version_num, 'clean', 0 FROM {table}"};

}  // namespace

const Tool kAlembic{
    .books = {.tool = "alembic", .ordering = model::Ordering::graph},
    .summary = "the current heads of a graph of revisions",
    .table = "alembic_version",
    .columns = {"version_num"},
    .most_rows = 1000,  // one a head; projects with more than a few dozen unmerged branches are unheard of
    .dirty_means = "",
    .postgres = kAnyDialect,
    .sqlite = kAnyDialect,
};

}  // namespace schemalatch::tools
