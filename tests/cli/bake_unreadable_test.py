"""What bake may list but not look at is refused, for it may be a migration or a folder of them."""
import os
import pathlib
import shutil
import tempfile

import pytest

from sidecar import Schemalatch

NOBODY = 65534

MAY_BE_LISTED_ONLY = 0o744

NOT_SEEN = "cannot be looked at (Permission denied); check the permissions of the folder around it"

ROWS = [
    # tool, folder given, folder that cannot be entered, file that is seen, file that is not, what is said of that
    ("flyway", "", "sub", "V1__a.sql", "sub/V2__b.sql", NOT_SEEN),
    ("flyway", "", "sub", "V1__a.sql", "sub/README", NOT_SEEN),
    ("golang-migrate", "", "", None, "2_b.up.sql", NOT_SEEN),
    ("django", "shop/migrations", "shop/migrations", None, "shop/migrations/0001_a.py", "Permission denied; repair or remove it"),
    ("alembic", "", "", None, "a.py", "Permission denied; repair or remove it"),
]


def become_nobody():
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@pytest.fixture
def folder():
    """A folder that every user may enter; pytest's own are not."""
    made = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
@pytest.mark.parametrize("tool, given, closed, seen, unseen, said", ROWS)
def test_what_can_be_listed_but_not_looked_at_is_refused(schemalatch, folder, tool, given, closed, seen, unseen, said):
    project = folder / "project"
    for name in filter(None, (seen, unseen)):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    (project / closed).chmod(MAY_BE_LISTED_ONLY)
    binary = Schemalatch(shutil.copy(schemalatch.binary, folder))
    result = binary.run("bake", "--tool", tool, "--from", project / given, preexec_fn=become_nobody)
    assert f"schemalatch: error: {project / unseen}: {said}" in result.err.splitlines()
    assert (result.code, result.out) == (78, "")
