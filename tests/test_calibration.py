"""Calibration: a simulated network says how sure it should be, so that what is found can be held against it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic_lib import calibration, compare, plots


def simulated(truth: float, *, items: int = 4000, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What a network says that is too sure by a true temperature, and labels drawn as often as it should say."""
    rng = np.random.default_rng(seed)
    should = rng.dirichlet(np.full(classes, 0.7), size=items)
    labels = (rng.random((items, 1)) > should.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    said = should**truth
    return said / said.sum(axis=1, keepdims=True), labels


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(-np.log(np.maximum(probabilities, calibration.SMALLEST))[np.arange(len(labels)), labels].mean())


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.5])
def test_true_temperature_is_found_within_its_sampling_error(truth):
    found = [calibration.temperature(*simulated(truth, items=1500, seed=seed)) for seed in range(12)]
    error = np.std(found, ddof=1)
    assert abs(np.mean(found) - truth) < 4 * error / np.sqrt(len(found))
    assert error < 0.1 * truth
    np.testing.assert_allclose(calibration.temperature(*simulated(truth, items=40_000)), truth, rtol=0.02)


@pytest.mark.parametrize("truth", [0.5, 3.0])
def test_scaling_on_some_items_mends_others(truth):
    said, labels = simulated(truth, seed=1)
    mended = calibration.scaled(said, calibration.temperature(*simulated(truth, seed=2)))
    before, after = (calibration.expected_error(calibration.reliability(one, labels)) for one in (said, mended))
    assert after < 0.025 < 0.08 < before
    assert log_loss(mended, labels) < log_loss(said, labels)


def test_calibrated_probabilities_stay_as_they_are():
    said, labels = simulated(1.0)
    found = calibration.temperature(said, labels)
    assert found == pytest.approx(1, abs=0.06)
    assert np.abs(calibration.scaled(said, found) - said).max() < 0.02
    assert np.array_equal(calibration.scaled(said, 1), said)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), truth=st.floats(0.1, 9), classes=st.integers(2, 6))
def test_ranking_is_unchanged_and_rows_add_up_to_one(seed, truth, classes):
    said, _ = simulated(1.0, items=8, classes=classes, seed=seed)
    found = calibration.scaled(said, truth)
    distinct = np.maximum(said, calibration.SMALLEST)
    assert np.allclose(found.sum(axis=1), 1)
    order = np.take_along_axis(found, distinct.argsort(axis=1), axis=1)
    assert (np.diff(order, axis=1) >= -1e-12).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), truth=st.floats(0.3, 4))
def test_no_other_temperature_has_a_smaller_log_loss(seed, truth):
    said, labels = simulated(truth, items=200, seed=seed)
    found = calibration.temperature(said, labels)
    least = log_loss(calibration.scaled(said, found), labels)
    for other in np.geomspace(*calibration.BOUNDS, 25):
        assert least <= log_loss(calibration.scaled(said, other), labels) + 1e-6


def test_probabilities_of_zero_are_no_trouble():
    said = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    found = calibration.temperature(said, [0, 0, 1, 1])
    assert 1 < found < calibration.BOUNDS[1]
    mended = calibration.scaled(said, found)
    assert np.isfinite(mended).all() and mended.max(axis=1) == pytest.approx(0.75, abs=1e-3)  # right 3 times of 4
    never_wrong = calibration.temperature(said, [0, 0, 1, 0])
    assert calibration.BOUNDS[0] <= never_wrong <= calibration.BOUNDS[1]


def test_reliability_counts_every_item_once_in_its_bin():
    said, labels = simulated(2.0, items=500)
    said[0], labels[0] = (1, 0, 0, 0), 0
    table = calibration.reliability(said, labels, bins=8)
    confidence, right = said.max(axis=1), said.argmax(axis=1) == labels
    assert table["items"].sum() == 500 and table["items"].min() > 0
    assert ((table["low"] <= table["confidence"]) & (table["confidence"] <= table["high"])).all()
    assert np.average(table["right"], weights=table["items"]) == pytest.approx(right.mean())
    assert np.average(table["confidence"], weights=table["items"]) == pytest.approx(confidence.mean())
    last = table.iloc[-1]
    inside = confidence >= last["low"]
    expected = compare.wilson(int(right[inside].sum()), int(inside.sum()))
    assert (last["right"], last["right_low"], last["right_high"]) == (expected.value, expected.low, expected.high)


def test_intervals_count_groups_where_there_are_some():
    said, labels = (np.repeat(one, 5, axis=0) for one in simulated(2.0, items=100))
    single = calibration.reliability(said, labels, bins=2)
    grouped = calibration.reliability(said, labels, groups=np.arange(500) // 5, bins=2)
    same = ["low", "high", "confidence", "right", "items"]
    assert grouped[same].equals(single[same])
    wider = (grouped["right_high"] - grouped["right_low"]) / (single["right_high"] - single["right_low"])
    assert (wider > 1.6).all()  # the root of 5 is 2.2


@pytest.mark.parametrize(("truth", "finding"), [(2.5, "too sure"), (1.0, "about right"), (0.5, "not sure enough")])
def test_figure_tells_whether_the_network_is_too_sure(truth, finding):
    table = calibration.reliability(*simulated(truth, seed=3))
    picture = plots.reliability(table, "a run")
    assert f"a run: {finding}" in picture.alt
    assert f"error is {calibration.expected_error(table):.3f}" in picture.alt
    assert picture.table is table and len(picture.png()) > 5000


def test_expected_error_weighs_bins_by_their_items():
    said = np.array([[0.6, 0.4]] * 3 + [[0.9, 0.1]])
    table = calibration.reliability(said, [0, 0, 1, 1])
    assert calibration.expected_error(table) == pytest.approx((3 * (2 / 3 - 0.6) + 0.9) / 4)


@pytest.mark.parametrize(
    ("said", "labels", "message"),
    [
        ([[0.5, 0.5]], [0, 1], r"shape \(1, 2\) for 2 items"),
        (np.empty((0, 2)), [], "for 0 items"),
        ([0.5, 0.5], [0, 1], r"shape \(2,\)"),
        ([[0.5, np.nan]], [0], "no probabilities"),
        ([[-1.0, 2.0]], [0], "no probabilities"),
        ([[0.5, 0.5]], [2], "labels from 2 to 2 of 2 classes"),
    ],
)
def test_bad_input_is_named(said, labels, message):
    for function in (calibration.temperature, calibration.reliability):
        with pytest.raises(ValueError, match=message):
            function(said, labels)


def test_settings_that_make_no_sense_are_named():
    with pytest.raises(ValueError, match="0 bins"):
        calibration.reliability([[0.5, 0.5]], [0], bins=0)
    for value in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="above 0"):
            calibration.scaled([[0.5, 0.5]], value)
