"""Every notebook runs in smoke mode: as the student gets it, and with its solutions."""

from __future__ import annotations

import re

import jupytext
import nbformat
import pytest

from cosmic_lib import notebooks

pytestmark = pytest.mark.slow
NAMES = [path.stem for path in sorted((notebooks.FOLDER / "source").glob("*.py"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def execute(folder):
    """`execute(name, solved) -> (text that was printed, page)`; each notebook is run once, all in one home."""
    done = {}

    def run(name: str, solved: bool) -> tuple[str, str]:
        if (name, solved) not in done:
            path = folder / f"{name}.ipynb"
            source = notebooks.FOLDER / "source" / f"{name}.py"
            text = nbformat.writes(jupytext.read(source, fmt="py:percent")) if solved else notebooks.build(source)
            path.write_text(text, encoding="utf-8")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("COSMIC_HOME", str(folder / "home"))
                notebook = notebooks.execute(path, folder / f"{name}.html", mode="smoke", timeout=600)
            outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
            assert not [output.text for output in outputs if output.get("name") == "stderr"]
            printed = "".join(output.text for output in outputs if output.output_type == "stream")
            done[name, solved] = printed, (folder / f"{name}.html").read_text(encoding="utf-8")
        return done[name, solved]

    return run


@pytest.mark.parametrize("name", NAMES)
def test_the_students_notebook_runs_before_anything_is_done(name, execute):
    printed, page = execute(name, solved=False)
    assert "mode      smoke" in printed
    assert "[PASS]" not in printed and "[FAIL]" not in printed
    exercises = (notebooks.FOLDER / "source" / f"{name}.py").read_text().count("# solution:")
    assert printed.count("  not done yet\n") == exercises
    images = re.findall(r"<img[^>]*>", page)
    assert images
    for image in images:
        assert re.search(r'alt="[^"]{20,}"', image), "a figure without its finding in words"
    assert "No description has been provided" not in page


@pytest.mark.parametrize("name", NAMES)
def test_the_solutions_pass_every_check(name, execute):
    printed, _ = execute(name, solved=True)
    assert "[FAIL]" not in printed and "not done yet" not in printed
    source = (notebooks.FOLDER / "source" / f"{name}.py").read_text()
    assert printed.count("[PASS]") == len(re.findall(r"^    exercises\.\w+,$", source, re.MULTILINE)) > 0


def test_the_visible_cells_and_run_give_the_same_history(execute):
    printed, _ = execute("30_genre_the_leak", solved=False)
    assert "published_fold0: same history as in the cell above: True" in printed
    assert "honest_fold0: same history as in the cell above: True" in printed
