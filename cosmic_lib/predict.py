"""What a trained network answers for files of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import report, sound, splits, store, studies

if TYPE_CHECKING:
    import keras

ORIGINS = ("sample", "folder", "real")
"""Where data can be from; the best to learn from come last."""

LIKELIEST = ("likeliest", "second", "third")
"""How many classes a table shows, and what it calls them."""

NEEDED = {"format", "key", "experiment", "mode", "seed", "data", "inputs", "classes", "scaling", "metrics"}
"""What is asked of a result."""


@dataclass(frozen=True)
class Run:
    """A finished run whose network was kept.

    Args:
        result: what it left, see `experiment.run`.
        network: file of the trained network.
        among: names of the experiments that it was chosen from because it is the best on validation.
    """

    result: Mapping[str, Any]
    network: Path
    among: tuple[str, ...] = ()

    @property
    def validation(self) -> Mapping[str, Any] | None:
        """How well the experiment did on validation, over its seeds; None where no summary of these data tells."""
        path = self.network.parent / f"summary-{self.result['mode']}.json"
        summary = store.read_json(path) if path.is_file() else {}
        rows = summary.get("rows", ()) if summary.get("data", {}).get("name") == self.result["data"]["name"] else ()
        return next(
            (row["validation"] for row in rows if row["experiment"] == self.result["experiment"] and row["run"]), None
        )


def find(
    study: str, runs: Path, *, experiment: str | None = None, mode: str | None = None, key: str | None = None
) -> Run:
    """The run to ask, without loading it.

    Real data come before made-up ones, then the larger mode before the smaller. Among the experiments that were run
    like that, the one that the study names is taken, else the best on validation; and the last run of it. Null controls
    are found by their key alone.

    Args:
        study: name of the study.
        runs: folder of its results.
        experiment, mode, key: of the run wanted; any by default.

    Raises:
        ValueError: no such study, or its results are not of this version.
        FileNotFoundError: no network was kept of such a run; the message says how to train one.
    """
    if study not in studies.names():
        raise ValueError(f"no study named {study!r}; there are: {', '.join(studies.names())}")
    wanted = {"experiment": experiment, "mode": mode, "key": key}
    asked = {name: value for name, value in wanted.items() if value is not None}
    kept = _results(runs, kept=True)
    found = [one for one in kept if asked.items() <= one.items() and (key or not _is_control(one))]
    if not found:
        raise FileNotFoundError(_none_kept(study, runs, asked, kept))
    leading = max(reversed(found), key=_rank)
    alike = [one for one in found if _rank(one) == _rank(leading) and one["data"]["name"] == leading["data"]["name"]]
    newest = {one["experiment"]: one for one in alike}
    if (usual := studies.get(study).asked) in newest:
        return Run(newest[usual], runs / f"{newest[usual]['key']}.keras")
    chosen = max(newest.values(), key=lambda one: one["metrics"][splits.VALIDATION]["accuracy"])
    return Run(chosen, runs / f"{chosen['key']}.keras", among=tuple(newest) if len(newest) > 1 else ())


def _results(runs: Path, *, kept: bool) -> list[dict[str, Any]]:
    """Results with their network beside them, or those without; the last one written comes last."""
    paths = [path for path in runs.glob("[0-9a-f]" * 16 + ".json") if path.with_suffix(".keras").exists() == kept]
    results = []
    for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name)):
        result = store.read_json(path)
        if not isinstance(result, dict) or not result.keys() >= NEEDED:
            raise _another_version(path)
        results.append(result)
    return results


def _another_version(path: Path) -> ValueError:
    return ValueError(
        f"{path}: of another version of this package; move the folder away, or name another with --runs FOLDER"
    )


def _rank(result: Mapping[str, Any]) -> tuple[int, int]:
    return ORIGINS.index(result["data"]["origin"]), studies.MODES.index(result["mode"])


def _is_control(result: Mapping[str, Any]) -> bool:
    """Whether there was nothing to learn for it, see `Data.control`."""
    return result["data"]["name"].endswith(studies.CONTROLS)


def _none_kept(study: str, runs: Path, asked: Mapping[str, str], kept: Sequence[Mapping[str, Any]]) -> str:
    """What is missing, what there is, and what to do."""
    wanted = "".join(f" of {name} {value}" for name, value in asked.items())
    reason = f"{runs}: no trained network{wanted} is kept here"
    alone = [one for one in _results(runs, kept=False) if asked.items() <= one.items()]
    if alone:
        reason += f", only results such as {alone[-1]['key']}.json; move them away and run cosmic reproduce again"
    elif not kept:
        return f"{reason}; train some first: cosmic reproduce {study}, or name another folder with --runs"
    known = "; ".join(f"{one['key']} ({one['experiment']}, {one['mode']}, {one['data']['name']})" for one in kept)
    return f"{reason}; there are: {known}" if known else reason


def answers(study: str, run: Run, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Ask the network about one file after the other.

    Args:
        study: name of the study.
        run: from `find`.
        files: the user's own.

    Yields:
        For a file that can be read: file, vote (the likeliest class), probabilities (class -> their mean over the
        items) and items (for each its number, probabilities, and start and end in seconds where a file of sound or of
        notes gives several), and, of several, most_telling: the number of the one that speaks most for the vote. For
        another: file and reason.

    Raises:
        ValueError: the study makes no files into what this network is fed; the network cannot be loaded.
    """
    there = []
    for path in files:
        if path.is_dir():
            yield {"file": _shown(path), "reason": "a folder; name the files in it"}
        elif not path.exists():
            yield {"file": _shown(path), "reason": "no such file; check the name"}
        else:
            there.append(path)
    if not there:
        return
    inputs = run.result["inputs"]
    if inputs["name"] not in (readers := studies.get(study).read):
        raise ValueError(
            f"{run.result['experiment']}: files of your own cannot be made into its {inputs['name']}; name another "
            "with --experiment"
        )
    model, read = load(run), readers[inputs["name"]]
    for path in there:
        try:
            array = read(path, model.input_shape[1:], inputs["settings"])
        except ValueError as error:
            yield {"file": _shown(path), "reason": str(error).removeprefix(f"{path}: ")}
        else:
            yield {"file": _shown(path)} | _answer(run, probabilities(model, run, array))


def load(run: Run) -> keras.Model:
    """The network of a run; code that a file of it brings along is not run.

    Raises:
        ValueError: another version of this package wrote it, or Keras does not load it.
    """
    import keras

    from cosmic_lib import experiment, pipeline

    if run.result["format"] != experiment.FORMAT:
        raise _another_version(run.network)
    pipeline.set_up(seed=run.result["seed"])
    try:
        return keras.saving.load_model(run.network, compile=False)  # in its safe mode, which is the default
    except Exception as error:  # Keras raises errors of many kinds for damaged files
        reason = str(error).split(". ")[0]
        raise ValueError(
            f"{run.network}: this network cannot be loaded ({reason}); move it and its .json away, and train it again"
        ) from error


def probabilities(model: keras.Model, run: Run, array: np.ndarray) -> np.ndarray:
    """What a network answers for items, scaled as those that it was trained on, and calibrated where its run can be.

    Args:
        model: from `load`.
        run: from `find`.
        array: the items, as the study reads them.

    Returns:
        Shape (items, classes).
    """
    from cosmic_lib import calibration, evaluation, pipeline

    scaling = {name: np.asarray(values) for name, values in run.result["scaling"].items()}
    scaled = pipeline.scale(array, **scaling)
    said = evaluation.per_class(model.predict(pipeline.batches(scaled), verbose=0)).astype(float)
    return calibration.scaled(said, run.result.get("temperature", 1))


def _answer(run: Run, found: np.ndarray) -> dict[str, Any]:
    """The vote, and what it is made of."""
    classes = run.result["classes"]

    def named(row: np.ndarray) -> dict[str, float]:
        return {name: round(float(value), 6) for name, value in zip(classes, row, strict=True)}

    vote = found.mean(axis=0)  # as evaluation.vote
    seconds = _seconds(run.result["inputs"]["settings"]) if len(found) > 1 else None
    items: list[dict[str, Any]] = []
    for number, row in enumerate(found):
        times = {"start": round(number * seconds, 3), "end": round((number + 1) * seconds, 3)} if seconds else {}
        items.append({"item": number + 1, **times, "probabilities": named(row)})
    answer = {"vote": classes[vote.argmax()], "probabilities": named(vote), "items": items}
    return answer | ({"most_telling": int(found[:, vote.argmax()].argmax()) + 1} if len(found) > 1 else {})


def _seconds(settings: Mapping[str, Any]) -> float | None:
    """Length of the parts that a file is cut into, as its settings have it; None for what has no length."""
    if settings.keys() >= {"frames", "fps"}:
        return settings["frames"] / settings["fps"]
    if not settings.keys() >= {"clip_samples", "segments"}:
        return None
    return settings["clip_samples"] // settings["segments"] / sound.SAMPLE_RATE


def telling(answer: Mapping[str, Any], item: str) -> str:
    """Which item speaks most for the vote, in words; nothing for an answer of one item.

    Args:
        answer: from `answers`.
        item: what an item is called.
    """
    if "most_telling" not in answer:
        return ""
    one = answer["items"][answer["most_telling"] - 1]
    when = f", {one['start']:.0f} to {one['end']:.0f} s" if "start" in one else ""
    return f"most telling: {item} {one['item']}{when}, {answer['vote']} {one['probabilities'][answer['vote']]:.2f}"


def _shown(path: Path) -> str:
    """A path fit to be printed and stored, whatever bytes are in it."""
    return os.fsencode(path).decode("utf-8", "replace")


def describe(run: Run) -> dict[str, Any]:
    """Which network answers: plain values for JSON, with the warnings in words."""
    kept = {name: run.result[name] for name in ("key", "experiment", "mode", "seed", "data", "inputs", "classes")}
    return kept | {"validation": run.validation, "best_of": list(run.among), "notes": notes(run)}


def notes(run: Run) -> list[str]:
    """What one has to know to read the answers: a sentence each."""
    result, settings = run.result, run.result["inputs"]["settings"]
    sentences = []
    if run.among:
        sentences.append(
            f"It is the best on validation of {', '.join(run.among)}; choose with --experiment, --mode or --run."
        )
    if _is_control(result):
        sentences.append("It was trained on a null control, where there is nothing to learn: its answers mean nothing.")
    elif result["data"]["origin"] == "sample":
        sentences.append("It was trained on made-up data, so that its answers about real files mean nothing.")
    if "clip_samples" in settings:
        sentences.append(
            f"Of each file, the first {settings['clip_samples'] / sound.SAMPLE_RATE:.0f} s at most are heard."
        )
    if (temperature := result.get("temperature")) is not None:
        was = "too sure" if temperature > 1 else "not sure enough"
        sentences.append(
            f"Its probabilities are calibrated on validation (temperature {temperature:.2f}: it was {was})."
        )
    return sentences


def heading(run: Run) -> list[str]:
    """Which network answers, in lines to print."""
    result = run.result
    return [
        f"run {result['key']}: {result['experiment']}, {result['mode']} mode, seed {result['seed']}; trained on "
        f"{result['data']['name']}",
        f"validation accuracy {report.estimate(run.validation)}, {run.validation['seeds']} seeds; guessing gives "
        f"{1 / len(result['classes']):.3f}"
        if run.validation
        else "how good it is on validation is told by cosmic reproduce, which did not end here",
        *notes(run),
    ]


def table(answer: Mapping[str, Any], item: str) -> pd.DataFrame:
    """An answer as a table: the likeliest classes of each item, where there are several, and of the vote.

    Args:
        answer: from `answers`.
        item: what an item is called.
    """
    rows = []
    for one in [*answer["items"], {"item": "vote", "probabilities": answer["probabilities"]}]:
        row = {item: str(one["item"]), "seconds": f"{one['start']:.0f}-{one['end']:.0f}" if "start" in one else ""}
        ordered = sorted(one["probabilities"].items(), key=lambda pair: -pair[1])
        row |= {rank: f"{name} {value:.2f}" for rank, (name, value) in zip(LIKELIEST, ordered, strict=False)}
        rows.append(row)
    frame = pd.DataFrame(rows)
    if len(answer["items"]) == 1:  # the vote is that of the only item
        return frame.tail(1).drop(columns=[item, "seconds"])
    return frame if frame["seconds"].any() else frame.drop(columns="seconds")
