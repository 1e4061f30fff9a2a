"""Wrong arguments: exit 64, nothing on stdout, one line on stderr that says what is wrong."""
import pytest

HELP = "; see schemalatch --help"

ROWS = [
    # arguments, message
    ([], "no command was given" + HELP),
    ([""], '"" is not a command' + HELP),
    (["chek"], '"chek" is not a command; did you mean "check"?' + HELP),
    (["CHECK"], '"CHECK" is not a command' + HELP),
    (["che\nck"], '"che\\x0ack" is not a command; did you mean "check"?' + HELP),
    (["--frob"], "A subcommand is required" + HELP),
    (["--", "check"], "A subcommand is required" + HELP),
    (["check", "serve"], "The following argument was not expected: serve" + HELP),
    (["check", "--frob"], "The following argument was not expected: --frob" + HELP),
    (["check", "-x"], "The following argument was not expected: -x" + HELP),
    (["check", "--version"], "The following argument was not expected: --version" + HELP),
    (["check", "--listen=x"], "The following argument was not expected: --listen=x" + HELP),
    (["check", "--", "x"], "The following argument was not expected: x" + HELP),
    (["check", "--config"], "--config: 1 required FILE missing" + HELP),
    (["check", "--dependency"], "--dependency: 1 required NAME missing" + HELP),
    (["check", "--url"], "--url: 1 required URL missing" + HELP),
    (["check", "--url="], "--url: 1 required URL missing" + HELP),
    (["check", "--tool"], "--tool: 1 required TOOL missing" + HELP),
    (["check", "--require"], "--require: 1 required VERSION|@FILE missing" + HELP),
    (["serve", "--listen"], "--listen: 1 required HOST:PORT missing" + HELP),
    (["check", "--url", "a", "--url", "b"], "--url: At Most 1 required but received 2" + HELP),
    (["check", "--log-level", "loud"], "--log-level: loud not in {debug,info,warn,error}" + HELP),
    (["serve", "--log-format", "xml"], "--log-format: xml not in {text,json}" + HELP),
    (["bake"], "--tool is required" + HELP),
    (["bake", "--from", "x"], "--tool is required" + HELP),
    (["bake", "--tool", "alembic"], "say where the migrations are: --from DIR..., --from - or --from-database, one of them" + HELP),
    (["bake", "--tool", "alembic", "--from", ".", "--from-database"],
     "say where the migrations are: --from DIR..., --from - or --from-database, one of them" + HELP),
    (["bake", "--tool", "alembic", "--from", ".", "-"], "--from - reads a list on standard input and no folder; leave one of the two out" + HELP),
    (["bake", "--tool", "alembic", "--from", ".", "--url=x"],
     "--url is for --from-database, and no database is read; leave it out" + HELP),
    (["tools", "alembic", "golang-migrate"], "The following argument was not expected: golang-migrate" + HELP),
    (["check", "postgresql://u:s3cret@h/db"], "an argument is not understood (not shown: it may hold a password); did you forget --url?" + HELP),
    (["check", "--ulr=postgresql://u:s3cret@h/db"], "an argument is not understood (not shown: it may hold a password); did you forget --url?" + HELP),
    (["postgresql://u:s3cret@h/db"], "(not shown: it may hold a password) is not a command" + HELP),
    (["tools", "alembik"], 'tool "alembik" is not known; schemalatch tools lists them; did you mean "alembic"?'),
    (["tools", "nothing\x1b[31m"], 'tool "nothing\\x1b[31m" is not known; schemalatch tools lists them'),
]


@pytest.mark.parametrize("arguments, message", ROWS, ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "")
def test_wrong_arguments_are_told_and_exit_64(schemalatch, arguments, message):
    result = schemalatch.run(*arguments)
    assert result.err == f"schemalatch: error: {message}\n"
    assert (result.code, result.out) == (64, "")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["serve", "--help"], ["check", "-h"], ["bake", "--help"], ["tools", "--help"], ["--version"]])
def test_help_and_version_are_no_error(schemalatch, arguments):
    result = schemalatch.run(*arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("\n")
