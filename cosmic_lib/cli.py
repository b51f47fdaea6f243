"""The command line: `cosmic reproduce genre`, `cosmic doctor`, `cosmic notebooks`."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from cosmic_lib import store, studies

if TYPE_CHECKING:
    import pandas as pd

    from cosmic_lib import plots
    from cosmic_lib.reproduce import Progress

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
notebooks_app = typer.Typer(no_args_is_help=True, help="Make the student notebooks from their sources, and run them.")
app.add_typer(notebooks_app, name="notebooks")
console = Console()


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(help="which study, such as genre")],
    data: Annotated[str, typer.Option(help="sample (made up, in the layout of the real set) or real")] = "sample",
    root: Annotated[Path | None, typer.Option(help="folder of the real data set, as its publisher ships it")] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full; COSMIC_MODE or laptop by default")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="an experiment of the diary; may be given several times")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="repeats of each diary step")] = None,
    control: Annotated[str | None, typer.Option(help=f"null control: {' or '.join(studies.CONTROLS)}")] = None,
    runs: Annotated[Path | None, typer.Option(help="folder of result files; runs/STUDY by default")] = None,
    notebook: Annotated[bool, typer.Option(help="also run the study's notebooks (sample data only)")] = True,
) -> None:
    """Run a study under the published and the honest protocol; ends with a table and a page with figures."""
    from cosmic_lib import report
    from cosmic_lib.reproduce import Settings
    from cosmic_lib.reproduce import reproduce as run_study

    started = time.perf_counter()
    room = studies.get(study)
    name = studies.mode_name(mode)
    kept = runs or store.home() / "runs" / study
    settings = Settings(room, name, kept, only=tuple(only or ()), seeds=seeds, control=control)
    names = ", ".join(row.name for row in settings.chosen)
    console.print(
        f"[bold]{room.title}[/]: {names}; {data} data, {name} mode, about {room.modes[name].minutes:g} minutes"
    )
    page = store.home() / "reports" / study
    with bars(page) as progress:
        sample = room.modes[name].sample if data == "sample" else {}
        loaded = room.load(data, root, progress=progress.track, **sample)
        for note in loaded.notes:
            console.print(f"  {note}")
        summary = run_study(settings, loaded, progress)
        pages = []
        if notebook and data == "sample" and not control:
            pages = run_notebooks(room, page, name, loaded, progress)
    figures = [*room.figures(loaded), *report.pictures(summary, room)]
    command = shlex.join(["cosmic", *sys.argv[1:]])
    index = report.write(summary, room, page=page, results=kept, figures=figures, command=command)
    for line in report.heading(summary, room):
        console.print(line)
    show(report.main_table(summary), "Published and ours")
    show(report.step_table(summary), "The diary, step by step")
    for path in (index, kept / "results.md", *pages):
        console.print(f"see {path}", soft_wrap=True)
    console.print(f"{time.perf_counter() - started:.0f} s")


@app.command()
def doctor(
    check_gpu: Annotated[bool, typer.Option("--check-gpu", help="fail where there is no GPU")] = False,
) -> None:
    """Check Python, packages, device, disk, write access, and that a small network learns."""
    from cosmic_lib import doctor as checks

    raise typer.Exit(checks.show(checks.checks(check_gpu=check_gpu)))


@notebooks_app.command("build")
def build_notebooks() -> None:
    """Make the student notebooks from notebooks/source."""
    from cosmic_lib import notebooks

    for path in notebooks.build_all():
        console.print(f"made {path}")


@notebooks_app.command("check")
def check_notebooks() -> None:
    """Fail if a student notebook is not what its source gives."""
    from cosmic_lib import notebooks

    stale = notebooks.stale()
    for name in stale:
        console.print(f"{name}: differs from its source; run: cosmic notebooks build")
    raise typer.Exit(bool(stale))


@notebooks_app.command("run")
def run_all_notebooks(
    names: Annotated[list[str] | None, typer.Argument(help="such as 30_genre_the_leak; all by default")] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full")] = None,
) -> None:
    """Run notebooks top to bottom and write them, with what they printed and drew, to reports/notebooks."""
    from cosmic_lib import notebooks

    for path in notebooks.find(names or ()):
        out = store.home() / "reports" / "notebooks" / f"{path.stem}.html"
        notebooks.execute(path, out, mode=studies.mode_name(mode))
        console.print(f"see {out}", soft_wrap=True)


def show(table: pd.DataFrame, title: str) -> None:
    """Print a table, wrapped to the width of the terminal."""
    drawn = Table(title=title, show_lines=True, pad_edge=False)
    for position, name in enumerate(table.columns):
        drawn.add_column(name, no_wrap=position == 0)
    for row in table.itertuples(index=False):
        # An interval, and what it counts, on lines of their own: a table of six columns has to fit 80 letters.
        drawn.add_row(*(escape(cell.replace(" [", "\n[").replace(" (", "\n(")) for cell in row))
    console.print(drawn)


@contextmanager
def bars(page: Path) -> Iterator[Progress]:
    """Progress bars: one for the steps of a computation, one below it for the epochs of the current fit."""
    from cosmic_lib.reproduce import Progress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console) as drawn:
        fit = drawn.add_task("", visible=False)

        def track(steps: Sequence, title: str) -> Iterable:
            yield from drawn.track(steps, description=title)
            drawn.update(fit, visible=False)

        def callbacks(title: str, epochs: int) -> list:
            import keras

            def begin(logs=None):
                drawn.reset(fit, total=epochs, description=f"  {title}", visible=True)

            def advance(epoch, logs=None):
                drawn.update(fit, completed=epoch + 1)

            return [keras.callbacks.LambdaCallback(on_train_begin=begin, on_epoch_end=advance)]

        def say(line: str, picture: plots.Picture | None = None) -> None:
            drawn.console.print(escape(line))
            if picture is not None:
                store.write_bytes(page / "first.png", picture.png())
                drawn.console.print(f"first picture: {page / 'first.png'}", soft_wrap=True)

        yield Progress(track=track, callbacks=callbacks, say=say)


def run_notebooks(room: studies.Study, page: Path, mode: str, data: studies.Data, progress: Progress) -> list[Path]:
    """Run the notebooks of a study that have changed, or whose data or code have, since they were last run."""
    from cosmic_lib import notebooks

    record = page / "notebooks.json"
    done = store.read_json(record) if record.exists() else {}
    pages = []
    for path in progress.track(notebooks.find(room.notebooks), "running the notebook"):
        out = page / f"{path.stem}.html"
        key = store.fingerprint(path.read_text(), mode, data.fingerprint, notebooks.code_fingerprint())
        if done.get(path.stem) != key or not out.exists():
            notebooks.execute(path, out, mode=mode)
            done[path.stem] = key
            store.write_json(record, done)
        pages.append(out)
    return pages


def main() -> None:
    """Entry point: what a user can mend is told in one line, without a traceback."""
    try:
        app()
    except (ValueError, OSError) as error:
        Console(stderr=True).print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
