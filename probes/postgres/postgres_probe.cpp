#include "probes/postgres/postgres_probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "probes/net/wait.h"
#include "probes/postgres/batch.h"
#include "probes/postgres/connector.h"
#include "probes/postgres/conninfo.h"
#include "probes/postgres/journal_reader.h"
#include "probes/postgres/listening.h"
#include "probes/postgres/recognise.h"
#include "probes/postgres/refusal.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::Look;

// A name may lead elsewhere by now, and a role may have new settings: nothing that is kept tells us.
constexpr std::chrono::seconds kLongestKept{15};

// One on which somebody told us just now leads to a primary, and opening another would cost what the hint is to save.
constexpr std::chrono::seconds kLongestKeptForHints{60};

// A pooler, or a server that knows no LISTEN, is not asked again and again: it may log each refusal.
constexpr std::chrono::minutes kNotAskedAgainFor{10};

std::chrono::milliseconds left_until(model::TimePoint at) {
    const auto left = at - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

class PostgresProbe final : public model::Probe {
public:
    PostgresProbe(const PostgresSettings& settings, Question question, JournalReader journal)
        : connector_{settings.url, settings.password_file},
          question_{std::move(question)},
          journal_{std::move(journal)} {}

    Look observe(const Deadline& deadline) override;
    void disconnect() override { kept_.reset(); }
    bool listen(const Deadline& deadline) override;
    int wake_fd() const override { return kept_ && kept_->listens ? kept_->session.socket() : -1; }
    bool take_hint() override;
    std::size_t companions() const override { return companions_; }

private:
    Look look(const Deadline& deadline);
    tl::expected<Look, ServerError> ask(Connected& connected, const Deadline& deadline);
    void read_journal(Look& look, const BatchResult& batch, Session& session, const Deadline& deadline);

    Connector connector_;
    Question question_;
    JournalReader journal_;
    std::optional<Connected> kept_;
    bool lost_ = false;    // the session that answered last broke while the journal was read
    bool hinted_ = false;  // since the last look
    std::size_t companions_ = 0;
    model::TimePoint listening_refused_until_{};
};

Look PostgresProbe::observe(const Deadline& deadline) {
    auto seen = look(deadline);
    // The name may lead to a new primary by now.
    if (lost_ || (seen && !seen->primary)) disconnect();
    if (!seen) seen.error().interrupted = net::is_stopped(deadline);
    return seen;
}

Look PostgresProbe::look(const Deadline& deadline) {
    const auto longest = std::exchange(hinted_, false) ? kLongestKeptForHints : kLongestKept;
    if (kept_ && std::chrono::steady_clock::now() - kept_->since > longest) disconnect();
    if (kept_) {
        auto look = ask(*kept_, deadline);
        if (look) return std::move(*look);
        const Login login = kept_->login;
        kept_.reset();
        if (std::chrono::steady_clock::now() >= deadline.at) return tl::make_unexpected(interpret(look.error(), login));
        // The server closes idle connections for many reasons; that alone says nothing about it. Ask once more, afresh.
    }
    auto answer = connector_.ask(deadline, [this](auto& server, const auto& share) {
        journal_.forget_session();
        return ask(server, share);
    });
    kept_ = std::move(answer.from);
    return std::move(answer.look);
}

tl::expected<Look, ServerError> PostgresProbe::ask(Connected& connected, const Deadline& deadline) {
    lost_ = false;
    const auto batch = connected.session.run(question_.sql(left_until(deadline.at)), deadline);
    if (batch.error && batch.error->lost) return tl::make_unexpected(*batch.error);
    auto look = question_.interpret(batch);
    if (question_.target) read_journal(look, batch, connected.session, deadline);
    return look;
}

// The look is over, and its answer stands.
void PostgresProbe::read_journal(Look& look, const BatchResult& batch, Session& session, const Deadline& deadline) {
    const auto [journal, lost] = journal_.read(session, question_.target(batch), deadline);
    (look ? look->journal : look.error().journal) = journal;
    lost_ = lost;
}

bool PostgresProbe::listen(const Deadline& deadline) {
    const auto now = std::chrono::steady_clock::now();
    if (!kept_ || now < listening_refused_until_ || std::exchange(kept_->asked_to_be_told, true)) return false;
    const auto others = postgres::listen(kept_->session, deadline);
    kept_->listens = others && *others;
    companions_ = kept_->listens ? **others : 0;
    const bool lost = !others && others.error().lost;
    if (lost) disconnect();
    if (lost) return false;
    if (!kept_->listens) listening_refused_until_ = now + kNotAskedAgainFor;
    return kept_->listens;
}

// A connection that ended is no hint: the next look comes when it is due, and says what is the matter.
bool PostgresProbe::take_hint() {
    if (!kept_) return false;
    // Behind a pooler somebody else may have left a LISTEN in our session: libpq would keep what it brings.
    if (!kept_->listens) kept_->session.take_notifications();
    if (!kept_->listens) return false;
    const auto heard = kept_->session.hear();
    if (heard == Heard::end) disconnect();
    if (heard == Heard::notification) hinted_ = true;
    return heard == Heard::notification;
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
    const bool has_lineage = tool->books.ordering == model::Ordering::graph;
    return std::make_unique<PostgresProbe>(settings, what_is_applied(subject),
                                           JournalReader{settings.journal, has_lineage});
}

std::unique_ptr<model::Probe> make_postgres_recogniser(const PostgresSettings& settings,
                                                       const tools::Suspects& suspects) {
    return std::make_unique<PostgresProbe>(settings, which_tools(suspects, settings.schema), JournalReader{"", false});
}

}  // namespace schemalatch::postgres
