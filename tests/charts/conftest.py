import helm
import pytest

FILES = sorted(path.name for path in (helm.CHART / "ci").glob("*-values.yaml"))


def pytest_generate_tests(metafunc):
    if "file" in metafunc.fixturenames:
        metafunc.parametrize("file", FILES)


@pytest.fixture
def smallest():
    return helm.objects()


@pytest.fixture
def several():
    return helm.objects("several-values.yaml")


@pytest.fixture
def worker():
    return helm.objects("worker-values.yaml")
