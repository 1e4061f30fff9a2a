// What a look learns of the journal beside a SQLite database. It never spoils the look: whatever the file is like,
// reading it ends soon and makes no other file, and at worst there is nothing to tell.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "probes/model/journal.h"
#include "probes/model/probe.h"

namespace schemalatch::sqlite {

// Keeps no file open between looks. One thread may call it.
class JournalReader {
public:
    // Of that bookkeeping in that database, by any path of it. The lineage is read for tools that have one.
    JournalReader(std::filesystem::path database, model::Target target, bool reads_lineage)
        : database_{std::move(database)}, target_{std::move(target)}, reads_lineage_{reads_lineage} {}

    // Null: nothing is known yet.
    model::JournalPtr read(const model::Deadline& deadline);

private:
    std::optional<model::Journal> read_anew(const model::Deadline& deadline) const;
    std::optional<model::Journal> read_file(const std::filesystem::path& file, const model::Deadline& deadline) const;

    std::filesystem::path database_;
    model::Target target_;
    bool reads_lineage_;
    model::KnownJournal known_;
};

}  // namespace schemalatch::sqlite
