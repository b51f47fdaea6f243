"""Intervals and verdicts, on simulated data of which the truth is known."""

import numpy as np
import pytest
from scipy.stats import norm

from cosmic_lib import compare
from cosmic_lib.compare import CANNOT_TELL, HELPED, HURT, NO_DIFFERENCE, Estimate

SIMULATIONS = 200


def clustered(rng, groups=40, items=8, mean=0.6, spread=0.3) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong for items whose groups differ: some groups are easy, others hard."""
    easy = np.clip(rng.normal(mean, spread, size=groups), 0, 1)
    return (rng.random((groups, items)) < easy[:, np.newaxis]).ravel(), np.repeat(np.arange(groups), items)


def share_covered(estimates, truth) -> float:
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]))


@pytest.fixture(scope="module")
def simulated():
    """The truth, and intervals that count groups and that count items, from the same data."""
    rng = np.random.default_rng(0)
    truth = clustered(rng, groups=200_000)[0].mean()
    data = [clustered(rng) for _ in range(SIMULATIONS)]
    by_group = [compare.over_groups(values, groups) for values, groups in data]
    by_item = [compare.over_groups(values, np.arange(len(values))) for values, _ in data[: SIMULATIONS // 2]]
    return truth, by_group, by_item


def test_an_interval_over_groups_holds_the_truth_as_often_as_it_says(simulated):
    truth, by_group, _ = simulated
    assert 0.89 < share_covered(by_group, truth) < 0.99


def test_an_interval_over_items_would_be_too_narrow(simulated):
    truth, by_group, by_item = simulated
    assert share_covered(by_item, truth) < 0.88
    widths = [
        [estimate.high - estimate.low for estimate in estimates] for estimates in (by_group[: len(by_item)], by_item)
    ]
    assert (np.divide(*widths) > 1.2).mean() > 0.95


def test_where_items_of_a_group_do_not_agree_groups_cost_nothing():
    rng = np.random.default_rng(1)
    values, groups = rng.random(800) < 0.6, np.repeat(np.arange(100), 8)
    by_group, by_item = compare.over_groups(values, groups), compare.over_groups(values, np.arange(800))
    assert by_group.high - by_group.low == pytest.approx(by_item.high - by_item.low, rel=0.3)


def test_the_value_is_the_mean_over_items_and_the_interval_repeats():
    values, groups = [1, 1, 1, 0, 0, 1], ["a", "a", "a", "b", "c", "c"]
    estimate = compare.over_groups(values, groups, unit="track")
    assert estimate.value == pytest.approx(4 / 6)
    assert estimate.counted == "3 tracks"
    assert estimate.low <= estimate.value <= estimate.high
    assert estimate == compare.over_groups(values, groups, unit="track")
    shuffled = [5, 3, 1, 0, 4, 2]
    again = compare.over_groups([values[i] for i in shuffled], [groups[i] for i in shuffled], unit="track")
    assert again == estimate


def test_one_group_gives_no_interval():
    estimate = compare.over_groups([1, 0, 1], ["a"] * 3, unit="track")
    assert np.isnan([estimate.low, estimate.high]).all()
    assert estimate.counted == "1 track"
    assert "no interval" in str(estimate)
    assert compare.verdict(estimate) == CANNOT_TELL


@pytest.mark.parametrize("arguments", [([1, 0], ["a"]), ([], [])])
def test_nothing_to_estimate_from_is_refused(arguments):
    with pytest.raises(ValueError, match="give one of each|no items"):
        compare.over_groups(*arguments)


def run(rng, *, effect, groups=60, items=5) -> tuple[dict, dict, dict]:
    """Out-of-fold answers under two protocols: the same hard and easy groups, and an effect of one protocol."""
    easy = np.clip(rng.normal(0.5, 0.2, size=groups), 0.05, 0.95)
    names = [(group, item) for group in range(groups) for item in range(items)]
    chance = dict(zip(names, np.repeat(easy, items), strict=True))
    published = {name: rng.random() < chance[name] + effect for name in names}
    honest = {name: rng.random() < chance[name] for name in names}
    return published, honest, {name: name[0] for name in names}


def test_without_an_effect_a_verdict_is_wrong_about_one_time_in_twenty():
    rng = np.random.default_rng(2)
    verdicts = [compare.verdict(compare.protocol_gap(*run(rng, effect=0)), margin=0) for _ in range(SIMULATIONS)]
    wrong = np.mean([verdict != CANNOT_TELL for verdict in verdicts])
    assert 0 < wrong < 0.12


@pytest.mark.parametrize(("effect", "expected"), [(0.3, HELPED), (-0.3, HURT)])
def test_a_large_effect_is_found(effect, expected):
    rng = np.random.default_rng(3)
    found = [compare.verdict(compare.protocol_gap(*run(rng, effect=effect))) for _ in range(40)]
    assert np.mean([verdict == expected for verdict in found]) > 0.9


def test_no_difference_can_be_reached():
    rng = np.random.default_rng(4)
    differences = rng.choice([-1, 0, 1], p=[0.005, 0.99, 0.005], size=4000)
    assert compare.verdict(compare.over_groups(differences, np.arange(4000))) == NO_DIFFERENCE


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.10, HELPED),
        (0.001, 0.10, HELPED),
        (-0.10, -0.02, HURT),
        (-0.02, 0.10, CANNOT_TELL),
        (0.0, 0.10, CANNOT_TELL),
        (-0.009, 0.009, NO_DIFFERENCE),
        (-0.01, 0.01, NO_DIFFERENCE),
        (0.002, 0.008, NO_DIFFERENCE),
        (-0.008, -0.002, NO_DIFFERENCE),
        (-0.005, 0.02, CANNOT_TELL),
        (np.nan, np.nan, CANNOT_TELL),
    ],
)
def test_the_rule(low, high, expected):
    assert compare.verdict(Estimate((low + high) / 2, low, high, "9 groups", "by hand")) == expected


def test_the_margin_can_be_set():
    estimate = Estimate(0.03, 0.02, 0.04, "9 groups", "by hand")
    assert compare.verdict(estimate) == HELPED
    assert compare.verdict(estimate, margin=0.05) == NO_DIFFERENCE


def test_protocol_gap_pairs_by_item():
    published = {"a/0": True, "a/1": True, "b/0": False, "b/1": True}
    honest = {"b/1": True, "b/0": False, "a/1": False, "a/0": False}
    gap = compare.protocol_gap(published, honest, {"a/0": "a", "a/1": "a", "b/0": "b", "b/1": "b"}, unit="track")
    assert gap.value == pytest.approx(0.5)
    assert (gap.low, gap.high) == (0, 1)  # the tracks drawn may both be a, or both b
    assert gap.counted == "2 tracks"
    with pytest.raises(ValueError, match="1 items were held out under one protocol only"):
        compare.protocol_gap(published, honest | {"c/0": True}, {})


def wilson_by_hand(right, items):
    z, share = norm.ppf(0.975), right / items
    middle = (share + z**2 / (2 * items)) / (1 + z**2 / items)
    half = z / (1 + z**2 / items) * np.sqrt(share * (1 - share) / items + z**2 / (4 * items**2))
    return middle - half, middle + half


@pytest.mark.parametrize(("right", "items"), [(0, 5), (5, 5), (1, 3), (83, 100), (499, 1000)])
def test_wilson(right, items):
    estimate = compare.wilson(right, items)
    assert estimate.value == right / items
    assert (estimate.low, estimate.high) == pytest.approx(wilson_by_hand(right, items), abs=1e-12)
    mirrored = compare.wilson(items - right, items)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - estimate.high, 1 - estimate.low))
    more = compare.wilson(10 * right, 10 * items)
    assert more.high - more.low < estimate.high - estimate.low


@pytest.mark.parametrize(("right", "items"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_share(right, items):
    with pytest.raises(ValueError, match="not a share"):
        compare.wilson(right, items)


def test_pooled_spread_of_a_known_case():
    # squares about the means: (1 + 1) + (4 + 0 + 4) over (2 - 1) + (3 - 1) degrees of freedom
    spread, freedom = compare.pooled_spread({"one": [1, 3], "two": [0, 2, 4], "three": [7]})
    assert (spread, freedom) == (pytest.approx(np.sqrt(10 / 3)), 3)
    spread, freedom = compare.pooled_spread({"one": [0.5], "two": []})
    assert np.isnan(spread) and freedom == 0


def test_a_step_counts_the_seeds_that_both_were_trained_with():
    estimate = compare.step({0: 0.8, 1: 0.9, 7: 0.1}, {0: 0.7, 1: 0.6, 9: 0.9}, (0.02, 12))
    assert estimate.value == pytest.approx(0.2)
    assert estimate.counted == "2 seeds"
    alone = compare.step({0: 0.8}, {0: 0.7}, compare.pooled_spread({"child": [0.8], "parent": [0.7]}))
    assert alone.counted == "1 seed" and compare.verdict(alone) == CANNOT_TELL
    with pytest.raises(ValueError, match="no seed in common"):
        compare.step({0: 0.8}, {1: 0.7}, (0.02, 12))


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_of_a_step_holds_the_truth_as_often_as_it_says(seeds):
    rng = np.random.default_rng(seeds)
    estimates = []
    for _ in range(2000):
        scores = {name: dict(enumerate(rng.normal(mean, 0.02, seeds))) for name, mean in {"a": 0.7, "b": 0.75}.items()}
        spread = compare.pooled_spread({name: list(repeats.values()) for name, repeats in scores.items()})
        estimates.append(compare.step(scores["b"], scores["a"], spread))
    assert 0.93 < share_covered(estimates, 0.05) < 0.97


def test_macro_f1_is_that_of_scikit_learn_and_its_interval_counts_groups():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    labels = rng.choice(["a", "b", "c"], size=200, p=[0.7, 0.2, 0.1])
    predicted = np.where(rng.random(200) < 0.6, labels, rng.choice(["a", "b", "c"], size=200))
    groups = np.arange(200) // 4
    found = compare.macro_f1(labels, predicted, groups, unit="work")
    assert found.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert found.low < found.value < found.high and found.counted == "50 works"
    copied = compare.macro_f1(np.repeat(labels, 3), np.repeat(predicted, 3), np.repeat(groups, 3))
    assert (copied.low, copied.high) == pytest.approx((found.low, found.high)), "copies are no new evidence"
    by_hand = [
        f1_score(labels[rows], predicted[rows], average="macro", labels=["a", "b", "c"], zero_division=0)
        for rows in (np.concatenate([4 * drawn + n for n in range(4)]) for drawn in rng.integers(0, 50, (300, 50)))
    ]
    assert (found.low, found.high) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]), abs=0.03)


def test_macro_f1_of_one_group_has_no_interval_and_nothing_is_refused():
    assert np.isnan(compare.macro_f1(["a", "b"], ["a", "a"], [1, 1]).low)
    with pytest.raises(ValueError, match="no items"):
        compare.macro_f1([], [], [])
    with pytest.raises(ValueError, match="one per item"):
        compare.macro_f1(["a"], ["a", "b"], [1, 1])


def test_more_than_one_is_called_by_its_plural():
    assert [compare.plural(unit) for unit in ("track", "galaxy")] == ["tracks", "galaxies"]
    assert [compare.count_of(number, "galaxy") for number in (1, 0, 2)] == ["1 galaxy", "0 galaxies", "2 galaxies"]
