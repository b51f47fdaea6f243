"""The command line: `cosmic reproduce genre`, `cosmic predict`, `cosmic data`, `cosmic doctor`, `cosmic notebooks`."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
import textwrap
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from cosmic_lib import catalog, store, studies
from cosmic_lib.terminal import bars, console, download_bars, show

if TYPE_CHECKING:
    from cosmic_lib.reproduce import Progress

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
notebooks_app = typer.Typer(no_args_is_help=True, help="Make the student notebooks from their sources, and run them.")
app.add_typer(notebooks_app, name="notebooks")
data_app = typer.Typer(no_args_is_help=True, help="Find, get and check the data sets behind the studies.")
app.add_typer(data_app, name="data")
NOT_SETTINGS = {"data", "root", "inputs", "progress", "sample_settings"}
"""What a loader takes that has options of its own, or that no user can type."""
DATA = (
    "sample (made up, in the layout of the real set), real, folder (your own), or what else a study knows; by default "
    "what it has without a download"
)
DataSet = Annotated[str, typer.Argument(help="a data set, such as gtzan, or the study that uses it")]


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(help="which study, such as genre")],
    data: Annotated[str | None, typer.Option(help=DATA)] = None,
    root: Annotated[
        Path | None,
        typer.Option(help="real: the data set as its publisher ships it, fetched by default; folder: one per class"),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full; COSMIC_MODE or laptop by default")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="an experiment of the diary; may be given several times")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="repeats of each diary step")] = None,
    control: Annotated[str | None, typer.Option(help=f"null control: {' or '.join(studies.CONTROLS)}")] = None,
    runs: Annotated[Path | None, typer.Option(help="folder of result files; runs/STUDY by default")] = None,
    notebook: Annotated[
        bool, typer.Option(help="also run the study's notebooks (not for data of your own, nor fetched ones)")
    ] = True,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="for the study's loader: per_class=800")
    ] = None,
) -> None:
    """Run a study under the published and the honest protocol; ends with a table and a page with figures."""
    from cosmic_lib import report
    from cosmic_lib.reproduce import Settings
    from cosmic_lib.reproduce import reproduce as run_study

    started = time.perf_counter()
    room = studies.get(study)
    name = studies.mode_name(mode)
    usual = room.usual_data(name)
    data = data or usual
    at_hand = data in ("sample", usual)
    kept = runs or store.home() / "runs" / room.name
    tidy(kept)
    if data == "folder":
        room = replace(room, group="group")  # what belongs together is the user's to say
    settings = Settings(room, name, kept, only=tuple(only or ()), seeds=seeds, control=control)
    names = ", ".join(row.name for row in settings.chosen)
    minutes = f", about {room.modes[name].minutes:g} minutes" if at_hand and not only else ""
    console.print(f"[bold]{room.title}[/]: {names}; {escape(data)} data, {name} mode{minutes}")
    if data == "real" and root is None:
        root = fetched(room.data_set)
    page = store.home() / "reports" / room.name
    with bars(page) as progress:
        loaded = load(room, name, data, root, [row.inputs.name for row in settings.chosen], setting or (), progress)
        for note in loaded.notes:
            console.print(f"  {escape(note)}")
        summary = run_study(settings, loaded, progress)
        pages = []
        if notebook and at_hand and not control:
            pages = run_notebooks(room, page, name, loaded, progress)
    figures = [*room.figures(loaded, summary), *report.pictures(summary, room)]
    command = shlex.join(["cosmic", *sys.argv[1:]])
    index = report.write(summary, room, page=page, results=kept, figures=figures, command=command)
    for line in report.heading(summary, room):
        console.print(escape(line))
    run = [row for row in summary["rows"] if row["run"]]
    show(report.main_table({**summary, "rows": run}), "Published and ours")
    if others := len(summary["rows"]) - len(run):
        console.print(f"{others} more experiments of the diary are on the page, with the reason why they were not run")
    show(report.step_table(summary), "The diary, step by step")
    for path in (index, kept / f"results-{name}.md", *pages):
        console.print(f"see {path}", soft_wrap=True)
    console.print(f"{time.perf_counter() - started:.0f} s")


@app.command()
def tune(
    study: Annotated[str, typer.Argument(help="which study, such as cifar")],
    how: Annotated[str, typer.Option(help="random, hyperband or grid")] = "random",
    trials: Annotated[int, typer.Option(min=1, help="how many networks at most")] = 20,
    data: Annotated[str | None, typer.Option(help="as for reproduce")] = None,
    root: Annotated[Path | None, typer.Option(help="as for reproduce")] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full; COSMIC_MODE or laptop by default")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="identical networks, to know what luck gives")] = 5,
    runs: Annotated[Path | None, typer.Option(help="folder of result files; runs/STUDY by default")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="for the loader")] = None,
) -> None:
    """Search the settings of a study on validation alone; the same line again goes on with an interrupted search."""
    from cosmic_lib import report, tuning

    room, name = studies.get(study), studies.mode_name(mode)
    data = data or room.usual_data(name)
    space = tuning.space_of(room)
    kept = runs or store.home() / "runs" / room.name
    tidy(kept)
    if data == "real" and root is None:
        root = fetched(room.data_set)
    page = store.home() / "reports" / room.name
    with bars(page) as progress:
        loaded = load(room, name, data, root, [room.diary[space.parent].inputs.name], setting or (), progress)
        tuned = tuning.tune(room, loaded, trials=trials, how=how, mode=name, seeds=seeds, runs=kept, progress=progress)
    trials_as_text = tuning.trials_table(tuned.rows).round(3).astype(str)
    title, lines = f"{room.title}: {how} search from {space.parent}", tuned.lines(space)
    show(trials_as_text.drop(columns="key"), title)
    for line in lines:
        console.print(escape(line), soft_wrap=True)
    command = shlex.join(["cosmic", *sys.argv[1:]])
    written = page / f"tuning-{how}.html"
    report.write_search(title, trials_as_text, lines, tuned.picture, page=written, command=command)
    console.print(f"see {written}", soft_wrap=True)


@app.command()
def predict(
    study: Annotated[str, typer.Argument(help="which study, such as genre")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="such as recordings of your own")],
    experiment: Annotated[
        str | None, typer.Option(help="of the diary; the one that the study names by default")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full; the largest by default")] = None,
    run: Annotated[str | None, typer.Option(help="key of the run to ask: the name of its file")] = None,
    runs: Annotated[Path | None, typer.Option(help="folder of result files; runs/STUDY by default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object instead of tables")] = False,
) -> None:
    """Ask a trained network about files of your own; `cosmic reproduce` trains some."""
    from cosmic_lib import predict as trained

    name = study.replace("-", "_")
    kept = runs or store.home() / "runs" / name
    chosen = trained.find(name, kept, experiment=experiment, mode=mode and studies.mode_name(mode), key=run)
    if not as_json:
        for line in trained.heading(chosen):
            console.print(escape(line), soft_wrap=True)
    answered, excluded = [], []
    for answer in trained.answers(name, chosen, files):
        if "reason" in answer:
            excluded.append(answer)
            Console(stderr=True).print(escape(f"{answer['file']}: {answer['reason']}"), soft_wrap=True)
            continue
        answered.append(answer)
        if not as_json:
            console.print(f"\n{escape(answer['file'])}: [bold]{escape(answer['vote'])}[/]", soft_wrap=True)
            show(trained.table(answer, studies.get(name).item), "Likeliest classes")
            if telling := trained.telling(answer, studies.get(name).item):
                console.print(escape(telling), soft_wrap=True)
    if as_json:
        print(json.dumps({"run": trained.describe(chosen), "files": answered, "excluded": excluded}, indent=1))
    raise typer.Exit(not answered)


@app.command()
def review(
    study: Annotated[str, typer.Argument(help="which study, such as galaxies: one on pictures")],
    data: Annotated[str | None, typer.Option(help="as for reproduce")] = None,
    root: Annotated[Path | None, typer.Option(help="as for reproduce")] = None,
    mode: Annotated[str | None, typer.Option(help="smoke, laptop or full; COSMIC_MODE or laptop by default")] = None,
    experiment: Annotated[
        str | None, typer.Option(help="of the diary; the one that the study names by default")
    ] = None,
    number: Annotated[int, typer.Option(min=1, help="pictures of each kind, at most")] = 24,
    out: Annotated[Path | None, typer.Option(help="folder for page and table; reports/STUDY/review by default")] = None,
    corrections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the table, corrected by hand: train on it and compare")
    ] = None,
    runs: Annotated[Path | None, typer.Option(help="folder of result files; runs/STUDY by default")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="for the loader")] = None,
) -> None:
    """Find pictures whose labels are worth another look; and, once they are corrected by hand, learn from that."""
    from cosmic_lib import relabelling
    from cosmic_lib import review as pictures
    from cosmic_lib.corrections import LISTED

    room, name = studies.get(study), studies.mode_name(mode)
    if corrections is not None and not corrections.is_file():
        raise FileNotFoundError(f"{corrections}: no such file; cosmic review {room.name} writes one")
    data = data or room.usual_data(name)
    kept, folder = runs or store.home() / "runs" / room.name, out or store.home() / "reports" / room.name / "review"
    settings = pictures.settings_of(room, name, kept, experiment=experiment)
    if data == "folder":
        settings = replace(settings, study=replace(room, group="group"))
    tidy(kept)
    if data == "real" and root is None:
        root = fetched(room.data_set)
    with bars(folder) as progress:
        loaded = load(room, name, data, root, [row.inputs.name for row in settings.chosen], setting or (), progress)
        asked = pictures.Asked.of(settings, loaded)
        found = corrections and pictures.read(corrections, asked)
        if found:
            differences = relabelling.differences(asked, found, progress)
        else:
            answers = pictures.answers(asked, progress)
    if found:
        for line in relabelling.heading(asked, found):
            console.print(escape(line), soft_wrap=True)
        show(relabelling.table(differences), "What the corrections change")
        return
    command = shlex.join(["cosmic", *sys.argv[1:]])
    page, listed = pictures.write(asked, answers, folder, command=command, number=number)
    if listed.name != LISTED:
        stays = f"{folder / LISTED}: somebody wrote into it, so it stays; the new table is {listed.name}"
        console.print(escape(stays), soft_wrap=True)
    for path in (page, listed):
        console.print(f"see {path}", soft_wrap=True)


@app.command()
def doctor(
    check_gpu: Annotated[bool, typer.Option("--check-gpu", help="fail where there is no GPU")] = False,
) -> None:
    """Check Python, packages, device, disk, write access, and that a small network learns."""
    from cosmic_lib import doctor as checks

    raise typer.Exit(checks.show(checks.checks(check_gpu=check_gpu)))


@app.command()
def docs(
    root: Annotated[Path, typer.Option(help="a clone of the project, with results/ and docs/")] = Path("."),
) -> None:
    """Make the page of each study in docs/ from its results in results/."""
    from cosmic_lib import report

    for study in studies.names():
        if (root / "results" / study).is_dir():
            page = root / "docs" / f"{study}.md"
            store.write_bytes(page, report.study_page(studies.get(study), root / "results" / study))
            console.print(f"made {page}", soft_wrap=True)


@data_app.command("list")
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


@data_app.command("where")
def where_data(name: DataSet) -> None:
    """Print the folder of a data set; fail if it is not there."""
    record = catalog.record(name)
    if not record.folder.is_dir():
        raise FileNotFoundError(f"{record.folder}: not there; get it with: cosmic data get {record.name}")
    print(record.folder.resolve())


@data_app.command("get")
def get_data(
    name: DataSet,
    file: Annotated[list[Path] | None, typer.Option(help="a file of it fetched by hand; may be given again")] = None,
) -> None:
    """Fetch a data set, check it and unpack it; what is there already is left alone."""
    tidy()
    console.print(f"see {fetched(name, tuple(file or ()))}", soft_wrap=True)


@data_app.command("verify")
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


@data_app.command("sample")
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


@data_app.command("gather")
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


def load(
    room: studies.Study,
    mode: str,
    data: str,
    root: Path | None,
    inputs: Iterable[str],
    asked: Iterable[str],
    progress: Progress,
) -> studies.Data:
    """The data of a study as a mode has them; what the user asks for by name goes before that."""
    settings = {**room.modes[mode].settings, **(room.modes[mode].sample if data == "sample" else {})}
    makers = (room.load, *([room.sample] if data == "sample" else []))
    known = {name for maker in makers for name in inspect.signature(maker).parameters} - NOT_SETTINGS
    for one in asked:
        setting, found, value = one.partition("=")
        if setting not in known or not found:
            raise ValueError(f"--set {one}: give NAME=VALUE with a setting of {room.name}: {', '.join(sorted(known))}")
        try:
            settings[setting] = json.loads(value)
        except ValueError:
            settings[setting] = value
    return room.load(data, root, inputs=sorted(set(inputs)), progress=progress.track, **settings)


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


def run_notebooks(room: studies.Study, page: Path, mode: str, data: studies.Data, progress: Progress) -> list[Path]:
    """Run the notebooks of a study that have changed, or whose data or code have, since they were last run."""
    from cosmic_lib import notebooks

    record = page / "notebooks.json"
    done = store.read_json(record) if record.exists() else {}
    pages = []
    chosen = room.modes[mode].notebooks
    for path in progress.track(notebooks.find(room.notebooks if chosen is None else chosen), "running the notebook"):
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
