"""A study whose data come with a test part: a split for each protocol, repeats run once, conclusions held to noise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import compare, experiment, report, reproduce, splits
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Fit, Inputs, Published
from cosmic_lib.studies import Fault, Mode, Study
from cosmic_lib.training import prepare

from .conftest import tiny_network

pytestmark = pytest.mark.usefixtures("quick_training")


def published(line, f1, concluded=""):
    return Published(line=line, f1=f1, concluded=concluded)


LAST = Fit(epochs=3, batch_size=32, patience=2, restore_best_weights=False)


@pytest.fixture(scope="module")
def study() -> Study:
    first = experiment.Experiment(
        name="first",
        title="First",
        parent=None,
        change=None,
        inputs=Inputs("numbers", shape=(6,), classes=3, divide_by=2),
        build=tiny_network,
        compile=Compile("adam", 0.03),
        fit=LAST,
        honest_fit=replace(LAST, restore_best_weights=True),
        published=published(1, 0.60),
        protocols=(splits.PUBLISHED,),
    )
    wide = {"parent": "first", "change": "units: 16 to 32", "protocols": ()}
    wider = replace(
        first, name="wider", build=partial(tiny_network, units=32), published=published(2, 0.64, "64 %"), **wide
    )
    again = replace(wider, name="again", build=partial(tiny_network, units=32), published=published(3, 0.61))
    slow = replace(
        first,
        name="slow",
        parent="again",
        change="two things: rate and dropout",
        compile=Compile("adam", 0.003),
        build=partial(tiny_network, units=32, dropout_rate=0.2),
        published=published(4, 0.30, "worse"),
        protocols=(),
    )
    return Study(
        name="numbers",
        title="Numbers",
        source="a source",
        data_set="none",
        group="image",
        item="number",
        load=None,
        sample=None,
        diary=Diary([first, wider, again, slow]),
        modes={"laptop": Mode(minutes=1, seeds=2), "full": Mode(minutes=2, seeds=2)},
        protocols={"published": "as they come", "honest": "sealed"},
        deviations=("none.",),
        faults=(Fault("X1", "a fault", "line 1", "mend it", "proven"),),
    )


@pytest.fixture(scope="module")
def data(make_tiny_data):
    """Two hundred items of which the last fifty are for testing; two of those repeat items to train on."""
    found = make_tiny_data(groups=200, items=1)
    items = found.items.assign(official=np.where(np.arange(200) < 150, "train", "test"))
    items.loc[[150, 151], "group"] = items.loc[[3, 149], "group"].to_numpy()
    return replace(found, items=items)


@pytest.fixture(scope="module")
def table(data):
    return splits.make_table(data.items)


@pytest.fixture(scope="module")
def settings(study, tmp_path_factory):
    return reproduce.Settings(study, "laptop", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def summary(settings, data, quick_training):
    return reproduce.reproduce(settings, data)


def test_the_published_split_takes_the_items_as_they_come(table):
    assert table[splits.PUBLISHED].tolist() == ["train"] * 120 + ["validation"] * 30 + ["held_out"] * 50


def test_the_honest_split_seals_the_test_part_and_trains_on_nothing_that_is_in_it(table):
    honest = table[splits.HONEST]
    assert (honest[150:] == splits.TEST).all()
    assert honest[[3, 149]].tolist() == [splits.LEFT_OUT] * 2
    training = honest[:150].value_counts()
    assert training[splits.VALIDATION] == pytest.approx(148 / 5, abs=1)
    shares = pd.crosstab(honest, table["label"], normalize="index")
    np.testing.assert_allclose(shares.loc[splits.VALIDATION], shares.loc[splits.TRAIN], atol=0.03)
    assert not set(table["group"][honest == splits.TEST]) & set(table["group"][honest == splits.TRAIN])


def test_the_table_is_kept_and_one_without_official_parts_is_another(data, tmp_path):
    first = splits.load_or_make(data.items, tmp_path)
    pd.testing.assert_frame_equal(splits.load_or_make(data.items, tmp_path), first)
    folds = splits.load_or_make(data.items.drop(columns="official"), tmp_path)
    assert splits.has(first, "published") and not splits.has(first, "honest")
    assert splits.has(folds, "published") and splits.has(folds, "honest") and not splits.has(folds, "artist")


def test_official_parts_have_to_be_two(data):
    with pytest.raises(ValueError, match="official parts are train; they have to be train and test"):
        splits.make_table(data.items.assign(official="train"))


def test_each_split_has_its_own_fit(study, data, table, tmp_path):
    """The honest one restores the best weights, the published one does not; nothing else tells them apart."""
    row = study.diary["first"]
    assert not row.on("published").fit.restore_best_weights and row.on("honest").fit.restore_best_weights
    assert replace(row.on("honest"), fit=row.fit) == row.on("published")
    keys = {experiment.key(row, data, table, name, seed=0, mode="full", epochs=3) for name in splits.PROTOCOLS}
    assert len(keys) == 2


def test_inputs_are_divided_by_a_number_and_kept_as_they_are(study, data, table):
    prepared = prepare(study.diary["first"], data, table, "honest", seed=0)
    assert prepared.inputs is data.arrays["numbers"]
    (batch,) = prepared.batches(np.arange(5), batch_size=8)
    np.testing.assert_allclose(np.asarray(batch), data.arrays["numbers"][:5] / 2, rtol=1e-6)


def test_both_protocols_are_scored_on_the_same_test_items(summary, data):
    first, wider, *_ = summary["rows"]
    test = summary["test"]["accuracy"]["first"]
    assert summary["official"] and first["seeds"] == 2
    assert first["published"]["score"]["items"] == 50 and test["counted"] == first["published"]["accuracy"]["counted"]
    assert first["gap"]["value"] == pytest.approx(np.mean(first["published"]["by_seed"]) - test["value"])
    assert first["gap"]["counted"] == "2 seeds"
    assert set(first["published"]["baselines"]) == {"majority", "nearest class mean"}
    assert "published" not in wider and "gap" not in wider


def test_the_test_part_is_opened_once(summary, settings):
    assert summary["test"]["opening"] == 1
    results = [path for path in settings.runs.glob("*.json") if len(path.stem) == 16]
    assert len(results) == 2 * 4  # first under two protocols, and two others


def test_a_repeat_is_run_once_and_says_of_what_it_is_one(summary):
    again = summary["rows"][2]
    assert not again["run"] and again["why"] == "the same network, trained the same way, as wider"
    assert [step["experiment"] for step in summary["steps"]] == ["first", "wider", "slow"]
    slow = summary["steps"][2]
    assert slow["parent"] == "again"
    assert slow["difference"]["value"] == pytest.approx(
        np.mean(slow["validation"]) - np.mean(summary["steps"][1]["validation"])
    )


def test_conclusions_are_held_to_the_spread_of_the_author_s_own_repeats(summary, study):
    found = summary["conclusions"]
    assert found["freedom"] == 1 and found["spread"] == pytest.approx(0.03 / np.sqrt(2))
    wider, again, slow = found["steps"]
    assert wider["concluded"] == "64 %" and wider["theirs"]["value"] == pytest.approx(0.04)
    half = compare.by_chance((found["spread"], found["freedom"]))
    assert wider["theirs"]["high"] - wider["theirs"]["value"] == pytest.approx(half)
    assert wider["theirs"]["verdict"] == compare.CANNOT_TELL
    assert slow["differences"] == ["learning_rate: 0.03 to 0.003", "dropout_rate: 0.1 to 0.2"]
    assert again["ours"] == wider["ours"]


def test_the_report_tells_both_protocols_and_the_conclusions(summary, study, tmp_path):
    lines = " ".join(report.heading(summary, study))
    assert "opened once" in lines and "The author's own repeats" in lines and "2.12 points" in lines
    tables = report.tables(summary)
    row = tables["Published and ours"].iloc[0]
    assert row["published"] == "macro F1 0.60 (line 1)"
    assert all("test, 2 seeds" in row[f"ours, {name} protocol"] for name in splits.PROTOCOLS)
    concluded = tables["What was concluded, and what repeats say"]
    assert concluded["its author concluded"].tolist() == ["64 %", "(line 3)", "worse"]
    assert concluded["what differs"][1] == "units: 16 to 32"
    figures = report.pictures(summary, study)
    page = report.write(summary, study, page=tmp_path, results=tmp_path, figures=figures, command="make it").read_text()
    assert "the same network, trained the same way, as wider" in page


def test_no_repeats_in_the_source_give_no_conclusions(study, settings, data):
    alone = replace(study, diary=Diary([study.diary["first"], study.diary["wider"]]))
    summary = reproduce.reproduce(replace(settings, study=alone), data)
    assert summary["conclusions"] == {}
    assert "What was concluded, and what repeats say" not in report.tables(summary)
