"""The data sets on the command line: `cosmic data list`, `where`, `get`, `verify`, `sample` and `gather`."""

from __future__ import annotations

import textwrap
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track

from cosmic_lib import catalog, store, studies
from cosmic_lib.terminal import console, download_bars, show

app = typer.Typer(no_args_is_help=True, help="Find, get and check the data sets behind the studies.")
DataSet = Annotated[str, typer.Argument(help="a data set, such as gtzan, or the study that uses it")]


@app.command("list")
def list_data(
    name: Annotated[str | None, typer.Argument(help="all that is known of this one; a line each by default")] = None,
) -> None:
    """What data sets there are and which of them are here; or licence, citation and known faults of one."""
    import pandas as pd

    if name is not None:
        for field, text in catalog.record(name).rows():
            console.print(f"[bold]{field}[/]")
            console.print(textwrap.indent(text, "  "), markup=False, highlight=False, soft_wrap=True)
        return
    rows = [
        {
            "name": record.name,
            "study": record.study,
            "what": record.title,
            "download": " + ".join(f"{one.bytes / 1e6:,.0f} MB" for one in record.downloads) or "by hand",
            "here": "yes" if record.folder.is_dir() else "no",
        }
        for record in catalog.records().values()
    ]
    show(pd.DataFrame(rows), "Data sets")


@app.command("where")
def where_data(name: DataSet) -> None:
    """Print the folder of a data set; fail if it is not there."""
    record = catalog.record(name)
    if not record.folder.is_dir():
        raise FileNotFoundError(f"{record.folder}: not there; get it with: cosmic data get {record.name}")
    print(record.folder.resolve())


@app.command("get")
def get_data(
    name: DataSet,
    file: Annotated[list[Path] | None, typer.Option(help="a file of it fetched by hand; may be given again")] = None,
) -> None:
    """Fetch a data set, check it and unpack it; what is there already is left alone."""
    tidy()
    console.print(f"see {fetched(name, tuple(file or ()))}", soft_wrap=True)


@app.command("verify")
def verify_data(
    name: DataSet,
    root: Annotated[Path | None, typer.Option(help="its folder; where `get` puts it by default")] = None,
) -> None:
    """Check that a data set is whole and unchanged; fail if it is not."""
    from cosmic_lib import fetch

    problems = fetch.verify(catalog.record(name), root)
    for problem in problems:
        console.print(escape(problem), soft_wrap=True)
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}"
    console.print(count if problems else "whole and unchanged")
    raise typer.Exit(bool(problems))


@app.command("sample")
def sample_data(
    name: DataSet,
    root: Annotated[Path | None, typer.Option(help="folder to make it in; data by default")] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full")] = None,
) -> None:
    """Make the sample of a study, in the layout of its real data set."""
    tidy()
    room = studies.get(catalog.record(name).study)
    settings = room.modes[studies.mode_name(mode)].sample
    console.print(f"see {room.sample(root or store.home() / 'data', **settings)}", soft_wrap=True)


@app.command("gather")
def gather_data(
    name: DataSet,
    genres: Annotated[list[str], typer.Option(metavar="GENRE ...", help="one after another, or one per --genres")],
    more: Annotated[list[str] | None, typer.Argument(metavar="GENRE", hidden=True)] = None,
    per_genre: Annotated[int, typer.Option(min=1, help="how many of each, with those that are there already")] = 500,
    root: Annotated[Path | None, typer.Option(help="folder to gather in; where `get` puts data by default")] = None,
) -> None:
    """Gather the data of a study from where it found them; the same line again goes on with an interrupted one."""
    record = catalog.record(name)
    room = studies.get(record.study)
    if room.gather is None:
        raise ValueError(f"{record.title} need not be gathered; get them with: cosmic data get {record.name}")
    folder = root or record.folder
    console.print(f"[bold]licence:[/] {escape(record.licence)}", soft_wrap=True)
    wanted = [*genres, *(more or ())]  # an option takes one value; those after it are arguments to the parser
    drawn = partial(track, console=console)  # `bars` are for computations: they take TensorFlow seconds to load
    table = room.gather(folder, wanted, per_genre=per_genre, progress=drawn, say=console.print)
    show(table.astype(str), record.title)
    console.print(f"see {folder}", soft_wrap=True)


def fetched(name: str, files: tuple[Path, ...] = ()) -> Path:
    """Folder of a data set, which is fetched if need be."""
    from cosmic_lib import fetch

    record = catalog.record(name)
    if record.downloads and not files and not record.folder.is_dir():
        size = sum(one.bytes for one in record.downloads) / 1e6
        console.print(f"fetching {record.title}, {size:,.0f} MB; a source that fails is tried again before the next")
    with download_bars() as advance:
        return fetch.get(record, files=files, progress=advance)


def tidy(*folders: Path) -> None:
    """Remove what killed calls left unfinished."""
    for folder in (*(store.home() / name for name in ("data", "cache", "runs", "reports")), *folders):
        store.sweep(folder)
