#include "sidecar/url_file_probe.h"

#include "sidecar/files/files.h"

namespace schemalatch {

UrlFileProbe::UrlFileProbe(std::filesystem::path file, config::Target target, Make make)
    : file_{std::move(file)}, target_{std::move(target)}, make_{std::move(make)}, probe_{make_(target_)} {}

model::Look UrlFileProbe::observe(const model::Deadline& deadline) {
    reread();
    auto look = probe_->observe(deadline);
    if (!look && !problem_.empty()) look.error().detail += "; and url_file: " + problem_;
    return look;
}

void UrlFileProbe::reread() {
    const auto text = files::read(file_);
    auto target = text ? config::parse_target(*text) : tl::make_unexpected(text.error());
    problem_ = target ? "" : target.error();
    if (!target || *target == target_) return;
    probe_ = make_(*target);
    target_ = std::move(*target);
}

}  // namespace schemalatch
