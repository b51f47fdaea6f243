"""Notebooks: written once as a script with its solutions, handed out without them, run and shown as a page.

In a code cell of the script, everything from a line `# solution: <stub>` up to a line `# check`, or to the end, is
the solution of an exercise. The student's notebook has the stub in its place, and the solution folded away below.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic_lib import store

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = Path(__file__).parent.parent / "notebooks"
"""Those of the clone; the installed package has none."""
MAX_CELLS = 25
SOLUTION = re.compile(r"^(?P<indent> *)# solution: (?P<stub>.+)\n(?P<code>(?s:.*?))(?=^ *# check$|\Z)", re.MULTILINE)


class NotebookError(ValueError):
    """A notebook that cannot be built or run; the message names the file and the cell."""


def build(source: Path) -> str:
    """Make the student's notebook of a script.

    Args:
        source: a script in percent format, with solutions.

    Returns:
        The text of the .ipynb file: no outputs, no solutions in code cells, cell ids from their position, so that
        the same source always gives the same text.

    Raises:
        NotebookError: more than 25 cells, or a solution that names no stub.
    """
    import jupytext
    import nbformat

    cells = []
    for number, cell in enumerate(jupytext.read(source, fmt="py:percent").cells, start=1):
        if cell.cell_type == "markdown":
            cells.append(nbformat.v4.new_markdown_cell(cell.source))
            continue
        try:
            code, solution = _cut(cell.source)
        except ValueError as error:
            raise NotebookError(f"{source}, cell {number}: {error}") from None
        cells.append(nbformat.v4.new_code_cell(code))
        if solution:
            cells.append(nbformat.v4.new_markdown_cell(_folded(solution)))
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"{source}: {len(cells)} cells with its solutions, at most {MAX_CELLS}; split the lesson")
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    notebook["nbformat_minor"] = 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _cut(code: str) -> tuple[str, str | None]:
    """A cell as the student gets it, and as it is with its solution; None where there is none to cut."""
    found = SOLUTION.search(code)
    if found is None:
        if "# solution" in code:
            raise ValueError("a solution that names no stub; write `# solution: return lesson.todo()`")
        return code, None
    rest = code[found.end() :]
    cell = f"{code[: found.start()]}{found['indent']}{found['stub']}\n"
    solved = code[: found.start()] + found["code"]
    return (f"{cell}\n\n{rest}" if rest else cell).rstrip("\n"), solved.rstrip("\n")


def _folded(solution: str) -> str:
    return f"<details>\n<summary>Solution</summary>\n\n```python\n{solution}\n```\n\n</details>"


def build_all(folder: Path = FOLDER) -> list[Path]:
    """Make the student's notebook of every script in `folder/source`.

    Returns:
        The notebooks, in order.
    """
    made = []
    for source in sorted((folder / "source").glob("*.py")):
        made.append(folder / f"{source.stem}.ipynb")
        store.write_bytes(made[-1], build(source).encode())
    return made


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the numbered notebooks that are not what their source gives, or that lack a source or a notebook."""
    sources = {path.stem: path for path in (folder / "source").glob("*.py")}
    made = {path.stem: path for path in folder.glob("[0-9][0-9]_*.ipynb")}
    return sorted(
        name
        for name in sources.keys() | made.keys()
        if name not in sources or name not in made or made[name].read_text(encoding="utf-8") != build(sources[name])
    )


def find(names: Iterable[str] = (), folder: Path = FOLDER) -> list[Path]:
    """Notebooks by name, all of them by default.

    Args:
        names: without their ending, such as `00_start_here`.
        folder: where they are; where there is no such folder there are no notebooks, as outside a clone.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    there = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not folder.is_dir():
        return []
    wanted = list(names) or list(there)
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise ValueError(f"no notebook named {', '.join(unknown)} in {folder}; there are: {', '.join(there)}")
    return [there[name] for name in wanted]


def code_fingerprint() -> str:
    """Hash of the package's source, so that the page of a notebook is not kept when the code has changed."""
    package = Path(__file__).parent
    return store.fingerprint([path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))])


def execute(path: Path, out: Path, *, mode: str | None = None, timeout: int = 3000) -> NotebookNode:
    """Run a notebook top to bottom in a fresh kernel of this Python, and write what it showed as a page.

    It works in `store.home()`, so that samples, features and runs made there before are used again.

    Args:
        path: the notebook.
        out: the HTML page; written whole, and only if every cell ran.
        mode: `smoke`, `laptop` or `full`; `COSMIC_MODE` or laptop by default.
        timeout: seconds a cell may take.

    Returns:
        The notebook with its outputs.

    Raises:
        NotebookError: a cell raised, or took too long; the message names the cell and the error.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)
    home = store.home().resolve()
    home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "COSMIC_HOME": str(home), "MPLBACKEND": "agg"}
    if mode is not None:
        environment["COSMIC_MODE"] = mode
    settings = {
        "KernelSpecManager": {"kernel_dirs": []},  # what is left is the kernel of the Python that runs this
        "KernelManager": {"transport_encryption": "auto"},  # other users of the machine shall not read along
    }
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", config=Config(settings))
    reached = [0]
    client.on_cell_start = lambda cell, cell_index: reached.append(cell_index + 1)
    try:
        client.execute(cwd=str(home), env=environment)
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except CellControlSignal:
        reason = f"took longer than {timeout} s"
    except DeadKernelError:
        reason = "the kernel died; it may have run out of memory"
    else:
        store.write_bytes(out, _page(notebook, path.stem).encode())
        return notebook
    source = notebook.cells[reached[-1] - 1].source
    raise NotebookError(f"{path.name}, cell {reached[-1]}: {reason}\n\n{source}")


# Without the scripts for formulas and diagrams the page asks nothing of the network.
TEMPLATE = "{% extends 'lab/index.html.j2' %}" + "".join(
    f"{{% block {block} %}}{{% endblock %}}"
    for block in ("html_head_js", "html_head_js_mathjax", "html_head_js_mermaidjs")
)


def _page(notebook: NotebookNode, title: str) -> str:
    """The notebook as one HTML page."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(raw_template=TEMPLATE, exclude_input_prompt=True, exclude_output_prompt=True)
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return page
