"""The audit of the CIFAR-10 diary: every entry stands on lines of the source, and what is measured is right."""

from __future__ import annotations

import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from cosmic_lib import splits
from cosmic_lib.studies.cifar import colours, curves, measures
from cosmic_lib.studies.cifar.data import load
from cosmic_lib.studies.cifar.diary import DIARY
from cosmic_lib.studies.cifar.faults import FAULTS
from cosmic_lib.studies.cifar.published import PUBLISHED

LINES = 10_400
"""Of the source, at most."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return load("sample", tmp_path_factory.mktemp("cifar"), inputs=("grey", "colour", "scrambled"), per_class=20)


@pytest.fixture(scope="module")
def table(data):
    return splits.make_table(data.items)


@pytest.fixture(scope="module")
def said(data, table) -> dict[str, str]:
    """Name of an entry -> what it amounts to in the sample."""
    return {fault.name: fault.measure(data, table) for fault in FAULTS if fault.measure}


def shares(text: str) -> list[float]:
    """The percentages in a sentence."""
    return [float(found) for found in re.findall(r"(\d+(?:\.\d+)?)%", text)]


def test_entries_are_those_of_the_audit_and_stand_on_lines_of_the_source():
    assert [fault.name for fault in FAULTS] == [f"K{number}" for number in range(1, 18)]
    for fault in FAULTS:
        cited = [int(line) for line in re.findall(r"lines? (\d+)", fault.evidence)]
        assert cited or "no line" in fault.evidence
        assert all(0 < line < LINES for line in cited)


def test_what_is_measured_is_said_in_one_sentence_with_numbers(said):
    assert set(said) == {fault.name for fault in FAULTS} - {"K15"}
    for sentence in said.values():
        assert sentence.endswith(".") and ". " not in sentence
        assert any(map(str.isdigit, sentence)) and "nan" not in sentence


def test_grey_pictures_alone_have_no_colours_to_compare(data, table, said):
    grey = measures.scrambled_colour(replace(data, arrays={"grey": data.arrays["grey"]}), table)
    assert grey == "Of the 3,072 values of a picture of 32 x 32 pixels 2 stay in their place."
    assert said["K6"].startswith(grey[:-1]) and "correlate" in said["K6"]


def test_every_number_of_the_diary_has_its_curves():
    assert curves.names() == tuple(name for name in PUBLISHED)
    for name, published in PUBLISHED.items():
        fit = curves.published(name)
        assert list(fit.index) == list(range(1, (published.epochs or 0) + 1))
        assert fit["line"].is_monotonic_increasing and fit["line"].iloc[-1] < LINES
        assert fit[["accuracy", "val_accuracy"]].stack().between(0, 1).all()


def test_curves_are_found_by_name_and_cannot_be_spoilt():
    spoilt = curves.published("cnn_1")
    spoilt["loss"] = 0.0
    assert (curves.published("cnn_1")["loss"] > 0).all()
    with pytest.raises(ValueError, match="no published curves of 'cnn_99'; there are those of cnn_1, cnn_2"):
        curves.published("cnn_99")


def test_the_best_epoch_is_that_of_the_lowest_validation_loss():
    fit = curves.published("cnn_1")
    best = curves.best_epoch(fit)
    assert best < len(fit) and fit["val_loss"].loc[best] == fit["val_loss"].min()


def test_the_installed_keras_takes_the_pictures_it_is_given_and_that_of_the_source_the_share(said):
    assert keras.__version__.startswith("3.")
    here, source = said["K1"].split("; ")
    assert "5 steps of 10 on 50 pictures" in here and "validation_data" in here
    assert "40,000 of 50,000" in source and "validation_split" in source


def test_fewer_test_pictures_say_less(table, said):
    errors = re.search(r"of (\d\.\d+) points there and of (\d+\.\d+) on the (\d+)", said["K2"])
    there, here, pictures = map(float, errors.groups())
    assert pictures == (table["honest"] == "test").sum()
    assert here / there == pytest.approx((10_000 / pictures) ** 0.5, rel=0.02)


def test_repeats_are_those_that_the_builder_made(said):
    sentence = said["K3"]
    assert "cnn_4_v4 repeats cnn_4_v2" in sentence and "cnn_4_v5 repeats cnn_4_v3" in sentence
    assert "of 51 networks 11 repeat" in sentence


def test_noise_is_that_of_the_source_alone(said):
    sentence = said["K4"]
    assert "8 configurations" in sentence and "1.52 points (11 degrees" in sentence and "up to 4.7 points" in sentence
    smaller, changes = map(int, re.search(r"(\d+) of (\d+) changes", sentence).groups())
    assert 0 < smaller < changes == 50 - 11


def test_only_layers_show_new_pictures(said):
    plain, augmented = shares(said["K5"])
    assert plain == 0 and augmented > 50


def test_scrambling_moves_values_and_leaves_none_out(data):
    pictures = data.arrays["colour"][:20]
    scrambled = colours.scramble(pictures)
    np.testing.assert_array_equal(scrambled, data.arrays["scrambled"][:20])
    np.testing.assert_array_equal(np.sort(scrambled, axis=None), np.sort(pictures, axis=None))
    assert colours.neighbours(pictures) > colours.neighbours(scrambled) + 0.1
    noise = np.random.default_rng(0).integers(0, 256, pictures.shape)
    assert abs(colours.neighbours(noise)) < 0.05
    flat = np.broadcast_to(np.arange(8.0)[:, np.newaxis, np.newaxis], (1, 8, 8, 1))
    assert colours.neighbours(flat) > 0.9


def test_printed_losses_end_where_equal_outputs_lead(said):
    pairs = re.findall(r"(\d+\.\d+) and (\d+\.\d+)", said["K7"])
    assert len(pairs) == 4
    for plateau, last in pairs:
        assert float(last) == pytest.approx(float(plateau), rel=0.01)


def test_what_stopping_costs_is_named(said):
    sentence = said["K8"]
    assert "Of 48 fits" in sentence and "8.1 points in cnn_8_v2_lr0.1" in sentence


def test_scores_that_do_not_go_with_their_log_are_named(said):
    sentence = said["K9"]
    assert "of 39 networks" in sentence and "in 2: cnn_4_v1 (76.4% and 68.0%), cnn_7_v4 (79.9% and 81.9%)." in sentence


def test_steps_are_counted_by_the_settings_that_differ(said):
    sentence = said["K10"]
    assert "Of 50 steps 11 change nothing" in sentence
    assert "cnn_2 (convolutions, padding)" in sentence and "cnn_5_v1 (batch_norm, first_rate_everywhere)" in sentence
    assert "cnn_6_v3" not in sentence and "cnn_8_v4" not in sentence


def test_learning_rates_are_those_of_the_diary(said):
    found = re.findall(r"(\w+) (\d+) and (\d+)", said["K11"])
    assert {name for name, *_ in found} == {row.compile.optimizer for row in DIARY}
    assert all(int(theirs) <= int(ours) for _, theirs, ours in found)
    assert {name for name, theirs, _ in found if int(theirs) > 1} == {"adam"}


def test_contradictions_are_counted(said):
    sentence = said["K12"]
    for found in ("17 of 51", "number 4 of 8", "83.6%", "83.1%", "71.7%", "0.46 points", "0.34"):
        assert found in sentence


def test_overfitting_is_told_from_both_curves(said):
    over, logs = map(int, re.search(r"In (\d+) of (\d+) logs", said["K13"]).groups())
    assert logs == len(PUBLISHED) and over == 47


def test_dividing_twice_is_255_times_too_much(said):
    once, twice = map(float, re.search(r"becomes (\S+), and .* (\S+)\.$", said["K14"]).groups())
    assert once / twice == pytest.approx(255, rel=0.01) and once <= 1


def test_the_last_log_begins_from_nothing(said):
    ended, began, first = shares(said["K16"])
    assert abs(began - first) < 5 < ended - began


def test_epochs_of_the_colour_networks_differ(said):
    assert "60 epochs are compared with 50" in said["K17"]
