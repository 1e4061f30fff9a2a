"""Fixtures for the real tools. A test says with @pytest.mark.tool which ones it is about; without, it is about all."""
import pytest

from images import Judge
from tools import TOOLS
from tools.tool import cache_folder


def pytest_addoption(parser):
    parser.addoption("--tool", action="append", choices=list(TOOLS), help="only tests about this tool; may be given several times")


def pytest_configure(config):
    config.addinivalue_line("markers", "tool(*names): the tools that the test is about")


def pytest_generate_tests(metafunc):
    if "tool" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("tool")
        metafunc.parametrize("tool", marker.args if marker else list(TOOLS), indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    chosen = config.getoption("tool") or list(TOOLS)
    left_out = [item for item in items if not is_about(item.callspec.params, chosen)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def is_about(params, chosen):
    situation = params.get("situation")
    return params["tool"] in chosen and (situation is None or situation.only(TOOLS[params["tool"]]))


@pytest.fixture(scope="session")
def tool(request):
    tool = TOOLS[request.param](cache_folder())
    assert tool.home.exists(), f"{tool.home} is missing; run tests/conformance/run.sh {tool.name}"
    return tool


@pytest.fixture(scope="session")
def line(tool, tmp_path_factory):
    """Four migrations in a line."""
    project = tool.project(tmp_path_factory.mktemp("line") / "project")
    for step in 1, 2, 3, 4:
        project.add(step)
    return project


@pytest.fixture
def project(line, tmp_path):
    """A copy of the line, for the test to change."""
    return line.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def databases(line, tmp_path_factory, request):
    """databases(kind)[step]: one that was migrated to there by the tool, and then left alone."""
    made = {}

    def make(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp("databases")
            made[kind] = {step: f"sqlite:///{folder}/{step}.db" if kind == "sqlite" else request.getfixturevalue("postgres").create_database()
                          for step in (2, 3)}
            for step, url in made[kind].items():
                line.up(url, step).worked()
        return made[kind]
    return make


@pytest.fixture
def judge(schemalatch, tool, tmp_path):
    return Judge(schemalatch, tool, tmp_path)
