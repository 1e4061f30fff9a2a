// An upgrade once its command's whole tree is gone.
#pragma once

#include "sidecar/upgrade/running.h"

namespace schemalatch::upgrade {

// Verifies, records, lets the readers read, and tells whoever listens.
Result conclude(Upgrading& upgrading, RunJournal& journal, const Ran& ran);

}  // namespace schemalatch::upgrade
