"""What the command line draws: tables, and progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from cosmic_lib import store

if TYPE_CHECKING:
    import pandas as pd

    from cosmic_lib import plots
    from cosmic_lib.reproduce import Progress

console = Console()


def show(table: pd.DataFrame, title: str) -> None:
    """Print a table, wrapped to the width of the terminal."""
    drawn = Table(title=title, show_lines=True, pad_edge=False)
    for name in table.columns:
        first = name == table.columns[0]  # a name in it is kept on one line
        longest = max((len(word) for cell in table[name] for word in cell.split()), default=0)
        drawn.add_column(name, min_width=longest if first else None)
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


@contextmanager
def download_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per file that is fetched or unpacked: `advance(title, bytes done, bytes in all)`."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), DownloadColumn(), TimeRemainingColumn())
    drawn = Bars(*columns, console=console)
    tasks: dict[str, TaskID] = {}

    def advance(title: str, done: int, total: int) -> None:
        if not tasks:
            drawn.start()
        if title not in tasks:
            tasks[title] = drawn.add_task(escape(title))
        drawn.update(tasks[title], completed=done, total=total)

    try:
        yield advance
    finally:
        if tasks:
            drawn.stop()
