"""The command line: `cosmic reproduce genre`, `cosmic predict`, `cosmic data`, `cosmic doctor`, `cosmic notebooks`."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cosmic_lib import store, studies
from cosmic_lib.cli_data import app as data_app
from cosmic_lib.cli_data import fetched, tidy
from cosmic_lib.terminal import bars, console, show

if TYPE_CHECKING:
    from cosmic_lib.reproduce import Progress

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
notebooks_app = typer.Typer(no_args_is_help=True, help="Make the student notebooks from their sources, and run them.")
app.add_typer(notebooks_app, name="notebooks")
app.add_typer(data_app, name="data")
NOT_SETTINGS = {"data", "root", "inputs", "progress", "sample_settings"}
"""What a loader takes that has options of its own, or that no user can type."""
DATA = (
    "sample (made up, in the layout of the real set), real, folder (your own), or what else a study knows; by default "
    "what it has without a download"
)


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
