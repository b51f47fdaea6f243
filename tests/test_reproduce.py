"""A whole study, on a small one made here: two experiments on numbers whose groups can be recognised."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import experiment, leakage, report, reproduce, splits, store
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs, Published
from cosmic_lib.studies import MODES, Data, Fault, Mode, Study

pytestmark = pytest.mark.usefixtures("quick_training")


def network(input_shape, num_classes, *, units=16):
    import keras

    inputs = keras.Input(input_shape, name="inputs")
    hidden = keras.layers.Dense(units, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax", name="out")(hidden), name="small")


def small(name, **changes):
    base = Experiment(
        name=name,
        title=name,
        parent=None,
        change=None,
        inputs=Inputs("numbers", shape=(6,), classes=2),
        build=network,
        compile=Compile("adam", 0.03),
        fit=Fit(epochs=20, batch_size=32),
        published=Published(line=7, accuracy=0.9),
    )
    return replace(base, **changes)


DIARY = Diary(
    [
        small("first"),
        small("second", parent="first", change="learning rate: 0.03 to 0.01", compile=Compile("adam", 0.01)),
    ]
)


def data(*, identity):
    """Forty groups of ten items; `identity` says how far the items of a group lie from those of the others."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(40), 10)
    label = np.arange(40) % 2
    centre = identity * rng.normal(size=(40, 6)) + 0.3 * label[:, None]
    items = pd.DataFrame(
        {
            "item": [f"{group}/{number}" for number, group in enumerate(groups)],
            "label": np.array(["a", "b"])[label[groups]],
            "group": [f"g{group}" for group in groups],
        }
    )
    return Data(
        name="numbers",
        origin="sample",
        items=items,
        arrays={"numbers": (centre[groups] + 0.3 * rng.normal(size=(400, 6))).astype("f4")},
        classes=("a", "b"),
        excluded=pd.DataFrame([("bad.txt", "unreadable")], columns=["file", "reason"]),
    )


STUDY = Study(
    name="numbers",
    title="Numbers",
    source="a source",
    data_set="none",
    group="group",
    item="number",
    load=None,
    sample=None,
    diary=DIARY,
    modes={
        "laptop": Mode(minutes=1, seeds=2),
        "smoke": Mode(minutes=1, seeds=1, max_epochs={"numbers": 1}, only=("first",)),
    },
    protocols={"published": "items are dealt out", "honest": "groups are dealt out"},
    deviations=("none that we know",),
    faults=(Fault("X1", "a fault", "line 1", "mend it", "proven", measure=lambda data, table: f"{len(table)} rows"),),
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return reproduce.Settings(STUDY, "laptop", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def summary(settings, quick_training):
    return reproduce.reproduce(settings, data(identity=1.5))


def test_recognisable_groups_make_a_gap(summary):
    first = summary["rows"][0]
    assert first["gap"]["low"] > 0.05
    assert first["verdict"] == "helped"
    assert first["gap"]["counted"] == "32 groups"
    assert first["published"]["accuracy"]["value"] - first["honest"]["accuracy"]["value"] == pytest.approx(
        first["gap"]["value"]
    )


def test_unrecognisable_groups_make_none(tmp_path):
    settings = reproduce.Settings(STUDY, "laptop", tmp_path, only=("first",), seeds=1)
    first, second = reproduce.reproduce(settings, data(identity=0))["rows"]
    assert second["why"] == "not asked for"
    gap = first["gap"]
    assert gap["low"] < 0 < gap["high"] or abs(gap["value"]) < 0.04


def test_diary_step_is_judged_on_validation_over_the_same_seeds(summary):
    first, second = summary["steps"]
    assert "difference" not in first
    assert second["difference"]["value"] == pytest.approx(np.mean(second["validation"]) - np.mean(first["validation"]))
    assert second["difference"]["counted"] == "2 seeds"


def test_test_set_is_opened_once_for_the_whole_diary(summary, settings):
    assert summary["test"]["opening"] == 1
    assert set(summary["test"]["accuracy"]) == {"first", "second"}
    assert len(json.loads((settings.runs / "test_openings.json").read_text())) == 1


def test_second_call_trains_nothing_and_says_the_same(summary, settings, monkeypatch):
    monkeypatch.setattr(experiment, "train", lambda *args, **kwargs: pytest.fail("trained again"))
    again = reproduce.reproduce(settings, data(identity=1.5))
    assert again == summary | {"made": again["made"]}


def test_summary_survives_json(summary):
    assert json.loads(json.dumps(summary)) == summary


def test_shuffled_labels_expose_the_published_protocol(tmp_path):
    """Labels dealt out among groups leave nothing to learn but which group an item is from."""
    settings = reproduce.Settings(STUDY, "laptop", tmp_path, only=("first",), seeds=1, control="shuffled-labels")
    row = reproduce.reproduce(settings, data(identity=3))["rows"][0]
    assert row["published"]["accuracy"]["low"] > 0.6
    assert row["honest"]["accuracy"]["low"] < 0.5


def test_leaking_honest_split_is_refused(tmp_path, monkeypatch):
    table = splits.make_table(data(identity=1).items)
    table.loc[table.index[:5], "honest"] = "train"
    table.loc[table.index[5:10], "honest"] = "validation"
    monkeypatch.setattr(splits, "load_or_make", lambda items, folder, **settings: table)
    with pytest.raises(leakage.LeakageError, match="shared group"):
        reproduce.reproduce(reproduce.Settings(STUDY, "smoke", tmp_path), data(identity=1))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0123456789abcdef.json", {"format": 0, "experiment": "first", "accuracy": 0.9}),
        ("0123456789abcdef.json", {"experiment": "first"}),
        ("test_openings.json", [{"runs": ["0123456789abcdef"], "when": "long ago"}]),
    ],
)
def test_results_of_another_version_are_refused_and_kept(tmp_path, monkeypatch, name, content):
    store.write_json(tmp_path / name, content)
    monkeypatch.setattr(experiment, "train", lambda *args, **kwargs: pytest.fail("trained all the same"))
    with pytest.raises(ValueError, match=r"another version.*move the folder away.*--runs"):
        reproduce.reproduce(reproduce.Settings(STUDY, "smoke", tmp_path), data(identity=1))
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert store.read_json(tmp_path / name) == content


def test_unknown_experiment_names_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="no experiment named third in numbers; there are: first, second"):
        _ = reproduce.Settings(STUDY, "laptop", tmp_path, only=("third",)).chosen


def test_report_shows_everything_a_reader_needs(summary, tmp_path):
    figures = report.pictures(summary, STUDY)
    made = report.write(summary, STUDY, page=tmp_path, results=tmp_path / "kept", figures=figures, command="make it")
    page = made.read_text()
    for text in (
        "0.90 (line 7)",
        "Made-up sample",
        "opened once",
        "bad.txt",
        "400 rows",
        "none that we know",
        "make it",
    ):
        assert text in page, text
    assert page.count("<img") == len(figures)
    table = report.main_table(summary)
    assert "5 folds" in table["gap"][0]
    assert "32 groups" in table["gap"][0]
    assert json.loads((tmp_path / "kept" / "summary-laptop.json").read_text()) == summary
    assert table["experiment"][1] in (tmp_path / "kept" / "results-laptop.md").read_text()


def test_rows_that_do_not_fit_the_mode_say_so(summary, tmp_path):
    chosen = reproduce.Settings(STUDY, "smoke", tmp_path).chosen
    assert [row.name for row in chosen] == ["first"]
    rows = reproduce.reproduce(reproduce.Settings(STUDY, "smoke", tmp_path), data(identity=1))["rows"]
    table = report.main_table(summary | {"rows": rows})
    assert table["ours, honest protocol"][1] == "not run in this mode"
    assert "scaled: at most 1 epochs" in table["experiment"][0]


def test_only_full_mode_is_not_scaled(summary):
    scaled = [any("Scaled" in line for line in report.heading(summary | {"mode": mode}, STUDY)) for mode in MODES]
    assert dict(zip(MODES, scaled, strict=True)) == {"smoke": True, "laptop": True, "full": False}


def test_data_of_ones_own_get_no_verdict_on_the_published_number(summary):
    lines = report.heading(summary | {"data": summary["data"] | {"origin": "folder"}}, STUDY)
    assert any("Data of your own: no verdict on the published number" in line for line in lines)


def test_control_is_named_before_any_number(summary):
    lines = report.heading(summary | {"control": "noise-features"}, STUDY)
    assert lines[0].startswith("NULL CONTROL (noise-features)")
