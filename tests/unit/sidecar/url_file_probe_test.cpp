#include "sidecar/url_file_probe.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/requirements.h"
#include "tests/support/scratch.h"

namespace schemalatch {
namespace {

using config::SqliteTarget;
using config::Target;
using support::Scratch;

// Says which file it was made for: as the one version that it sees, or in the failure.
class Telling final : public model::Probe {
public:
    Telling(std::string file, bool fails) : file_{std::move(file)}, fails_{fails} {}
    model::Look observe(const model::Deadline&) override {
        if (fails_) return support::could_not_look(model::FailureKind::denied, "refused");
        return support::at({file_});
    }
    void disconnect() override {}

private:
    std::string file_;
    bool fails_;
};

class Rotated {
public:
    explicit Rotated(bool fails = false)
        : probe_{scratch_.write("url", "sqlite:////one.db"), SqliteTarget{"/one.db"},
                 [this, fails](const Target& target) { return make(std::get<SqliteTarget>(target).file, fails); }} {}

    void write(const std::string& url) { scratch_.write("url", url); }
    void remove() { std::filesystem::remove(scratch_.path("url")); }
    void make_pipe() { REQUIRE(mkfifo(scratch_.path("url").c_str(), 0600) == 0); }
    model::Look look() { return probe_.observe({}); }
    std::string seen() { return look()->rows.front().id; }
    int made() const { return made_; }

private:
    UrlFileProbe::Made make(const std::filesystem::path& file, bool fails) {
        if (file == "/refused.db") return tl::make_unexpected(std::string{"not that one"});
        ++made_;
        return std::make_unique<Telling>(file.string(), fails);
    }

    Scratch scratch_;
    int made_ = 0;
    UrlFileProbe probe_;
};

TEST_CASE("the URL's file is followed from look to look", "[url_file_probe]") {
    Rotated rotated;
    CHECK(rotated.seen() == "/one.db");
    rotated.write("sqlite:////two.db\n");
    CHECK(rotated.seen() == "/two.db");
}

TEST_CASE("a file that still says the same keeps the probe, with its connection", "[url_file_probe]") {
    Rotated rotated;
    rotated.look();
    rotated.write("sqlite:////one.db");
    rotated.look();
    CHECK(rotated.made() == 1);
}

TEST_CASE("while the file is gone or bad the last URL is asked on", "[url_file_probe]") {
    Rotated rotated;
    rotated.remove();
    CHECK(rotated.seen() == "/one.db");
    rotated.write("mysql://u:s3cret@h/d");
    CHECK(rotated.seen() == "/one.db");
}

TEST_CASE("a file that became a pipe is not waited for", "[url_file_probe]") {
    Rotated rotated{true};
    rotated.remove();
    rotated.make_pipe();
    CHECK_THAT(rotated.look().error().detail, Catch::Matchers::EndsWith("url: is no regular file"));
}

TEST_CASE("a URL that is none for this dependency leaves the last one", "[url_file_probe]") {
    Rotated rotated{true};
    rotated.write("sqlite:////refused.db");
    CHECK_THAT(rotated.look().error().detail, Catch::Matchers::EndsWith("; and url_file: not that one"));
}

TEST_CASE("a look that fails meanwhile says what is wrong with the file", "[url_file_probe]") {
    Rotated rotated{true};
    CHECK(rotated.look().error().detail == "refused");
    rotated.remove();
    CHECK_THAT(rotated.look().error().detail, Catch::Matchers::StartsWith("refused; and url_file: "));
    rotated.write("mysql://u:s3cret@h/d");
    CHECK_THAT(rotated.look().error().detail,
               Catch::Matchers::ContainsSubstring("\"mysql\"") && !Catch::Matchers::ContainsSubstring("s3cret"));
}

}  // namespace
}  // namespace schemalatch
