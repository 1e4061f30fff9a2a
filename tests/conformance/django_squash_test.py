"""Django's squashes, its branches, and the list that Django itself gives of a project's migrations."""
import json
import pathlib
import re
import shlex

import pytest

from tools.tool import BROKEN_PHRASE, fail_half_way

pytestmark = pytest.mark.tool("django")

BAKING = pathlib.Path(__file__).parents[2] / "docs" / "baking.md"
CONTRIB = "django.contrib.contenttypes django.contrib.auth django.contrib.sessions django.contrib.sites"
SQUASH = "0001_squashed_0002"


@pytest.fixture
def images(judge, project):
    """What images at 2 and 3 needed before anything was squashed."""
    return {step: judge.bake_files(project, *range(1, step + 1)) for step in (2, 3)}


@pytest.fixture
def squashed(project, images):
    """The project after `squashmigrations shop 0002`: the squash beside what it replaces."""
    for step in 3, 4:
        project.file(step).unlink()
    project.django("squashmigrations", "shop", "0002", "--noinput", "--squashed-name", "squashed_0002").worked()
    assert (project.migrations() / f"{SQUASH}.py").exists()
    return project


def drop_what_is_replaced(project):
    """The second half of a squash, some releases later: the old files go, and `replaces` with them."""
    for step in 1, 2:
        project.file(step).unlink()
    file = project.migrations() / f"{SQUASH}.py"
    text, count = re.subn(r"    replaces = \[.*?\]\n", "", file.read_text(), flags=re.DOTALL)
    assert count == 1
    file.write_text(text)


def bake_project(judge, project):
    return judge.bake_folders(project.migrations())


def required(require):
    """In no order: folders are sorted into an order of applying, a list stands as it was given."""
    return sorted(json.loads(pathlib.Path(require[1:]).read_text())["required"])


def test_an_image_with_a_squash_suits_a_database_from_before_it(squashed, judge, line, database_url, images):
    with_squash = bake_project(judge, squashed)
    line.up(database_url, 1).worked()
    assert judge.verdict(line, database_url, with_squash) == f"behind, missing shop.{SQUASH}"
    assert f"shop.0002_step_2, which shop.{SQUASH} replaces" in judge.reason(database_url, with_squash)
    # Half of it was applied: Django goes on with the old ones, not with the squash.
    said = squashed.up(database_url).worked().said
    assert "0002_step_2" in said
    assert judge.verdict(line, database_url, with_squash) == "satisfied"
    assert judge.verdict(line, database_url, images[2]) == "satisfied"


def test_a_new_database_that_was_made_by_the_squash_suits_both_images(squashed, judge, line, database_url, images):
    with_squash = bake_project(judge, squashed)
    squashed.up(database_url).worked()
    assert judge.verdict(line, database_url, with_squash) == "satisfied"
    assert judge.verdict(line, database_url, images[2]) == "satisfied"  # since Django records what it replaced, too
    assert judge.verdict(line, database_url, images[3]) == "behind, missing 3"


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "not_recorded"])
def test_when_what_is_replaced_is_gone_the_squash_counts_by_its_own_row(squashed, judge, line, database_url, images, recorded):
    line.up(database_url, 2).worked()
    if recorded:
        squashed.up(database_url).worked()  # runs nothing, and writes down that the squash is applied
    drop_what_is_replaced(squashed)
    alone = bake_project(judge, squashed)
    assert judge.verdict(line, database_url, alone) == ("satisfied" if recorded else f"behind, missing shop.{SQUASH}")
    if not recorded:
        # Django agrees: it would run the squash on top of what it replaced.
        squashed.up(database_url).failed("already exists")


def test_pruning_takes_the_old_rows_away_from_the_images_that_still_need_them(squashed, judge, line, database_url, images):
    line.up(database_url, 2).worked()
    squashed.up(database_url).worked()
    with_squash = bake_project(judge, squashed)
    drop_what_is_replaced(squashed)
    alone = bake_project(judge, squashed)
    for require in images[2], with_squash, alone:
        assert judge.verdict(line, database_url, require) == "satisfied"
    squashed.django("migrate", "shop", "--prune", url=database_url).worked()
    assert judge.verdict(line, database_url, alone) == "satisfied"
    assert judge.verdict(line, database_url, with_squash) == "satisfied"
    assert judge.verdict(line, database_url, images[2]) == "behind, missing 1 2"
    assert "[ ] 0001_step_1" in line.django("showmigrations", "shop", url=database_url).worked().said


def test_a_bake_from_a_database_does_not_know_what_the_squash_replaced(squashed, judge, line, database_url):
    """docs/baking.md warns of it."""
    squashed.up(database_url).worked()
    require = judge.bake_database(database_url)
    assert judge.verdict(line, database_url, require) == "satisfied"
    drop_what_is_replaced(squashed)
    squashed.django("migrate", "shop", "--prune", url=database_url).worked()
    assert judge.verdict(line, database_url, require) == "behind, missing 1 2"


def test_an_undone_squash_leaves_nothing_behind(squashed, judge, line, database_url, images):
    with_squash = bake_project(judge, squashed)
    squashed.up(database_url).worked()
    squashed.down(database_url, 0).worked()
    for require in images[2], with_squash:
        assert judge.verdict(line, database_url, require).startswith("unmigrated, missing")


def test_a_squash_baked_in_each_way_gives_the_same_verdict(squashed, judge, line, database_url, databases):
    with_squash = [bake_project(judge, squashed), judge.bake_lines([f"shop.{SQUASH} {line.id(1)} {line.id(2)}"]),
                   judge.bake_database(databases(database_url.split(":")[0])[2])]
    line.up(database_url, 1).worked()
    assert {judge.verdict(line, database_url, require).partition(",")[0] for require in with_squash} == {"behind"}
    line.up(database_url, 2).worked()
    assert {judge.verdict(line, database_url, require) for require in with_squash} == {"satisfied"}


def test_a_migration_that_was_merged_late_is_missed_until_the_merge_ran(project, judge, database_url):
    project.up(database_url, 3).worked()
    project.file(4).unlink()
    late = project.migrations() / "0003_late.py"
    late.write_text(project.file(3).read_text().replace("step_3", "late"))
    project.up(database_url).failed("Conflicting migrations detected; multiple leaf nodes")
    project.django("makemigrations", "--merge", "--noinput", "--name", "merged").worked()
    merged = bake_project(judge, project)
    assert judge.verdict(project, database_url, merged) == "behind, missing shop.0003_late shop.0004_merged"
    project.up(database_url).worked()
    assert judge.verdict(project, database_url, merged) == "satisfied"


def test_what_failed_outside_of_a_transaction_is_not_recorded_and_so_behind(project, judge, database_url, images):
    project.up(database_url, 2).worked()
    project.fill(3, up=fail_half_way(3))
    file = project.file(3)
    file.write_text(file.read_text().replace("class Migration(migrations.Migration):", "class Migration(migrations.Migration):\n    atomic = False\n"))
    project.up(database_url, 3).failed(BROKEN_PHRASE)
    assert judge.verdict(project, database_url, images[2]) == "satisfied"
    assert judge.verdict(project, database_url, images[3]) == "behind, missing 3"
    project.up(database_url, 3).failed("already exists")  # the half that stayed


def test_a_faked_migration_counts_as_django_counts_it(project, judge, database_url, images):
    project.up(database_url, 2).worked()
    project.django("migrate", "shop", project.name(3), "--fake", url=database_url).worked()
    assert judge.verdict(project, database_url, images[3]) == "satisfied"


def test_what_the_docs_tell_to_let_django_list_is_what_its_folders_hold(project, judge, database_url):
    """The command stands in docs/baking.md, and is run as it stands there, for a project with apps of Django's own."""
    command = next(line for line in BAKING.read_text().splitlines() if line.startswith("DJANGO_SETTINGS_MODULE="))
    words = shlex.split(command.rstrip(" |"))
    assert words[1:3] == ["python", "-c"]
    apps = f"shop {CONTRIB}"
    listed = project.run(project.tool.python(), "-c", words[3], env={
        "DJANGO_SETTINGS_MODULE": "shop_settings", "PYTHONPATH": str(project.folder), "APPS": apps}).worked().said.splitlines()
    assert "auth.0001_initial" in listed

    contrib = pathlib.Path(next(project.tool.home.glob("lib/python*/site-packages/django/contrib")))
    folders = [contrib / app.rpartition(".")[2] / "migrations" for app in CONTRIB.split()]
    by_files = judge.bake_folders(project.migrations(), *folders)
    by_list = judge.bake_lines(listed)
    assert required(by_files) == required(by_list)

    project.up(database_url).worked()  # only the own app
    assert judge.verdict(project, database_url, by_files).startswith("behind, missing ")
    project.django("migrate", url=database_url, apps=apps).worked()
    for require in by_files, by_list, judge.bake_database(database_url):
        assert judge.verdict(project, database_url, require) == "satisfied"


def test_every_migration_that_django_itself_ships_can_be_read(project, judge):
    contrib = next(project.tool.home.glob("lib/python*/site-packages/django/contrib"))
    folders = sorted(contrib.glob("*/migrations"))
    assert len(folders) >= 6
    judge.bake_folders(*folders)
