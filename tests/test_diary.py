"""Which experiments are the same, and in what they differ."""

from dataclasses import replace
from functools import partial

import pytest

from cosmic_lib.diary import Diary, configuration, differences, one_of_each_kind
from cosmic_lib.experiment import Augment, Compile, Published

from .conftest import tiny_network


def echo(data, rows, *, seed):
    return data.arrays["numbers"][rows], data.y[rows]


def test_titles_and_published_numbers_change_no_configuration(tiny_experiment):
    told = replace(tiny_experiment, name="b", title="B", published=Published(line=9, f1=0.1), protocols=())
    assert configuration(told) == configuration(tiny_experiment)
    written_out = replace(tiny_experiment, build=partial(tiny_network, units=16))
    assert configuration(written_out) == configuration(tiny_experiment)


@pytest.mark.parametrize(
    "changes",
    [
        {"build": partial(tiny_network, units=17)},
        {"build": partial(tiny_network, dropout_rate=0.2)},
        {"compile": Compile("adam", 0.02)},
        {"compile": Compile("rmsprop", 0.01)},
        {"augment": Augment(echo)},
    ],
    ids=["units", "dropout", "learning rate", "optimizer", "augmentation"],
)
def test_whatever_a_run_depends_on_changes_the_configuration(tiny_experiment, changes):
    assert configuration(replace(tiny_experiment, **changes)) != configuration(tiny_experiment)


def test_fit_inputs_and_the_honest_fit_are_part_of_it(tiny_experiment):
    fit, inputs = tiny_experiment.fit, tiny_experiment.inputs
    others = [
        replace(tiny_experiment, fit=replace(fit, batch_size=64)),
        replace(tiny_experiment, honest_fit=replace(fit, patience=9)),
        replace(tiny_experiment, inputs=replace(inputs, divide_by=255)),
        replace(tiny_experiment, inputs=replace(inputs, name="others")),
    ]
    assert len({configuration(row) for row in (tiny_experiment, *others)}) == 5


def test_repeats_are_found_and_one_of_them_is_run(tiny_experiment):
    again = replace(tiny_experiment, name="again", parent="tiny", change="nothing")
    other = replace(tiny_experiment, name="other", parent="tiny", change="rate", compile=Compile("adam", 0.5))
    taught = replace(again, name="taught", protocols=("published", "honest", "artist"))
    diary = Diary([tiny_experiment, again, other, taught])
    assert diary.kinds == {"tiny": "tiny", "again": "tiny", "other": "other", "taught": "tiny"}
    assert [row.name for row in one_of_each_kind(diary[:3], diary.kinds)] == ["tiny", "other"]
    assert [row.name for row in one_of_each_kind(diary, diary.kinds)] == ["other", "taught"]


def test_the_spread_of_the_source_is_that_of_its_repeats(tiny_experiment):
    def printed(name, **scores):
        return replace(tiny_experiment, name=name, published=Published(line=1, **scores))

    diary = Diary([printed("a", f1=0.5, accuracy=0.9), printed("b", f1=0.7), printed("c", accuracy=0.6)])
    spread, freedom = diary.published_spread
    assert (spread, freedom) == (pytest.approx(0.1), 2)


def test_differences_name_each_setting_that_changed(tiny_experiment):
    child = replace(
        tiny_experiment,
        build=partial(tiny_network, units=32),
        compile=Compile("rmsprop", 0.01),
        inputs=replace(tiny_experiment.inputs, divide_by=255),
    )
    assert differences(child, tiny_experiment) == [
        "divide_by: none to 255",
        "optimizer: adam to rmsprop",
        "units: 16 to 32",
    ]
    assert differences(tiny_experiment, replace(tiny_experiment, title="other words")) == []
