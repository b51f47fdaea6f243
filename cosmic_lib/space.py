"""The settings that a search may choose from, and the experiment that a choice makes."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from cosmic_lib.experiment import Compile, Experiment, Fit


@dataclass(frozen=True)
class Space:
    """What a search may choose from.

    Args:
        parent: name of the experiment in the diary whose settings are varied.
        choices: setting -> label -> value, a plain one. A setting is a field of `Compile` or of `Fit`, or an argument
            of the builder.
        folds: score each choice on this many folds of the honest protocol; by default on the validation part.

    Raises:
        ValueError: a setting without values.
    """

    parent: str
    choices: Mapping[str, Mapping[str, Any]]
    folds: int = 0

    def __post_init__(self):
        if empty := [setting for setting, labels in self.choices.items() if not labels]:
            raise ValueError(f"nothing to choose from for {', '.join(empty)}; give it values, or leave it out")

    @property
    def combinations(self) -> int:
        """How many different experiments there are in it."""
        return math.prod(len(labels) for labels in self.choices.values())


def variant(parent: Experiment, space: Space, labels: Mapping[str, str]) -> Experiment:
    """An experiment with one choice made for every setting of a space.

    Args:
        parent: whose other settings it keeps.
        space: what there is to choose from.
        labels: setting -> label of its value.

    Raises:
        ValueError: a setting that the parent does not have, one without a label, or a label that is not in the space.
    """
    if labels.keys() != space.choices.keys():
        raise ValueError(f"labels for {', '.join(labels)}; give one for each of {', '.join(space.choices)}")
    for setting, label in labels.items():
        if label not in space.choices[setting]:
            known = ", ".join(space.choices[setting])
            raise ValueError(f"no {setting} labelled {label!r} in the space; there are: {known}")
    values = {setting: space.choices[setting][label] for setting, label in labels.items()}
    compiled, fitted, built = (
        {name: value for name, value in values.items() if name in names} for names in _settings(parent)
    )
    if unknown := values.keys() - compiled.keys() - fitted.keys() - built.keys():
        known = ", ".join(name for names in _settings(parent) for name in names)
        raise ValueError(f"{parent.name}: has no setting {', '.join(sorted(unknown))}; there are: {known}")
    change = text(labels)
    return replace(
        parent,
        name=f"{parent.name} ({change})",
        title=f"{parent.title}, {change}",
        parent=parent.name,
        change=change,
        build=functools.partial(parent.build, **built),
        compile=replace(parent.compile, **compiled),
        fit=replace(parent.fit, **fitted),
        honest_fit=parent.honest_fit and replace(parent.honest_fit, **fitted),
        published=None,
        protocols=(),
    )


def text(labels: Mapping[str, str]) -> str:
    """Settings and the labels of their values, in words."""
    return ", ".join(f"{setting} {label}" for setting, label in labels.items())


def _settings(parent: Experiment) -> tuple[list[str], list[str], list[str]]:
    """Names of the settings in `compile`, in `fit`, and of the builder after the shape and the number of classes."""
    compiled, fitted = ([field.name for field in fields(part)] for part in (Compile, Fit))
    built = list(inspect.signature(parent.build).parameters)[2:]
    return compiled, fitted, [name for name in built if name not in (*compiled, *fitted)]
