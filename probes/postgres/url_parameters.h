// What the parameters of each driver mean to libpq: one table, a row for each name.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/postgres/url_text.h"

namespace schemalatch::postgres {

struct TranslatedParameters {
    std::vector<UrlParameter> parameters;  // by libpq's keywords
    std::string schema;
    std::vector<std::string> dropped;
};

// As translate_url() in url.h says.
tl::expected<TranslatedParameters, std::string> translate_parameters(const UrlParts& url);

}  // namespace schemalatch::postgres
