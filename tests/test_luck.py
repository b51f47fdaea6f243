"""What luck gives, held against theory: coin flips, normal scores, and networks of which one is really better."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import luck

MAXIMUM_OF_TEN = 1.5388
"""Expected maximum of ten standard normal numbers."""


def coins(networks=200, items=400, p=0.5, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).random((networks, items)) < p


@pytest.mark.parametrize("p", [0.5, 0.8])
def test_optimism_of_coin_flips_is_that_of_theory(p):
    theory = MAXIMUM_OF_TEN * np.sqrt(p * (1 - p) / 200)  # 200 items in a half
    assert luck.optimism(coins(p=p), 10).value == pytest.approx(theory, rel=0.1)


def test_optimism_is_nothing_for_one_and_grows_with_the_number():
    values = [luck.optimism(coins(), n).value for n in (1, 3, 10, 50)]
    assert abs(values[0]) < 0.003 < 0.01 < values[1]
    assert values == sorted(values)


def test_optimism_is_small_where_one_network_is_really_better():
    right = coins(networks=10)
    right[3] = np.random.default_rng(1).random(400) < 0.9
    assert abs(luck.optimism(right, 10).value) < 0.01 < luck.optimism(coins(networks=10), 10).value


def test_a_group_is_never_split():
    right, four_each = coins(networks=20, items=100), np.repeat(np.arange(100), 4)
    alone, split = luck.optimism(right, 10), luck.optimism(np.repeat(right, 4, axis=1), 10)
    whole = luck.optimism(np.repeat(right, 4, axis=1), 10, groups=four_each)
    assert whole.value == pytest.approx(alone.value) and whole.counted.endswith("100 groups")
    assert split.value < whole.value / 1.5, "copies of an item in both halves hide the optimism"


def test_optimism_says_what_it_counts_and_repeats():
    one, again, other = (luck.optimism(coins(networks=20), 5, seed=seed, draws=200) for seed in (0, 0, 1))
    assert one == again != other
    assert one.low < one.value < one.high
    assert one.counted == "best of 5 among 20 identical networks, 400 items"


@pytest.mark.parametrize(
    ("right", "n", "settings", "message"),
    [
        (coins(networks=4), 5, {}, "best of 5 among 4 networks; train more"),
        (coins(networks=4), 0, {}, "best of 0 among 4"),
        (coins(networks=4, items=1), 2, {}, "1 items in 1 group cannot be split"),
        (coins(networks=4, items=3), 2, {"groups": ["a", "a", "a"]}, "3 items in 1 group cannot be split"),
    ],
)
def test_optimism_that_cannot_be_told_is_refused(right, n, settings, message):
    with pytest.raises(ValueError, match=message):
        luck.optimism(right, n, **settings)


def test_best_of_many_is_expected_where_theory_has_it():
    scores = 0.5 + 0.02 * np.random.default_rng(0).normal(size=1000)
    frame = luck.best_of(scores, 10)
    assert frame.loc[1, "expected"] == pytest.approx(0.5, abs=0.003)
    assert frame.loc[10, "expected"] == pytest.approx(0.5 + 0.02 * MAXIMUM_OF_TEN, abs=0.003)
    assert (frame["low"] < frame["expected"]).all() and (frame["expected"] < frame["high"]).all()
    assert frame["expected"].is_monotonic_increasing


@pytest.mark.parametrize("networks", [3, 10])
def test_the_range_of_luck_holds_the_best_of_identical_networks_as_often_as_it_says(networks):
    rng, inside = np.random.default_rng(0), []
    for draw in range(400):
        frame = luck.best_of(rng.normal(0.5, 0.02, networks), 5, seed=draw, draws=400)
        low, _, high = frame.loc[5]
        inside.append(low < rng.normal(0.5, 0.02, 5).max() < high)
    assert 0.92 < np.mean(inside) < 0.98


def trials(*scores) -> list[dict]:
    return [
        {"number": number, "accuracy": score, "best": max(scores[:number])} for number, score in enumerate(scores, 1)
    ]


REPEATS = [0.50, 0.52, 0.48, 0.51, 0.49, 0.50]


@pytest.mark.parametrize(
    ("scores", "repeats", "words"),
    [
        ((0.5, 0.7, 0.6), REPEATS, ("number 2 with 0.700", "more than luck gives")),
        ((0.5, 0.49, 0.52), REPEATS, ("number 3 with 0.520", "luck alone gives as much")),
        ((0.4, 0.5), [0.5], ("number 2 with 0.500", "one network alone does not tell")),
    ],
)
def test_picture_says_whether_luck_gives_as_much(scores, repeats, words):
    picture = luck.best_so_far(trials(*scores), repeats, title="a search")
    assert all(word in picture.alt for word in ("a search", *words))
    assert picture.table["accuracy"].tolist() == list(scores)
    assert picture.table["best so far"].tolist() == np.maximum.accumulate(scores).tolist()
    assert len(picture.figure.axes[0].collections) == (len(repeats) > 1)  # the band
    assert picture.png().startswith(b"\x89PNG")
