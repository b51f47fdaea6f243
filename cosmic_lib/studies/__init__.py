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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import store

if TYPE_CHECKING:
    from cosmic_lib.diary import Diary
    from cosmic_lib.experiment import Experiment
    from cosmic_lib.tuning import Space

CONTROLS = ("shuffled-labels", "noise-features")
MODES = ("smoke", "laptop", "full")


@dataclass(frozen=True)
class Data:
    """A data set as read: one row per item, and one array per kind of input, in the same order.

    Args:
        name: what it is, in words, for headings.
        origin: `sample` (made up), `real`, or `folder` (the user's own).
        items: table with columns item (unique id), label (a class name), group (what must not be split) and any more;
            an item without a group shares something with several, and is used where items are dealt out one by one.
        arrays: input name -> array, first axis the items.
        classes: class names in the order of the network's outputs.
        excluded: table with columns file and reason: what was left out.
        notes: facts about these data that a reader of results should know.
        settings: how the arrays were made, as plain values.
        root: folder that the paths in `items` start from.
        groupings: columns of `items` by which items can be kept whole more strictly than by group, such as `artist`;
            each is a protocol of that name. An empty cell leaves the item out of it.
        others: input name -> other items: of the same groups, where one item is a whole track instead of a segment; or
            `apart`.
        sealed_by: the column of `items` that the sealed split keeps whole: `group`, or one that keeps more together.
        apart: among `others`: has groups of its own, and so a split table of its own.
        unit: what a group is called here, singular, where it is not what the study calls one.
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
    groupings: tuple[str, ...] = ()
    others: Mapping[str, Data] = field(default_factory=dict)
    sealed_by: str = "group"
    apart: bool = False
    unit: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all kinds of input there are."""
        return (*self.arrays, *self.others)

    def view(self, name: str) -> Data:
        """What one experiment is run on: the items of one kind of input, and that array alone.

        Raises:
            ValueError: there is no input of that name.
        """
        whole = self.others.get(name, self)
        if name not in whole.arrays:
            raise ValueError(f"{self.name}: no inputs named {name!r}; there are: {', '.join(self.inputs)}")
        return replace(whole, arrays={name: whole.arrays[name]}, others={})

    @property
    def y(self) -> np.ndarray:
        """Labels as class numbers: int64, shape (items,)."""
        return pd.Categorical(self.items["label"], categories=list(self.classes)).codes.astype(np.int64)

    @property
    def groups(self) -> int:
        """Number of distinct groups."""
        return int(self.items["group"].replace("", None).nunique())

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
                only what a network remembers of a group can help; `noise-features` replaces every input by noise,
                equal vectors by equal noise, so that what is there twice still is.
            seed: of the shuffle or of the noise.

        Raises:
            ValueError: no such control.
        """
        if kind not in CONTROLS:
            raise ValueError(f"no control named {kind!r}; choose one of {', '.join(CONTROLS)}")
        rng = np.random.default_rng(seed)
        labels = _dealt(self, rng)

        def without_signal(data: Data) -> Data:
            changed: dict[str, Any] = {"name": f"{data.name}, {kind}"}
            if kind == "shuffled-labels":
                known = _dealt(data, rng) if data.apart else labels
                changed["items"] = data.items.assign(label=_units(data).map(known))
            else:
                changed["arrays"] = {name: _noise(array, rng) for name, array in data.arrays.items()}
            return replace(data, **changed)

        others = {name: without_signal(other) for name, other in self.others.items()}
        return replace(without_signal(self), others=others)


def _dealt(data: Data, rng: np.random.Generator) -> dict[str, str]:
    """Group -> a label, dealt out anew."""
    one_each = data.items.groupby(_units(data), sort=True)["label"].first()
    return dict(zip(one_each.index, rng.permutation(one_each.to_numpy()), strict=True))


def _units(data: Data) -> pd.Series:
    """Group of each item; one that has none is by itself."""
    return data.items["group"].where(data.items["group"] != "", data.items["item"])


def _noise(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise of the same shape and kind: bytes are spread over all their values, equal vectors stay equal."""
    if array.dtype == np.uint8:
        return rng.integers(0, 256, size=array.shape, dtype=np.uint8)
    vectors, number = np.unique(array.reshape(-1, array.shape[-1]), axis=0, return_inverse=True)
    return rng.normal(size=vectors.shape).astype(array.dtype)[number.ravel()].reshape(array.shape)


@dataclass(frozen=True)
class Mode:
    """How much of a study is run.

    Args:
        minutes: what to expect on 2 CPU cores, for the banner; in full mode, an estimate for one GPU.
        seeds: how often each diary step is trained on the sealed split.
        batch_size: of every fit; the published one by default, which leaves few steps where there are few items.
        max_epochs: input name -> cap on the epochs of a fit; the published number where there is none.
        only: names of the experiments that fit into this mode; all by default.
        protocols: name of an experiment -> protocols under which it is also run in this mode; by default each under
            its own. One that the user asks for by name is run under all of its own.
        once: names of those that are trained with one seed only.
        settings: arguments for the study's loader, such as the size of pictures.
        build: arguments for every builder, such as a share of the published filters.
        augment: settings of augmentations that differ from the published ones.
        sample: arguments for the study's sample generator.
        notebooks: those that `cosmic reproduce` runs as well; all of the study by default.
    """

    minutes: float
    seeds: int
    batch_size: int | None = None
    max_epochs: Mapping[str, int] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    protocols: Mapping[str, tuple[str, ...]] | None = None
    once: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    build: Mapping[str, Any] = field(default_factory=dict)
    augment: Mapping[str, Any] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)
    notebooks: tuple[str, ...] | None = None

    def scale(self, row: Experiment) -> Experiment:
        """An experiment as this mode trains it: fewer epochs, smaller batches, a smaller network and augmentation."""
        epochs = min(row.fit.epochs, self.max_epochs.get(row.inputs.name, row.fit.epochs))
        augment = row.augment and replace(row.augment, settings={**row.augment.settings, **self.augment})
        build = partial(row.build, **self.build) if self.build else row.build
        batch_size = min(row.fit.batch_size, self.batch_size or row.fit.batch_size)
        shorter = partial(replace, epochs=epochs, batch_size=batch_size)
        honest_fit = row.honest_fit and shorter(row.honest_fit)
        return replace(row, build=build, fit=shorter(row.fit), honest_fit=honest_fit, augment=augment)


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
        load: `load(data, root=None, *, inputs, progress, **settings) -> Data`; `inputs` names the arrays wanted.
        sample: writes the sample data under a folder and returns where.
        diary: its experiments.
        modes: mode name -> `Mode`.
        protocols: protocol name -> one sentence; `published` and `honest` first, then one per grouping of the data.
        deviations: where we differ from the source, and why; numbered in reports.
        faults: the audit's entries.
        notebooks: numbers of its notebooks, in order.
        figures: `figures(data, summary) -> list of plots.Picture` that open its report.
        read: input name -> `read(path, shape, settings) -> array`: the items in a user's own file, each of that shape,
            for `cosmic predict`.
        asked: the experiment that `cosmic predict` asks unless the user names another.
        space: what `cosmic tune` searches; None where there is nothing to search.
        usual_data: `usual_data(mode=None) -> str` names the data that are taken unless the user says which: the
            sample, or real ones that need no download.
        praise: what the study did right.
        gather: `gather(folder, genres, *, per_genre, progress, say) -> DataFrame` collects its data from where the
            study found them, for `cosmic data gather`, and says what there is now; None where nothing has to be.
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
    figures: Callable[[Data, Mapping[str, Any]], list] = lambda data, summary: []
    read: Mapping[str, Callable[..., np.ndarray]] = field(default_factory=dict)
    asked: str = ""
    space: Space | None = None
    usual_data: Callable[..., str] = lambda mode=None: "sample"
    praise: str = ""
    gather: Callable[..., pd.DataFrame] | None = None


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

    Args:
        name: its folder; a hyphen stands for an underscore.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    folder = name.replace("-", "_")
    if folder not in names():
        raise ValueError(f"no study named {name!r}; there are: {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{folder}").STUDY
