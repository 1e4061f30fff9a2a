// sqlalchemy/alembic:alembic/runtime/migration.py
#include "probes/tools/catalogue.h"

namespace schemalatch::tools {

namespace {

constexpr Dialect kAnyDialect{
    .select = "SELECT version_num, false FROM {table}",
};

}  // namespace

const Tool kAlembic{
    .name = "alembic",
    .summary = "the current heads of a graph of revisions",
    .table = "alembic_version",
    .columns = {"version_num"},
    .ordering = Ordering::graph,
    .most_rows = 1000,  // one a head; projects with more than a few dozen unmerged branches are unheard of
    .dirty_means = "",
    .postgres = kAnyDialect,
    .sqlite = kAnyDialect,
};

}  // namespace schemalatch::tools
