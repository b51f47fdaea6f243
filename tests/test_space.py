"""Choices that become experiments: with the values chosen, and else as the experiment they start from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cosmic_lib import diary
from cosmic_lib.experiment import Fit
from cosmic_lib.space import Space, variant

SPACE = Space(
    "tiny",
    {
        "units": {"few": 4, "some": 8, "many": 16},
        "learning_rate": {"slow": 0.001, "fast": 0.1},
        "batch_size": {"32": 32, "64": 64},
    },
)
CHOICE = {"units": "many", "learning_rate": "fast", "batch_size": "64"}


def test_a_variant_has_the_values_and_else_its_parent(tiny_experiment):
    parent = replace(tiny_experiment, honest_fit=Fit(epochs=9, batch_size=8, patience=5))
    row = variant(parent, SPACE, CHOICE)
    assert diary.differences(row, parent) == [
        "learning_rate: 0.01 to 0.1", "batch_size: 32 to 64"
    ]  # 16 units are the default  # fmt: skip
    assert row.honest_fit == Fit(epochs=9, batch_size=64, patience=5)
    assert row.build((6,), 3).get_layer("hidden").units == 16
    assert (row.parent, row.published, row.protocols) == ("tiny", None, ())
    assert row.change == "units many, learning_rate fast, batch_size 64" and row.change in row.name
    assert diary.configuration(row) == diary.configuration(variant(parent, SPACE, CHOICE))
    others = [variant(parent, SPACE, CHOICE | {"units": label}) for label in SPACE.choices["units"]]
    assert len({one.name for one in others}) == len({diary.configuration(one) for one in others}) == 3


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (CHOICE | {"units": "none"}, "no units labelled 'none' in the space; there are: few, some, many"),
        ({"units": "few"}, "give one for each of units, learning_rate, batch_size"),
        (CHOICE | {"colour": "red"}, "give one for each of"),
    ],
)
def test_labels_that_are_not_in_the_space_are_refused(tiny_experiment, labels, message):
    with pytest.raises(ValueError, match=message):
        variant(tiny_experiment, SPACE, labels)


def test_a_setting_without_values_is_refused():
    with pytest.raises(ValueError, match="nothing to choose from for units"):
        Space("tiny", {"units": {}})
