// django/django:django/db/migrations/recorder.py, loader.py, executor.py
#include "probes/tools/catalogue.h"
#include "probes/tools/select.h"

namespace schemalatch::tools {

const Tool kDjango{
    .books = {.tool = "django",
              .ordering = model::Ordering::set,
              .ids = model::IdOrder::none,  // the order is the graph of dependencies, which no row tells
              .namespaced = true,
              .repair = "mend what it left behind by hand"},
    .summary = "every applied migration of every app, as app.name",
    .table = "django_migrations",
    .columns = {"id", "app", "name", "applied"},
    .most_rows = kMostMigrations,
    .dirty_means = "",
    .postgres = Dialect{.select = "SELECT app::pg_catalog.text OPERATOR(pg_catalog.||) '.'::pg_catalog.text "
                                  "OPERATOR(pg_catalog.||) name::pg_catalog.text, 'clean', id FROM {table}"},
    .sqlite = Dialect{.select = "SELECT app || '.' || name, 'clean', id FROM {table}"},
};

}  // namespace schemalatch::tools
