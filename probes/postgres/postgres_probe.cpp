#include "probes/postgres/postgres_probe.h"

#include <algorithm>
#include <optional>

#include "probes/net/wait.h"
#include "probes/postgres/batch.h"
#include "probes/postgres/connector.h"
#include "probes/postgres/conninfo.h"
#include "probes/postgres/recognise.h"
#include "probes/postgres/refusal.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::Look;

// A name may lead elsewhere by now, and a role may have new settings: nothing that is kept tells us.
constexpr std::chrono::seconds kLongestKept{15};

std::chrono::milliseconds left_until(model::TimePoint at) {
    const auto left = at - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

class PostgresProbe final : public model::Probe {
public:
    PostgresProbe(const PostgresSettings& settings, Question question)
        : connector_{settings.url, settings.password_file}, question_{std::move(question)} {}

    Look observe(const Deadline& deadline) override;
    void disconnect() override { kept_.reset(); }

private:
    Look look(const Deadline& deadline);
    tl::expected<Look, ServerError> ask(Connected& connected, const Deadline& deadline) const;

    Connector connector_;
    Question question_;
    std::optional<Connected> kept_;
};

Look PostgresProbe::observe(const Deadline& deadline) {
    auto seen = look(deadline);
    // The name may lead to a new primary by now.
    if (seen && !seen->primary) disconnect();
    if (!seen) seen.error().interrupted = net::is_stopped(deadline);
    return seen;
}

Look PostgresProbe::look(const Deadline& deadline) {
    if (kept_ && std::chrono::steady_clock::now() - kept_->since > kLongestKept) disconnect();
    if (kept_) {
        auto look = ask(*kept_, deadline);
        if (look) return std::move(*look);
        const Login login = kept_->login;
        kept_.reset();
        if (std::chrono::steady_clock::now() >= deadline.at) return tl::make_unexpected(interpret(look.error(), login));
        // The server closes idle connections for many reasons; that alone says nothing about it. Ask once more, afresh.
    }
    auto answer = connector_.ask(deadline, [this](auto& server, const auto& share) { return ask(server, share); });
    kept_ = std::move(answer.from);
    return std::move(answer.look);
}

tl::expected<Look, ServerError> PostgresProbe::ask(Connected& connected, const Deadline& deadline) const {
    const auto batch = connected.session.run(question_.sql(left_until(deadline.at)), deadline);
    if (batch.error && batch.error->lost) return tl::make_unexpected(*batch.error);
    return question_.interpret(batch);
}

}  // namespace

tl::expected<void, std::string> check_url(const std::string& url) {
    auto info = parse_conninfo(url);
    if (!info) return tl::make_unexpected(info.error());
    return {};
}

std::unique_ptr<model::Probe> make_postgres_probe(const PostgresSettings& settings, const tools::ToolPtr& tool,
                                                  const std::string& table) {
    const Subject subject{tool, settings.schema, table.empty() ? tool->table : table};
    return std::make_unique<PostgresProbe>(settings, what_is_applied(subject));
}

std::unique_ptr<model::Probe> make_postgres_recogniser(const PostgresSettings& settings,
                                                       const tools::Suspects& suspects) {
    return std::make_unique<PostgresProbe>(settings, which_tools(suspects, settings.schema));
}

}  // namespace schemalatch::postgres
