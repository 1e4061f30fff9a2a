#include "probes/postgres/url.h"

#include "probes/postgres/url_parameters.h"
#include "probes/postgres/url_text.h"

namespace schemalatch::postgres {

bool names_postgres(const std::string& url) { return has_postgres_scheme(url); }

tl::expected<TranslatedUrl, std::string> translate_url(const std::string& url) {
    const auto parts = cut_url(url);
    if (!parts) return tl::make_unexpected(parts.error());
    auto translated = translate_parameters(*parts);
    if (!translated) return tl::make_unexpected(translated.error());
    return TranslatedUrl{join_url(parts->base, translated->parameters), std::move(translated->schema),
                         std::move(translated->dropped)};
}

}  // namespace schemalatch::postgres
