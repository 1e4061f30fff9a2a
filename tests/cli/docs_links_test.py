"""Links of the README and between the pages of docs/ lead to a page that is there, and to a heading that it has; an example
and the chart are named by a link."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^ *```.*?^ *```$", re.M | re.S)


def anchors(page):
    """As GitHub makes them of headings: small letters, blanks to dashes, all else but letters, digits and dashes gone."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page):
    return re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings_that_are_there(page):
    for target in links(page):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), target
        if anchor and aim.suffix == ".md":
            assert anchor in anchors(aim), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_and_the_chart_are_named_by_links(page):
    assert re.findall(r"`((?:examples|charts)/[^`\s]*)`(?!\]\()", FENCE.sub("", page.read_text())) == []


def test_every_page_can_be_reached_from_the_readme():
    reached = {target.partition("#")[0] for target in links(ROOT / "README.md")}
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in reached] == []
