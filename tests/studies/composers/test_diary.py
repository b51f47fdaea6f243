"""The composers diary says what was trained, what differed, and what was run again without being noticed."""

from itertools import product
from pathlib import Path

import pytest
import yaml

from cosmic_lib.diary import differences
from cosmic_lib.studies.composers import SPACE, STUDY, inputs, models
from cosmic_lib.studies.composers.diary import DIARY

SOURCE = [row for row in DIARY if row.published is not None]
PARTS = ("inputs", "build", "compile", "fit", "honest_fit", "augment")

# Sections C8 and C12 of the audit: one experiment, run again.
REPEATED = [{"lstm", "lstm_again"}, {"cnn_threshold_0_1", "cnn_threshold_1", "cnn_threshold_10"}]

PRINTED = {
    "lstm": ("LSTM", 986),
    "lstm_again": ("LSTM", 1058),
    "cnn_4": ("CNN_4", 1468),
    "cnn_4_random_search": ("CNN_4_random_search", 2659),
    "cnn_all_145": ("CNN_all_145", 2791),
    "cnn_threshold_0_1": ("CNN_threshold_0_1", 2983),
    "cnn_threshold_1": ("CNN_threshold_1", 3056),
    "cnn_threshold_10": ("CNN_threshold_10", 3131),
}
"""Experiment -> the network of the source, and the line of its score."""


@pytest.fixture(scope="module")
def facts(real_data) -> dict[str, dict]:
    """What was read off the source, by hand, where it lies beside the clone: network -> its facts."""
    path = Path(real_data).parent / "studies" / "composers.yaml"
    if not path.is_file():
        pytest.skip("no studies/composers.yaml beside the real data")
    return {model["id"]: model for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]}


def scores(model: dict) -> set[tuple[int, float]]:
    """Line and value of every accuracy that was printed for a network."""
    found = {
        (row["line"], row["val_accuracy"]) for one in model["results"] for row in one.get("curve", {}).get("rows", [])
    }
    for one in model["results"]:
        for name in ("test_accuracy", "validation_accuracy"):
            if name in one:
                found.add((one[name]["line"], round(one[name]["value"], 4)))
    return found


def test_rows_of_the_source_come_first_and_in_its_order():
    assert [row.name for row in SOURCE] == list(PRINTED)
    lines = [row.published.line for row in SOURCE]
    assert lines == sorted(lines) == [line for _, line in PRINTED.values()]
    last = max(DIARY.index(row) for row in SOURCE)
    assert [row.name for row in DIARY[: last + 1] if row.published is None] == ["cnn_4_dropout"]


@pytest.mark.parametrize("row", SOURCE, ids=lambda row: row.name)
def test_scores_and_training_are_as_they_were_printed(facts, row):
    model = facts[PRINTED[row.name][0]]
    assert (row.published.line, row.published.accuracy) in scores(model)
    stated = {**facts["CNN_4"]["training"], **model["training"]} if "cnn" in row.name else model["training"]
    if row.name == "cnn_4_random_search":
        best = model["search"]["best_params"]
        assert (row.fit.epochs, row.fit.batch_size) == (best["epochs"], best["batch_size"]) == (10, 30)
        assert row.compile.optimizer == best["optimizer"]
        assert DIARY["cnn_4_random_search"].build.keywords == {"dropout": (best["dropout_rate"],) * 3}
    else:
        size = stated["batch_size"]
        assert row.fit.epochs == row.published.epochs == stated["epochs"]["value"]
        assert row.fit.batch_size == size.get("inferred", size["value"])
        assert row.compile.optimizer == stated["optimizer"]["value"].lower()


@pytest.mark.parametrize("name", ["lstm", "cnn_4", "cnn_all_145", "cnn_threshold_0_1", "cnn_threshold_10"])
def test_networks_are_as_large_as_was_printed(facts, name):
    import keras

    with keras.StatelessScope(initialize_variables=False):
        model = DIARY[name].model()
    facts = facts[PRINTED[name][0]]
    assert model.count_params() == facts["params"]["published"]["total"]
    assert list(model.input_shape[1:]) == facts.get("input_shape", [128, 150, 1])
    layers = [layer["type"] for layer in facts["layers"]]
    assert [type(layer).__name__ for layer in model.layers[1:]] == layers
    if "filter" in facts and name != "cnn_threshold_10":
        assert DIARY[name].inputs.classes == facts["filter"]["above"]


def test_the_thresholds_as_meant_have_the_classes_that_were_counted(facts):
    for name, model in (("cnn_threshold_1_meant", "CNN_threshold_1"), ("cnn_threshold_10_meant", "CNN_threshold_10")):
        assert DIARY[name].inputs.classes == facts[model]["filter"]["above"]
        assert DIARY[name.removesuffix("_meant")].inputs.classes == 49
        share = inputs.THRESHOLDS[DIARY[name].inputs.name]
        assert share == facts[model]["filter"]["threshold_percent"] / 100


def test_the_hash_alone_finds_what_was_run_again():
    groups: dict[str, set[str]] = {}
    for name, first in DIARY.kinds.items():
        groups.setdefault(first, set()).add(name)
    assert [group for group in groups.values() if len(group) > 1] == REPEATED


@pytest.mark.parametrize("row", [row for row in DIARY if row.parent], ids=lambda row: row.name)
def test_a_step_changes_one_thing_and_says_which(row):
    parent = DIARY[row.parent]
    changed = [part for part in PARTS if getattr(row, part) != getattr(parent, part)]
    if row.change.startswith("nothing"):
        assert not changed and not differences(row, parent)
        return
    assert len(changed) == 1
    said = {"inputs": "input", "build": ("dropout", "network"), "fit": "batch size", "augment": "training part"}
    assert row.change.startswith(said[changed[0]])
    if changed != ["inputs"]:  # of inputs, the size may change with the name
        assert len(differences(row, parent)) == 1 or changed == ["augment"] or "network" in row.change


def test_what_came_first_has_no_parent():
    assert [row.name for row in DIARY if row.parent is None] == ["lstm", "cnn_4"]


def test_nothing_stops_early_and_the_last_epoch_is_scored():
    assert {(row.fit.patience, row.fit.restore_best_weights) for row in DIARY} == {(None, False)}
    assert {(row.build is models.lstm, row.fit.epochs) for row in DIARY} == {(True, 50), (False, 10)}


def test_inputs_are_scaled_as_in_the_source():
    """Rolls by 127 (line 1398); features clipped and standardised (lines 658 and 845)."""
    for row in DIARY:
        assert row.inputs.name in inputs.INPUTS
        rolled = row.inputs.name not in ("windows", "piece_two", "piece_eight")
        assert (row.inputs.divide_by, row.inputs.clip) == ((127, False) if rolled else (None, True))
        assert row.inputs.shape[0] == (128 if rolled else 10 if row.inputs.name == "windows" else 1)


def test_the_space_is_the_one_that_was_searched(facts):
    search = facts["CNN_4_random_search"]["search"]
    names = {"dropout": "dropout_rate"}
    for name, choices in SPACE.choices.items():
        assert list(choices) == list(map(str, search["space"][names.get(name, name)]["values"]))
        assert [one[0] if isinstance(one, tuple) else one for one in choices.values()] == search["space"][
            names.get(name, name)
        ]["values"]
    assert len(list(product(*SPACE.choices.values()))) == search["combinations_in_space"] == 32
    assert (SPACE.parent, SPACE.folds) == ("cnn_4", search["settings"]["cv"])
    best = search["best_params"]
    assert SPACE.choices["dropout"][str(best["dropout_rate"])] == DIARY["cnn_4_dropout"].build.keywords["dropout"]


def test_modes_run_what_there_is_under_protocols_that_it_has():
    for name, mode in STUDY.modes.items():
        assert set(mode.only) <= {row.name for row in DIARY}, name
        for experiment, protocols in (mode.protocols or {}).items():
            assert set(protocols) <= set(DIARY[experiment].protocols) and experiment in mode.only
            assert set(protocols) <= set(STUDY.protocols)
    assert STUDY.asked in {row.name for row in DIARY if row.inputs.name in STUDY.read}


def test_conclusions_of_the_source_stand_on_a_line():
    for row in SOURCE:
        assert "(line" in row.published.concluded, row.name
