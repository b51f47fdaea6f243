"""Stricter splits, whole groups as items, made-up items and what a mode leaves out: on numbers made here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import report, reproduce
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Augment, Compile, Inputs, Published
from cosmic_lib.studies import Mode

from .test_reproduce import STUDY, data, small

pytestmark = pytest.mark.usefixtures("quick_training")


def in_bands(groups=60):
    """Numbers of groups, and of whole groups; three groups belong to one band, and can be known by it."""
    base = data(identity=0.0)
    rng = np.random.default_rng(5)
    number = np.repeat(np.arange(groups), 5)
    label, band = number % 2, number // 6 * 2 + number % 2
    centre = 1.5 * rng.normal(size=(band.max() + 1, 6))[band] + 0.3 * label[:, None]
    items = pd.DataFrame(
        {
            "item": [f"{group}/{place}" for place, group in enumerate(number)],
            "label": np.array(["a", "b"])[label],
            "group": [f"g{group}" for group in number],
            "band": [f"band {one}" for one in band],
        }
    )
    numbers = (centre + 0.3 * rng.normal(size=(len(number), 6))).astype("f4")
    whole = items.drop_duplicates("group").assign(item=lambda rows: rows["group"])
    other = replace(base, items=whole, arrays={"means": numbers.reshape(groups, 5, 6).mean(axis=1)})
    return replace(base, items=items, arrays={"numbers": numbers}, groupings=("band",), others={"means": other})


def again(data, rows, *, seed, times=1):
    """Made-up items: the rows seen, several times."""
    return np.tile(data.arrays["numbers"][rows], (times, 1)), np.tile(data.y[rows], times)


BANDS = replace(
    STUDY,
    diary=Diary(
        [
            small("first", protocols=("published", "honest", "band")),
            small(
                "mixed",
                parent="first",
                change="made-up items: in all parts",
                augment=Augment(again, {"times": 3}, before_split=True),
            ),
            small("whole", inputs=Inputs("means", shape=(9,), classes=2), protocols=("honest", "band"), published=None),
            small(
                "swept",
                parent="first",
                change="learning rate: 0.03 to 0.1",
                compile=Compile("adam", 0.1),
                published=Published(line=9),
                protocols=(),
            ),
            small("absent", inputs=Inputs("smells", shape=(3,), classes=2)),
        ]
    ),
    modes={
        "laptop": Mode(
            minutes=1,
            seeds=2,
            max_epochs={"numbers": 6},
            once=("whole",),
            augment={"times": 1},
            protocols={"first": ("published", "honest")},
            only=("first", "mixed", "swept", "absent"),
        ),
        "full": Mode(minutes=2, seeds=1, max_epochs={"numbers": 6, "means": 6}),
    },
)


@pytest.fixture(scope="module")
def summary(tmp_path_factory, quick_training):
    return reproduce.reproduce(reproduce.Settings(BANDS, "full", tmp_path_factory.mktemp("bands")), in_bands())


@pytest.fixture
def rows(summary):
    return {row["experiment"]: row for row in summary["rows"]}


def test_a_stricter_split_takes_away_what_bands_gave(summary, rows):
    found = rows["first"]["stricter"]["band"]
    assert found["gap"]["low"] > 0.05 and found["verdict"] == "helped"
    assert found["gap"]["counted"].endswith("bands")
    shown = report.tables(summary)["What stricter splits take away"]
    assert set(shown["experiment"]) == {"first", "whole"} and set(shown["protocol"]) == {"band"}


def test_nobody_is_asked_for_a_class_that_was_not_in_training(tmp_path):
    """All of class c is one band: where that is held out, no network can know it."""
    bands = in_bands()
    lone = bands.items["band"] == "band 3"
    items = bands.items.assign(label=bands.items["label"].mask(lone, "c"))
    data = replace(bands, items=items, classes=("a", "b", "c"), others={})
    study = replace(BANDS, diary=Diary([small("first", protocols=("honest", "band"))]))
    row = reproduce.reproduce(reproduce.Settings(study, "full", tmp_path, seeds=1), data)["rows"][0]
    assert row["stricter"]["band"]["gap"]["counted"] == f"{items['band'][~lone].nunique()} bands"
    assert row["band"]["accuracy"]["counted"] == f"{items['band'].nunique()} bands"


def test_whole_groups_have_one_protocol_and_their_own_items(summary, rows):
    row = rows["whole"]
    assert row["whole"] and "published" not in row and "gap" not in row
    assert row["honest"]["accuracy"]["counted"] == "48 groups"
    main = report.main_table(summary).set_index(pd.Index(rows))
    assert main.loc["whole", "ours, published protocol"] == "the same"
    assert main.loc["whole", "published"] == "not in the source"
    assert main.loc["swept", "published"] == "announced, not printed (line 9)"
    assert "validation, 1 seed" in main.loc["swept", "ours, honest protocol"]


def test_made_up_items_are_scored_apart_from_real_ones(summary, rows):
    for protocol in ("published", "honest"):
        found = rows["mixed"][protocol]["made_up"]
        assert found["real"] == pytest.approx(rows["mixed"][protocol]["accuracy"]["value"])
        assert min(found["real"], found["made_up"]) <= found["together"] <= max(found["real"], found["made_up"])
    assert rows["first"]["honest"]["made_up"] is None
    assert set(report.tables(summary)["Made-up items held out"]["experiment"]) == {"mixed"}


def test_steps_are_also_paired_out_of_fold(summary, rows):
    steps = {step["experiment"]: step for step in summary["steps"]}
    difference = rows["mixed"]["honest"]["accuracy"]["value"] - rows["first"]["honest"]["accuracy"]["value"]
    assert steps["mixed"]["out_of_fold"]["value"] == pytest.approx(difference)
    assert "out_of_fold" not in steps["swept"] and "difference" in steps["swept"]


def test_data_without_the_inputs_say_so(rows):
    assert rows["absent"]["why"] == "these data have no such inputs"


def planned(tmp_path, **choices):
    """Columns by experiment, and the experiments as they would be trained."""
    settings = reproduce.Settings(BANDS, "laptop", tmp_path, **choices)
    material = reproduce.Material.of(settings, in_bands())
    plan = {}
    for row, column, _ in reproduce._plan(settings, material):
        plan.setdefault(row.name, []).append(column)
    return plan, {row.name: row for row in material.rows}


def test_a_mode_trains_less_than_the_study(tmp_path):
    plan, rows = planned(tmp_path)
    assert list(plan) == ["first", "mixed", "swept"]
    assert len(plan["first"]) == 10 + 2 and plan["mixed"] == plan["swept"] == ["honest", "honest"]
    assert rows["first"].fit.epochs == 6 and rows["mixed"].augment.settings == {"times": 1}
    assert len(planned(tmp_path, seeds=4)[0]["mixed"]) == 4


def test_what_is_asked_for_by_name_is_trained_under_all_its_protocols(tmp_path):
    plan, _ = planned(tmp_path, only=("whole", "first"))
    assert len(plan["first"]) == 15 + 2
    assert len(plan["whole"]) == 10 + 1  # once, in this mode
    with pytest.raises(ValueError, match="has no smells; there are: numbers, means"):
        planned(tmp_path, only=("absent",))


def test_the_page_of_a_study_is_made_from_its_results(summary, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no summary-<mode>.json; cosmic reproduce numbers"):
        report.study_page(BANDS, Path(tmp_path))
    report.write(summary, BANDS, page=tmp_path / "page", results=tmp_path, figures=[], command="make it")
    page = report.study_page(BANDS, tmp_path).decode()
    for text in ("# Our results, full mode", "first", "What stricter splits take away", "X1", "none that we know"):
        assert text in page, text
