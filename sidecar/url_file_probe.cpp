#include "sidecar/url_file_probe.h"

#include "sidecar/files/files.h"

namespace schemalatch {

UrlFileProbe::UrlFileProbe(std::filesystem::path file, config::Target target, Make make)
    : file_{std::move(file)}, target_{std::move(target)}, make_{std::move(make)}, probe_{make_(target_).value()} {}

model::Look UrlFileProbe::observe(const model::Deadline& deadline) {
    const auto read = reread();
    auto look = probe_->observe(deadline);
    if (!look && !read) look.error().detail += "; and url_file: " + read.error();
    return look;
}

tl::expected<void, std::string> UrlFileProbe::reread() {
    const auto text = files::read_regular(file_);
    if (!text) return tl::make_unexpected(text.error());
    auto target = config::parse_target(*text);
    if (!target) return tl::make_unexpected(target.error());
    if (*target == target_) return {};
    auto probe = make_(*target);
    if (!probe) return tl::make_unexpected(probe.error());
    probe_ = std::move(*probe);
    target_ = std::move(*target);
    return {};
}

}  // namespace schemalatch
