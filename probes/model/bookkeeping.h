// How a migration tool keeps its books: what must be known of it to compare what is applied with what is required.
// Plain values; pure.
#pragma once

#include <string>

#include "probes/model/id_order.h"

namespace schemalatch::model {

enum class Ordering {
    number,  // One current number: at least means not lower.
    graph,   // The current heads of a graph of revisions: at least means equal or a descendant.
    set,     // Every migration that is applied: at least means that all required ones are among them.
};

struct Bookkeeping {
    std::string tool;  // its name
    Ordering ordering = Ordering::number;

    // Of sets:
    IdOrder ids = IdOrder::none;
    bool namespaced = false;  // ids are written app.name
    std::string late = {};    // what becomes of a migration that is missing below an applied one, fit to follow the
                              // tool's name: "skips it; number it anew"; empty: it is applied like any other

    std::string repair = {};  // what mends a failed migration, fit to follow ";"; empty: no way of the tool's own
};

}  // namespace schemalatch::model
