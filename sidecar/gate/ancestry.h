// What is known of how revisions build upon each other: the image's own graph, and the journal's lineage beside it.
// Where both know a revision, the image's word counts. Pure.
//
// Of the lineage nobody has checked that it holds together: parents may be missing, and there may be cycles.
#pragma once

#include <string>
#include <vector>

#include "probes/model/revision_graph.h"

namespace schemalatch::gate {

// Refers to both, which must outlive it.
class Ancestry {
public:
    // Either may be null: nothing is known of it.
    Ancestry(const model::RevisionGraph* image, const model::Parents* lineage) : image_{image}, lineage_{lineage} {}

    // The ids that it builds upon; null: the revision is not known.
    const std::vector<std::string>* parents_of(const std::string& id) const;

    bool is_known(const std::string& id) const { return parents_of(id) != nullptr; }
    bool is_the_images(const std::string& id) const { return image_ != nullptr && image_->contains(id); }

    // The given revisions and all that they build upon, known or not.
    model::Revisions closure(const std::vector<std::string>& ids) const;

    // The same without the given ones, unless one builds upon another.
    model::Revisions below(const std::vector<std::string>& ids) const;

    // What the closure of these ids makes, if it holds together: none of it is unknown, and there is no cycle.
    tl::expected<model::RevisionGraph, std::string> graph_of(const std::vector<std::string>& ids) const;

private:
    const model::RevisionGraph* image_;
    const model::Parents* lineage_;
};

}  // namespace schemalatch::gate
