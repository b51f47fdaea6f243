"""A whole study from data to results: every run of its diary, and what the runs say together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, evaluation, experiment, leakage, splits, store
from cosmic_lib.experiment import Experiment
from cosmic_lib.studies import Data, Study


@dataclass(frozen=True)
class Settings:
    """What to reproduce, and how much of it.

    Args:
        study: which one.
        mode: `smoke`, `laptop` or `full`.
        runs: folder of result files and split tables.
        only: names of experiments; those of the mode by default.
        seeds: repeats of each diary step; the mode's number by default.
        control: a null control, see `Data.control`.
    """

    study: Study
    mode: str
    runs: Path
    only: tuple[str, ...] = ()
    seeds: int | None = None
    control: str | None = None

    @property
    def chosen(self) -> list[Experiment]:
        """The experiments to run, in the order of the diary.

        Raises:
            ValueError: a name that is not in the diary.
        """
        wanted = self.only or self.study.modes[self.mode].only or [row.name for row in self.study.diary]
        unknown = sorted(set(wanted) - {row.name for row in self.study.diary})
        if unknown:
            known = ", ".join(row.name for row in self.study.diary)
            raise ValueError(f"no experiment named {', '.join(unknown)} in {self.study.name}; there are: {known}")
        return [row for row in self.study.diary if row.name in wanted]


@dataclass
class Progress:
    """How a long computation shows where it is; by default it does not.

    Args:
        track: `track(steps, title)` wraps what is looped over.
        callbacks: `callbacks(title, epochs)` gives Keras callbacks for one fit.
        say: is told one line when there is news, and perhaps a picture.
    """

    track: Callable[[Sequence, str], Iterable] = lambda steps, title: steps
    callbacks: Callable[[str, int], list] = lambda title, epochs: []
    say: Callable[..., None] = field(default=lambda line, picture=None: None)


def reproduce(settings: Settings, data: Data, progress: Progress | None = None) -> dict[str, Any]:
    """Run what has not been run yet, and sum up.

    Args:
        settings: what to run.
        data: what to run it on.
        progress: shows it.

    Returns:
        The summary that reports are made of: plain values, ready for JSON.

    Raises:
        leakage.LeakageError: an honest split leaks.
        ValueError: the results folder is of another version.
    """
    progress = progress or Progress()
    _refuse_another_version(settings.runs)
    if settings.control:
        data = data.control(settings.control)
    table = splits.load_or_make(data.items, settings.runs)
    features = data.arrays[settings.chosen[0].inputs.name]
    # Honest parts hold whole groups, so only pairs across groups can leak: looked for once, not for every column.
    suspects = features if leakage.near_identical(features, table["group"]) else None
    for column in splits.columns(table):
        if column.startswith(splits.HONEST):
            leakage.check(table.set_index("item"), split=column, group="group", features=suspects)
    results = _train(settings, data, table, progress)
    return summarise(settings, data, table, results)


def _refuse_another_version(runs: Path) -> None:
    """Results of another version of this package are neither mixed with new ones nor overwritten."""
    log = runs / "test_openings.json"
    openings = store.read_json(log) if log.exists() else []
    known = all(isinstance(one, dict) and {"opening", "data", "diary", "scores"} <= one.keys() for one in openings)
    first = next((store.read_json(path) for path in sorted(runs.glob("[0-9a-f]" * 16 + ".json"))), None)
    if not known or (first and first.get("format") != experiment.FORMAT):
        raise ValueError(
            f"{runs}: holds results of another version of this package; move the folder away, or name another with "
            "--runs FOLDER"
        )


def _plan(settings: Settings) -> list[tuple[Experiment, str, int]]:
    """Every run: experiment, column, seed. Pairs of folds come first, so that a first gap can be shown early."""
    mode = settings.study.modes[settings.mode]
    folds = zip(*(splits.fold_columns(protocol) for protocol in settings.study.protocols), strict=True)
    paired = [(column, fold) for fold, pair in enumerate(folds) for column in pair]
    repeats = [(splits.HONEST, seed) for seed in range(settings.seeds or mode.seeds)]
    return [(row, column, seed) for row in settings.chosen for column, seed in (*paired, *repeats)]


def _train(settings: Settings, data: Data, table: pd.DataFrame, progress: Progress) -> list[dict[str, Any]]:
    from cosmic_lib import plots

    mode = settings.study.modes[settings.mode]
    results: list[dict[str, Any]] = []
    for row, column, seed in progress.track(_plan(settings), "training"):
        epochs = mode.epochs(row.fit.epochs)
        title = f"{row.name}, {column}, seed {seed}"
        result = experiment.run(
            row,
            data,
            table,
            column,
            seed=seed,
            runs=settings.runs,
            mode=settings.mode,
            epochs=epochs,
            callbacks=progress.callbacks(title, epochs),
        )
        results.append(result)
        if len(results) == 2:  # one fold under each protocol
            scores = "; ".join(f"{one['column']} {one['metrics']['held_out']['accuracy']:.3f}" for one in results)
            progress.say(f"first scores, one fold each: {scores}", plots.history(result["history"], title))
    return results


def summarise(settings: Settings, data: Data, table: pd.DataFrame, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the runs say together; the test set is opened here, once for these runs.

    Args:
        settings, data, table: what was run.
        results: of every run.
    """
    study = settings.study
    repeats = [result for result in results if result["column"] == splits.HONEST]
    return {
        "study": study.name,
        "mode": settings.mode,
        "control": settings.control,
        "data": {
            "name": data.name,
            "origin": data.origin,
            "items": len(data.items),
            "groups": data.groups,
            "fingerprint": data.fingerprint,
            "notes": list(data.notes),
            "excluded": data.excluded.to_dict("records"),
        },
        "counts": splits.counts(table, splits.HONEST).reset_index(names="part").to_dict("records"),
        "rows": [_row(settings, row, data, table, results) for row in study.diary],
        "steps": _steps(settings, repeats),
        "test": _test(settings, data, repeats),
        "faults": [
            {"name": fault.name, "measured": fault.measure(data, table) if fault.measure else None}
            for fault in study.faults
        ],
        "versions": experiment.versions(),
        "device": experiment.device(),
        "seconds": round(sum(result["seconds"] for result in results), 1),
        "resumed": sum(result["resumed"] for result in results),
        "made": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _row(
    settings: Settings, row: Experiment, data: Data, table: pd.DataFrame, results: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """One experiment: out of fold under each protocol, the gap between them, and what goes with it."""
    summary: dict[str, Any] = {
        "experiment": row.name,
        "title": row.title,
        "source": {"accuracy": row.published.accuracy, "line": row.published.line},
        "run": row in settings.chosen,
    }
    if not summary["run"]:
        return summary
    study = settings.study
    frames = {
        protocol: out_of_fold([one for one in results if one["experiment"] == row.name], protocol, data)
        for protocol in study.protocols
    }
    published, honest = (dict(zip(frame["item"], frame["right"], strict=True)) for frame in frames.values())
    groups = dict(zip(data.items["item"], data.items["group"], strict=True))
    gap = compare.protocol_gap(published, honest, groups, unit=study.group)
    for protocol, frame in frames.items():
        summary[protocol] = _protocol_scores(row, protocol, frame, data, table, study)
        first_fold = splits.fold_columns(protocol)[0]
        first = next(one for one in results if (one["experiment"], one["column"]) == (row.name, first_fold))
        summary[protocol]["history"] = first["history"]
    by_group = pd.DataFrame({name: frame.groupby("group")["right"].mean() for name, frame in frames.items()})
    labels = data.items.groupby("group")["label"].first().rename("label")
    return summary | {
        "folds": splits.FOLDS,
        "gap": asdict(gap),
        "verdict": compare.verdict(gap),
        "by_group": by_group.join(labels).reset_index().to_dict("records"),
    }


def out_of_fold(results: Iterable[dict[str, Any]], protocol: str, data: Data) -> pd.DataFrame:
    """Predictions of all folds of a protocol, each by a network that did not see the item.

    Args:
        results: runs of one experiment.
        protocol: `published` or `honest`.
        data: what they were run on.

    Returns:
        As `experiment.predictions`, one row per item held out.
    """
    folds = [one for one in results if one["column"].startswith(f"{protocol}_fold")]
    return pd.concat([experiment.predictions(one, data, splits.HELD_OUT) for one in folds], ignore_index=True)


def _protocol_scores(
    row: Experiment, protocol: str, frame: pd.DataFrame, data: Data, table: pd.DataFrame, study: Study
) -> dict[str, Any]:
    """Score, vote per group and baselines of one protocol, out of fold."""
    classes = list(data.classes)
    voted = evaluation.vote(frame, classes)
    right = np.asarray(classes)[voted[classes].to_numpy().argmax(axis=1)] == voted["label"]
    inputs = data.arrays[row.inputs.name]
    baselines: dict[str, list] = {}
    for column in splits.fold_columns(protocol):
        training, held_out = (table[column] == part for part in (splits.TRAIN, splits.HELD_OUT))
        found = evaluation.baselines(inputs[training], data.y[training], inputs[held_out], data.y[held_out])
        for name, values in found.items():
            baselines.setdefault(name, []).append(pd.Series(values, index=table["group"][held_out]))
    joined = {name: pd.concat(values) for name, values in baselines.items()}
    return {
        "accuracy": asdict(compare.over_groups(frame["right"], frame["group"], unit=study.group)),
        "vote": asdict(compare.wilson(int(right.sum()), len(right), unit=study.group)),
        "baselines": {
            name: asdict(compare.over_groups(values, values.index, unit=study.group)) for name, values in joined.items()
        },
        "score": evaluation.score(frame[classes].to_numpy(), _numbers(frame, data), classes),
    }


def _numbers(frame: pd.DataFrame, data: Data) -> np.ndarray:
    return pd.Categorical(frame["label"], categories=list(data.classes)).codes


def _steps(settings: Settings, repeats: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every step of the diary on validation: child minus parent over the same seeds, and the verdict."""
    scores: dict[str, dict[int, float]] = {}
    for result in repeats:
        accuracy = result["metrics"][splits.VALIDATION]["accuracy"]
        scores.setdefault(result["experiment"], {})[result["seed"]] = accuracy
    spread = compare.pooled_spread({name: list(by_seed.values()) for name, by_seed in scores.items()})
    steps = []
    for row in settings.chosen:
        step: dict[str, Any] = {"experiment": row.name, "parent": row.parent, "change": row.change}
        step["validation"] = [scores[row.name][seed] for seed in sorted(scores[row.name])]
        if row.parent in scores:
            difference = compare.step(scores[row.name], scores[row.parent], spread)
            step |= {"difference": asdict(difference), "verdict": compare.verdict(difference)}
        steps.append(step)
    return steps


def _test(settings: Settings, data: Data, repeats: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sealed test set: mean over seeds for each experiment, with an interval over groups."""
    opening = experiment.open_test(settings.study, repeats, data, settings.runs)
    scores = {}
    for name, seeds in opening["scores"].items():
        right = np.mean([one["right"] for one in seeds], axis=0)
        scores[name] = asdict(compare.over_groups(right, opening["groups"], unit=settings.study.group))
        scores[name]["seeds"] = len(seeds)
    return {"opening": opening["opening"], "time": opening["time"], "accuracy": scores}
