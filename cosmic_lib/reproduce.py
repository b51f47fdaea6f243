"""A whole study from data to results: every run of its diary that the mode has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import experiment, leakage, memory, splits, store
from cosmic_lib.diary import one_of_each_kind
from cosmic_lib.experiment import Experiment
from cosmic_lib.studies import Data, Study
from cosmic_lib.summary import summarise


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
    material = Material.of(settings, data)
    _refuse_leaks(material)
    results = _train(settings, material, progress)
    return summarise(settings, material, results)


@dataclass(frozen=True)
class Material:
    """Data and split tables of everything that is run.

    Args:
        data: as loaded.
        table: split table of its items.
        tables: input name -> split table of its items.
        views: input name -> the data of that kind of input alone.
        rows: the experiments to run, as the mode trains them; one of each configuration.
        protocols: experiment name -> protocols under which it is run beside the honest split.
    """

    data: Data
    table: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    views: Mapping[str, Data]
    rows: Sequence[Experiment]
    protocols: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, settings: Settings, data: Data) -> Material:
        """What the chosen experiments need, as far as these data have it."""
        table = split_table(data, settings.runs)
        there = [row for row in settings.chosen if row.inputs.name in data.inputs]
        rows = one_of_each_kind(there, settings.study.diary.kinds)
        if not rows:
            wanted = ", ".join(sorted({row.inputs.name for row in settings.chosen}))
            raise ValueError(f"{data.name}: has no {wanted}; there are: {', '.join(data.inputs)}")
        views = {name: data.view(name) for name in dict.fromkeys(row.inputs.name for row in rows)}
        tables = dict.fromkeys(views, table)
        for name in views.keys() & data.others.keys():
            view = views[name]
            tables[name] = split_table(view, settings.runs) if view.apart else splits.of_groups(table, view.items)
        mode = settings.study.modes[settings.mode]
        protocols: dict[str, tuple[str, ...]] = {}
        for row in rows:
            own = {row.name: row.protocols}
            fitting = own if mode.protocols is None or row.name in settings.only else mode.protocols
            fit_in = fitting.get(row.name, ())
            protocols[row.name] = tuple(one for one in fit_in if splits.has(tables[row.inputs.name], one))
        return cls(data, table, tables, views, [mode.scale(row) for row in rows], protocols)


def split_table(data: Data, runs: Path) -> pd.DataFrame:
    """The split table of some data, kept in the folder of their results."""
    return splits.load_or_make(data.items, runs, groupings=data.groupings, sealed_by=data.sealed_by)


LOOKED_THROUGH = 10**7
"""Numbers in an array of inputs up to which every pair of items is compared; of more, groups alone are checked."""


def _refuse_leaks(material: Material) -> None:
    """Honest parts of the data, and of those that are split apart, hold whole groups, and nothing twice."""
    _refuse_leaks_of(material.table, next(iter(material.data.arrays.values())))
    for name, view in material.views.items():
        if view.apart:
            _refuse_leaks_of(material.tables[name], view.arrays[name])


def _refuse_leaks_of(table: pd.DataFrame, features: np.ndarray) -> None:
    """Only pairs across groups can leak: they are looked for once, not for every column."""
    small = features.size <= LOOKED_THROUGH
    suspects = features if small and leakage.near_identical(features, table["group"]) else None
    for column in splits.columns(table):
        if column.startswith(splits.HONEST):
            used = (table[column] != splits.LEFT_OUT).to_numpy()
            compared = None if suspects is None else suspects[used]
            leakage.check(table[used].set_index("item"), split=column, group="group", features=compared)


def _refuse_another_version(runs: Path) -> None:
    """Results of another version of this package are neither mixed with new ones nor overwritten."""
    log = runs / "test_openings.json"
    openings = store.read_json(log) if log.exists() else []
    current = all(isinstance(one, dict) and {"opening", "data", "diary", "scores"} <= one.keys() for one in openings)
    first = next((store.read_json(path) for path in sorted(runs.glob("[0-9a-f]" * 16 + ".json"))), None)
    if not current or (first and first.get("format") != experiment.FORMAT):
        raise ValueError(
            f"{runs}: holds results of another version of this package; move the folder away, or name another with "
            "--runs FOLDER"
        )


def _plan(settings: Settings, material: Material) -> list[tuple[Experiment, str, int]]:
    """Every run: experiment, column, seed. What has pairs of folds comes first, so that a gap can be shown early."""
    mode = settings.study.modes[settings.mode]
    plan = []
    for row in sorted(material.rows, key=lambda row: not material.protocols[row.name]):
        once = row.name in mode.once and settings.seeds is None
        seeds = range(1 if once else settings.seeds or mode.seeds)
        if splits.PUBLISHED in material.table:
            plan += [(row, column, seed) for seed in seeds for column in (*material.protocols[row.name], splits.HONEST)]
            continue
        paired = zip(*(splits.fold_columns(name) for name in material.protocols[row.name]), strict=True)
        plan += [(row, column, fold) for fold, columns in enumerate(paired) for column in columns]
        plan += [(row, splits.HONEST, seed) for seed in seeds]
    return plan


def _is_for_use(settings: Settings, row: Experiment) -> bool:
    """Whether its network is kept for `cosmic predict`: a main row, without a planted leak, that can be fed a file."""
    leaks = row.augment is not None and row.augment.before_split
    return bool(row.protocols) and not leaks and not settings.control and row.inputs.name in settings.study.read


def _train(settings: Settings, material: Material, progress: Progress) -> list[dict[str, Any]]:
    from cosmic_lib import plots

    results: list[dict[str, Any]] = []
    for row, column, seed in progress.track(_plan(settings, material), "training"):
        title = f"{row.name}, {column}, seed {seed}"
        result = experiment.run(
            row,
            material.views[row.inputs.name],
            material.tables[row.inputs.name],
            column,
            seed=seed,
            runs=settings.runs,
            mode=settings.mode,
            callbacks=progress.callbacks(title, row.fit.epochs),
            keep=(column, seed) == (splits.HONEST, 0) and _is_for_use(settings, row),
        )
        results.append(result)
        memory.release()
        if len(results) == 2:
            part = splits.HELD_OUT if splits.HELD_OUT in result["metrics"] else splits.VALIDATION
            scores = "; ".join(f"{one['column']} {one['metrics'][part]['accuracy']:.3f}" for one in results)
            progress.say(f"first scores: {scores}", plots.history(result["history"], title))
    return results
