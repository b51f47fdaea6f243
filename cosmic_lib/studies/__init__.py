"""The studies, one folder each, and what a study has to offer to the tools.

A study is found by its folder: a module with a `STUDY` in it. No tool names one.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import store

if TYPE_CHECKING:
    from cosmic_lib.experiment import Diary

CONTROLS = ("shuffled-labels", "noise-features")
MODES = ("smoke", "laptop", "full")


@dataclass(frozen=True)
class Data:
    """A data set as read: one row per item, and one array per kind of input, in the same order.

    Args:
        name: what it is, in words, for headings.
        origin: `sample` (made up), `real`, or `folder` (the user's own).
        items: table with columns item (unique id), label (a class name), group (what must not be split) and any more.
        arrays: input name -> array, first axis the items.
        classes: class names in the order of the network's outputs.
        excluded: table with columns file and reason: what was left out.
        notes: facts about these data that a reader of results should know.
        settings: how the arrays were made, as plain values.
        root: folder that the paths in `items` start from.
    """

    name: str
    origin: str
    items: pd.DataFrame
    arrays: Mapping[str, np.ndarray]
    classes: tuple[str, ...]
    excluded: pd.DataFrame
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    root: Path = Path()

    @property
    def y(self) -> np.ndarray:
        """Labels as class numbers: int64, shape (items,)."""
        return pd.Categorical(self.items["label"], categories=list(self.classes)).codes.astype(np.int64)

    @property
    def groups(self) -> int:
        """Number of distinct groups."""
        return int(self.items["group"].nunique())

    @functools.cached_property
    def fingerprint(self) -> str:
        """Hash of everything a network can see of these data, and of what they are grouped by."""
        columns = self.items[["item", "label", "group"]].astype(str).to_numpy().tolist()
        arrays = [part for name in sorted(self.arrays) for part in (name, self.arrays[name])]
        return store.fingerprint(list(self.classes), columns, *arrays)

    def control(self, kind: str, *, seed: int = 0) -> Data:
        """The same data with nothing left to learn: a protocol that scores well on them is broken.

        Args:
            kind: `shuffled-labels` deals the labels out anew among the groups, each group keeping one label, so that
                only what a network remembers of a group can help; `noise-features` replaces every input by noise.
            seed: of the shuffle or of the noise.

        Raises:
            ValueError: no such control.
        """
        rng = np.random.default_rng(seed)
        if kind == "shuffled-labels":
            one_each = self.items.groupby("group", sort=True)["label"].first()
            dealt = dict(zip(one_each.index, rng.permutation(one_each.to_numpy()), strict=True))
            items = self.items.assign(label=self.items["group"].map(dealt))
            return replace(self, name=f"{self.name}, {kind}", items=items)
        if kind == "noise-features":
            noise = {name: rng.normal(size=array.shape).astype(array.dtype) for name, array in self.arrays.items()}
            return replace(self, name=f"{self.name}, {kind}", arrays=noise)
        raise ValueError(f"no control named {kind!r}; choose one of {', '.join(CONTROLS)}")


@dataclass(frozen=True)
class Mode:
    """How much of a study is run.

    Args:
        minutes: what to expect on 2 CPU cores, for the banner.
        seeds: how often each diary step is trained on the sealed split.
        max_epochs: cap on the epochs of a fit, None for the published number.
        only: names of the experiments that fit into this mode; all by default.
        sample: arguments for the study's sample generator.
    """

    minutes: float
    seeds: int
    max_epochs: int | None = None
    only: tuple[str, ...] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)

    def epochs(self, published: int) -> int:
        """Epochs to train when the study trained `published`."""
        return published if self.max_epochs is None else min(published, self.max_epochs)


@dataclass(frozen=True)
class Fault:
    """One entry of the audit, as shown beside the number it concerns.

    Args:
        name: the audit's own id, such as `T1`.
        title: what happened, in a few words.
        evidence: where the source says so.
        correction: what to do instead.
        grade: `proven`, `likely` or `unstated`, as the audit has it.
        measure: `measure(data, table)` says in one sentence what it amounts to in these data, where it can be run.
    """

    name: str
    title: str
    evidence: str
    correction: str
    grade: str
    measure: Callable[[Data, pd.DataFrame], str] | None = None


@dataclass(frozen=True)
class Study:
    """All that tools ever see of a study.

    Args:
        name: its folder, and what users type.
        title: in words.
        source: how the source text is cited: title and file.
        data_set: its entry in datasets.yaml.
        group: what a group is called here, singular (`track`).
        item: what an item is called here, singular (`segment`).
        load: `load(data, root=None, *, progress, **sample settings) -> Data`.
        sample: writes the sample data under a folder and returns where.
        diary: its experiments.
        modes: mode name -> `Mode`.
        protocols: protocol name -> one sentence.
        deviations: where we differ from the source, and why; numbered in reports.
        faults: the audit's entries.
        notebooks: numbers of its notebooks, in order.
        figures: `figures(data) -> list of plots.Picture` that open its report.
        praise: what the study did right.
    """

    name: str
    title: str
    source: str
    data_set: str
    group: str
    item: str
    load: Callable[..., Data]
    sample: Callable
    diary: Diary
    modes: Mapping[str, Mode]
    protocols: Mapping[str, str]
    deviations: tuple[str, ...]
    faults: tuple[Fault, ...]
    notebooks: tuple[str, ...] = ()
    figures: Callable[[Data], list] = lambda data: []
    praise: str = ""


def mode_name(choice: str | None = None) -> str:
    """The mode to run in: the choice made, else `COSMIC_MODE`, else `laptop`.

    Raises:
        ValueError: no such mode.
    """
    name = choice or os.environ.get("COSMIC_MODE") or "laptop"
    if name not in MODES:
        raise ValueError(f"no mode named {name!r}; choose one of {', '.join(MODES)}")
    return name


def names() -> list[str]:
    """Folders beside this file that hold a study."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def get(name: str) -> Study:
    """Find a study by name.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    if name not in names():
        raise ValueError(f"no study named {name!r}; there are: {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}").STUDY
