"""Student notebooks: made from their sources, without solutions; run, and shown as a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from cosmic_lib import notebooks

SOURCES = sorted((notebooks.FOLDER / "source").glob("*.py"))
SOURCE = '''# %% [markdown]
# # A lesson

# %%
from cosmic_lib import lesson


def double(number):
    """Twice the number."""
    # solution: return lesson.todo()
    twice = number + number
    return twice


# check
print(double(2))

# %%
print("the end")
'''


def source(folder: Path, text: str = SOURCE, name: str = "01_lesson.py") -> Path:
    path = folder / "source" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


def test_solutions_are_cut_and_folded_away(tmp_path):
    cells = nbformat.reads(notebooks.build(source(tmp_path)), as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown", "code"]
    exercise, folded = cells[1].source, cells[2].source
    assert exercise.endswith('"""Twice the number."""\n    return lesson.todo()\n\n\n# check\nprint(double(2))')
    assert "twice = " not in exercise
    assert folded.startswith("<details>")
    assert "    twice = number + number\n    return twice\n```" in folded
    assert "# solution" not in folded and "print(double" not in folded


def test_a_cut_may_reach_the_end_of_the_cell(tmp_path):
    text = "# %%\n# solution: answer = None\nanswer = 42\n"
    cells = nbformat.reads(notebooks.build(source(tmp_path, text)), as_version=4).cells
    assert cells[0].source == "answer = None"
    assert "answer = 42" in cells[1].source


def test_building_twice_gives_the_same_text(tmp_path):
    path = source(tmp_path)
    assert notebooks.build(path) == notebooks.build(path)
    cells = nbformat.reads(notebooks.build(path), as_version=4).cells
    assert [cell.id for cell in cells] == ["cell-00", "cell-01", "cell-02", "cell-03"]


def test_too_many_cells_are_refused(tmp_path):
    cell = "# %%\n# solution: x = 0\nx = 1\n\n"
    notebooks.build(source(tmp_path, cell * 12))
    with pytest.raises(notebooks.NotebookError, match=r"01_lesson.py: 26 cells .* at most 25"):
        notebooks.build(source(tmp_path, cell * 13))


def test_a_solution_without_a_stub_is_refused(tmp_path):
    with pytest.raises(notebooks.NotebookError, match=r"01_lesson.py, cell 2: .* names no stub"):
        notebooks.build(source(tmp_path, "# %%\nx = 0\n\n# %%\n# solution\nx = 1\n"))


def test_stale_notebooks_are_named(tmp_path):
    path = source(tmp_path)
    assert notebooks.stale(tmp_path) == ["01_lesson"]
    assert notebooks.build_all(tmp_path) == [tmp_path / "01_lesson.ipynb"]
    assert notebooks.stale(tmp_path) == []
    path.write_text(SOURCE.replace("the end", "the very end"))
    assert notebooks.stale(tmp_path) == ["01_lesson"]
    notebooks.build_all(tmp_path)
    (tmp_path / "02_orphan.ipynb").write_text("{}")
    (tmp_path / "Untitled.ipynb").write_text("a student's own")
    assert notebooks.stale(tmp_path) == ["02_orphan"]


def test_notebooks_are_found_by_name(tmp_path):
    source(tmp_path)
    source(tmp_path, name="00_first.py")
    first, second = notebooks.build_all(tmp_path)
    assert notebooks.find(folder=tmp_path) == [first, second]
    assert notebooks.find(["01_lesson"], tmp_path) == [second]
    with pytest.raises(ValueError, match=r"no notebook named 99_none in .* there are: 00_first, 01_lesson"):
        notebooks.find(["99_none"], tmp_path)
    assert notebooks.find(["01_lesson"], tmp_path / "no_clone") == []


def test_a_notebook_runs_in_this_python_and_becomes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSMIC_HOME", "kept")  # relative to here, not to where the kernel runs
    home = tmp_path / "kept"
    names = "sys.executable, os.getcwd(), os.environ['COSMIC_HOME'], os.environ['COSMIC_MODE']"
    source(tmp_path, f"# %%\nimport os, sys\nprint({names})")
    notebook = notebooks.execute(notebooks.build_all(tmp_path)[0], tmp_path / "out" / "page.html", mode="smoke")
    assert notebook.cells[0].outputs[0].text.split() == [sys.executable, str(home), str(home), "smoke"]
    page = (tmp_path / "out" / "page.html").read_text()
    assert str(home) in page and "<title>01_lesson</title>" in page
    assert "<script" not in page and "http" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    assert notebooks.stale(tmp_path) == []


def test_a_cell_that_raises_is_named_and_leaves_no_page(tmp_path):
    source(tmp_path, "# %%\nx = 1\n\n# %%\nx / 0\n\n# %%\nx\n")
    with pytest.raises(notebooks.NotebookError, match=r"01_lesson.ipynb, cell 2: ZeroDivisionError: division by zero"):
        notebooks.execute(notebooks.build_all(tmp_path)[0], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_cell_that_takes_too_long_is_named(tmp_path):
    source(tmp_path, "# %%\nimport time\ntime.sleep(60)\n")
    with pytest.raises(notebooks.NotebookError, match=r"01_lesson.ipynb, cell 1: took longer than 1 s"):
        notebooks.execute(notebooks.build_all(tmp_path)[0], tmp_path / "page.html", timeout=1)


def test_a_kernel_that_dies_is_named(tmp_path):
    source(tmp_path, "# %%\nimport os\nos._exit(1)\n")
    with pytest.raises(notebooks.NotebookError, match=r"01_lesson.ipynb, cell 1: the kernel died"):
        notebooks.execute(notebooks.build_all(tmp_path)[0], tmp_path / "page.html")


def test_the_committed_notebooks_are_what_their_sources_give():
    assert SOURCES
    assert notebooks.stale() == []


def cells(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in jupytext.read(path, fmt="py:percent").cells if cell.cell_type == kind]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_students_notebook_holds_no_solution_and_no_output(path):
    built = nbformat.reads(notebooks.build(path), as_version=4).cells
    code = [cell for cell in built if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    solutions = [found["code"] for cell in cells(path, "code") for found in notebooks.SOLUTION.finditer(cell)]
    assert len(solutions) >= 1
    for solution in solutions:
        for line in filter(str.strip, solution.splitlines()):
            assert not any(line in cell.source.splitlines() for cell in code), line
        assert sum(solution.rstrip() in cell.source for cell in built if cell.cell_type == "markdown") == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_begins_guesses_checks_and_types_no_result(path):
    code = cells(path, "code")
    assert "lesson.begin(" in code[0]
    text = "\n".join(code)
    guessed, revealed = (set(re.findall(rf'lesson\.{verb}\("([^"]+)"', text)) for verb in ("predict", "reveal"))
    assert guessed and guessed == revealed
    for paragraph in re.split(r"\n\n", "\n\n".join(cells(path, "markdown"))):
        numbers = re.findall(r"\d+ %|\b0?\.\d+", paragraph)
        typed = [number for number in numbers if number not in ("95 %", "0.001", "0.3")]  # the interval; two settings
        assert not typed or re.search(r"\blines? \d+", paragraph), f"{typed} is typed into: {paragraph}"


@pytest.fixture(scope="module")
def fits():
    """The two cells of the genre lesson that train."""
    code = cells(notebooks.FOLDER / "source" / "30_genre_the_leak.py", "code")
    return [cell for cell in code if "model.fit(" in cell]


def test_the_honest_version_of_a_cell_differs_in_one_line(fits):
    published, honest = (cell.splitlines() for cell in fits)
    assert len(published) == len(honest)
    different = [pair for pair in zip(published, honest, strict=True) if pair[0] != pair[1]]
    assert different == [('column = "published_fold0"', 'column = "honest_fold0"')]


def test_the_visible_cells_stop_as_the_diary_says(fits):
    """The smoke run is too short to show it; there the histories are compared."""
    from cosmic_lib.studies.genre import STUDY

    fit = STUDY.diary["net5_adam"].fit
    stopping = f'monitor="{fit.monitor}", patience={fit.patience}, restore_best_weights={fit.restore_best_weights}'
    for cell in fits:
        assert f"EarlyStopping({stopping})" in cell
