"""Every notebook runs in smoke mode: as the student gets it, and with its solutions."""

from __future__ import annotations

import re

import jupytext
import nbformat
import pytest

from cosmic_lib import notebooks

pytestmark = pytest.mark.slow
NAMES = [path.stem for path in sorted((notebooks.FOLDER / "source").glob("*.py"))]


def of_study(name: str):
    """A notebook as a parameter; those of one study share its sample and their runs, and so are run by one process."""
    return pytest.param(name, marks=pytest.mark.xdist_group(f"notebooks of {name.split('_')[1]}"))


EACH = pytest.mark.parametrize("name", [of_study(name) for name in NAMES])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def execute(folder):
    """`execute(name) -> (what the student's cells print, what the solved exercises print, page)`, in one kernel.

    No later cell depends on an exercise, so that the solved ones can follow when all the others have run.
    """
    done = {}

    def run(name: str) -> tuple[str, str, str]:
        if name not in done:
            source = notebooks.FOLDER / "source" / f"{name}.py"
            notebook = nbformat.reads(notebooks.build(source), as_version=4)
            handed_out = len(notebook.cells)
            solved = [cell for cell in jupytext.read(source, fmt="py:percent").cells if "# solution:" in cell.source]
            notebook.cells += [nbformat.v4.new_code_cell(cell.source) for cell in solved]
            path = folder / f"{name}.ipynb"
            nbformat.write(notebook, path)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("COSMIC_HOME", str(folder / "home"))
                cells = notebooks.execute(path, folder / f"{name}.html", mode="smoke", timeout=600).cells
            page = (folder / f"{name}.html").read_text(encoding="utf-8")
            done[name] = printed(cells[:handed_out]), printed(cells[handed_out:]), page
        return done[name]

    return run


def printed(cells) -> str:
    """What cells wrote; nothing of it on the error stream."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    return "".join(output.text for output in outputs if output.output_type == "stream")


@EACH
def test_the_students_notebook_runs_before_anything_is_done(name, execute):
    text, _, page = execute(name)
    assert "mode      smoke" in text
    assert "[PASS]" not in text and "[FAIL]" not in text
    exercises = (notebooks.FOLDER / "source" / f"{name}.py").read_text().count("# solution:")
    assert text.count("  not done yet\n") == exercises
    images = re.findall(r"<img[^>]*>", page)
    assert images
    for image in images:
        assert re.search(r'alt="[^"]{20,}"', image), "a figure without its finding in words"
    assert "No description has been provided" not in page


@EACH
def test_the_solutions_pass_every_check(name, execute):
    _, text, _ = execute(name)
    assert "[FAIL]" not in text and "not done yet" not in text
    source = (notebooks.FOLDER / "source" / f"{name}.py").read_text()
    assert text.count("[PASS]") == len(re.findall(r"^    exercises\.\w+,$", source, re.MULTILINE)) > 0


@pytest.mark.xdist_group("notebooks of genre")
def test_the_visible_cells_and_run_give_the_same_history(execute):
    text, _, _ = execute("30_genre_the_leak")
    assert "published_fold0: same history as in the cell above: True" in text
    assert "honest_fold0: same history as in the cell above: True" in text
