"""The documents: their Python runs and prints what they show, and what they name and link to exists."""

import contextlib
import importlib
import io
import itertools
import re
import tokenize
from pathlib import Path

import pytest

from cosmic_lib import report, studies

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "README.md"))]
PACKAGE = sorted((ROOT / "cosmic_lib").rglob("*.py"))
CODE = [*PACKAGE, *sorted(ROOT.glob("notebooks/source/*.py"))]

PYTHON = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.DOTALL | re.MULTILINE)
"""A block of Python, and what it prints where a block of text follows it."""
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
QUOTED = re.compile(r"`([^`]+)`")


def blocks(text: str) -> list[tuple[int, str, str | None]]:
    """First line number and code of each Python block, and its output where the page shows one."""
    found = PYTHON.finditer(text)
    return [(text.count("\n", 0, one.start("code")) + 1, one["code"], one["shown"]) for one in found]


def run_blocks(text: str, name: str) -> None:
    """Run the Python of a page in order, as one program, and hold what it prints against what the page shows."""
    known: dict = {}
    for line, code, shown in blocks(text):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * (line - 1) + code, name, "exec"), known)
        assert shown in (None, printed.getvalue()), f"{name}, line {line}: prints\n{printed.getvalue()}"


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere."""
    targets = [one["target"].split("#")[0] for one in LINK.finditer(page.read_text(encoding="utf-8"))]
    return [one for one in targets if one and ":" not in one and not (page.parent / one).exists()]


def rows(page: Path, header: str) -> list[list[str]]:
    """Cells of the table under a header line, row by row."""
    _, found, after = page.read_text(encoding="utf-8").partition(f"{header}\n")
    assert found, f"{page.name} has no table {header}"
    lines = [line for line in after.split("\n\n")[0].splitlines()[1:] if line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def identifiers(path: Path) -> set[str]:
    """Names that a file of Python uses, those after a dot left out: libraries choose these."""
    with open(path, encoding="utf-8") as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    pairs = itertools.pairwise(tokens)
    return {after.string for before, after in pairs if after.type == tokenize.NAME and before.string != "."}


def exists(name: str) -> bool:
    """Whether a dotted name is in the package, or a plain one is a notebook's."""
    if (ROOT / "notebooks" / "source" / f"{name}.py").exists():
        return True
    module = found = importlib.import_module("cosmic_lib")
    for step in name.split("."):
        if not hasattr(found, step):
            with contextlib.suppress(ImportError):
                importlib.import_module(f"{module.__name__}.{step}")
        if not hasattr(found, step):
            return False
        found = getattr(found, step)
        module = found if hasattr(found, "__path__") else module
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_a_page_runs_and_prints_what_it_shows(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    assert len(blocks(text)) == text.count("```python"), "a block of Python is not closed"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COSMIC_HOME", raising=False)
    run_blocks(text, str(page))


@pytest.mark.parametrize("page", ["leakage.md", "cheat_sheet.md"])
def test_pages_that_teach_calls_have_examples(page):
    assert len(blocks((DOCS / page).read_text(encoding="utf-8"))) > 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    assert not broken_links(page)


def test_glossary_points_to_what_exists():
    entries = (DOCS / "glossary.md").read_text(encoding="utf-8").split("\n- **")[1:]
    pointers = {name for entry in entries for name in QUOTED.findall(entry.rpartition("See")[2])}
    assert len(pointers) > 30
    assert not [name for name in sorted(pointers) if not exists(name)]
    assert not [entry.split("**")[0] for entry in entries if not QUOTED.search(entry.rpartition("See")[2])]


def test_messages_in_troubleshooting_are_those_of_the_code():
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE)
    quoted = [QUOTED.findall(row[0])[0] for row in rows(DOCS / "troubleshooting.md", "| message | cause | remedy |")]
    assert quoted and not [message for message in quoted if message not in source]


def test_the_code_keeps_to_the_name_dictionary():
    dictionary = rows(ROOT / "CONTRIBUTING.md", "| name | means | not |")
    names = {name for row in dictionary for name in QUOTED.findall(row[0])}
    others = {name for row in dictionary for name in QUOTED.findall(row[2])}
    used = set().union(*map(identifiers, PACKAGE))
    assert len(names) > 40 and len(others) > 40 and not names & others
    assert not names - used, "in the dictionary, but not in the code"
    assert {path.name: found for path in CODE if (found := identifiers(path) & others)} == {}


def test_wrong_output_wrong_code_and_wrong_names_are_noticed(tmp_path):
    page = "# A page\n\n```python\nnumber = 2\n```\n\n```python\nprint(number)\n```\n\n```text\n2\n```\n"
    run_blocks(page, "page")
    with pytest.raises(AssertionError, match=r"line 8: prints\s+2"):
        run_blocks(page.replace("text\n2", "text\n3"), "page")
    with pytest.raises(NameError):
        run_blocks(page.replace("number = 2", "pass"), "page")
    (tmp_path / "page.md").write_text("[a](page.md#top) [b](gone.md) [c](https://example.org/gone.md) [d](#top)")
    assert broken_links(tmp_path / "page.md") == ["gone.md"]
    assert exists("leakage.find") and exists("studies.Data.control")
    assert not exists("leakage.gone") and not exists("gone") and not exists("studies.genre.gone")


@pytest.mark.parametrize("name", studies.names())
def test_the_page_of_a_study_is_what_its_results_say(name):
    page = DOCS / f"{name}.md"
    assert page.read_bytes() == report.study_page(studies.get(name), ROOT / "results" / name), "run: cosmic docs"
