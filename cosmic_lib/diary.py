"""A tuning diary: experiments in order, which of them are the same, and in what two of them differ."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cosmic_lib import compare, store
from cosmic_lib.experiment import Experiment, settings

if TYPE_CHECKING:
    import keras


class Diary(Sequence):
    """Experiments in order, found by position or by name.

    Raises:
        ValueError: two share a name, or a parent does not come before its child.
    """

    def __init__(self, experiments: Iterable[Experiment]):
        self._rows = tuple(experiments)
        seen: set[str] = set()
        for row in self._rows:
            if row.name in seen:
                raise ValueError(f"two experiments are named {row.name!r}; names must differ")
            if row.parent is not None and row.parent not in seen:
                raise ValueError(f"{row.name!r} comes before its parent {row.parent!r}; put the parent first")
            seen.add(row.name)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self._rows[key]
        for row in self._rows:
            if row.name == key:
                return row
        raise KeyError(f"no experiment named {key!r}; there are: {', '.join(row.name for row in self._rows)}")

    @functools.cached_property
    def kinds(self) -> dict[str, str]:
        """Name of each experiment -> name of the first with the same configuration: its own, unless it is a repeat."""
        first: dict[str, str] = {}
        return {row.name: first.setdefault(configuration(row), row.name) for row in self}

    @functools.cached_property
    def published_spread(self) -> tuple[float, int]:
        """How far the source's own repeats of one configuration lie apart, see `compare.pooled_spread`."""
        scores: dict[str, list[float]] = {}
        for row in self:
            if (score := published_score(row)) is not None:
                scores.setdefault(self.kinds[row.name], []).append(score)
        return compare.pooled_spread(scores)


SIDE = 32
"""Longest side of what networks are built for to be compared: some at their published size take a gigabyte."""


def configuration(row: Experiment) -> str:
    """Hash of all that decides what a run of an experiment gives, but data, split and seed.

    Two rows of a diary with the same configuration are repeats of one experiment, whatever their titles say.
    """
    import keras

    *sides, channels = row.inputs.shape
    shape = (*(min(side, SIDE) for side in sides), channels)
    build = row.build if isinstance(row.build, functools.partial) else functools.partial(row.build)
    key = (build.func, repr(sorted(build.keywords.items())), shape, row.inputs.classes)
    if key not in _networks:  # most rows of a diary train a network that others train too
        with keras.StatelessScope(initialize_variables=False):  # without weights, a network is built in no time
            _networks[key] = _as_values(build(shape, row.inputs.classes))
    return store.fingerprint(_networks[key], settings(row))


_networks: dict[tuple, Any] = {}


def _as_values(model: keras.Model) -> Any:
    """A network as plain values."""
    import keras

    network = json.loads(json.dumps(keras.saving.serialize_keras_object(model), default=str))
    network["config"].pop("name", None)  # a name changes nothing
    return network


def one_of_each_kind(rows: Sequence[Experiment], kinds: Mapping[str, str]) -> list[Experiment]:
    """One experiment of each configuration, in their order: the one with most protocols, or else the first.

    Args:
        rows: some experiments of a diary.
        kinds: see `Diary.kinds`.
    """
    chosen: dict[str, Experiment] = {}
    for row in sorted(rows, key=lambda row: -len(row.protocols)):
        chosen.setdefault(kinds[row.name], row)
    return [row for row in rows if row in chosen.values()]


def published_score(row: Experiment) -> float | None:
    """What the source judged an experiment by: its macro F1, or the accuracy where it printed no other."""
    if row.published is None:
        return None
    return row.published.accuracy if row.published.f1 is None else row.published.f1


def differences(row: Experiment, parent: Experiment) -> list[str]:
    """Every setting in which two experiments differ, such as `learning_rate: 0.001 to 0.0004`; none for a repeat."""
    here, there = _flat(row), _flat(parent)
    return [
        f"{name}: {_text(there.get(name))} to {_text(here.get(name))}"
        for name in dict.fromkeys((*there, *here))
        if here.get(name) != there.get(name)
    ]


def _flat(row: Experiment) -> dict[str, Any]:
    """Setting -> value, over the parts of an experiment; settings of the builder with their defaults."""
    flat: dict[str, Any] = {"inputs": row.inputs.name, "divide_by": row.inputs.divide_by}
    for part in (row.compile, row.fit):
        flat |= {field.name: getattr(part, field.name) for field in fields(part)}
    function, given = _unwrapped(row.build)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not parameter.empty
    }
    flat |= {"network": function.__name__, **defaults, **given}
    if row.augment is not None:
        flat |= {"augment": row.augment.make.__name__, **row.augment.settings}
    return flat


def _unwrapped(build: Callable) -> tuple[Callable, Mapping[str, Any]]:
    """The function behind a `functools.partial`, and what is set in it."""
    if isinstance(build, functools.partial):
        return build.func, build.keywords
    return build, {}


def _text(value: Any) -> str:
    if isinstance(value, str) or value is None:
        return value or "none"
    return " ".join(map(str, value)) or "none" if isinstance(value, Sequence) else str(value)
