"""Printed means and deviations give away how many decisions were counted."""

import numpy as np
import pytest

from cosmic_lib.studies.album_art import arithmetic, published

PAIRS = published.pairs()


def explained(folds, classes=4) -> np.ndarray:
    return np.array(arithmetic.explained(zip(PAIRS["mean"], PAIRS["std"], strict=True), folds, classes))


@pytest.mark.parametrize(("folds", "classes"), [((34, 33, 33), 4), ((10, 10), 2), ((9, 9, 8, 8), 1)])
def test_counts_are_found_again_in_what_they_print(folds, classes):
    rng, sizes = np.random.default_rng(0), np.array(folds) * classes
    for _ in range(20):
        counts = rng.binomial(sizes, 0.7)
        shares = counts / sizes
        mean = np.average(shares, weights=folds)
        std = np.sqrt(np.average((shares - mean) ** 2, weights=folds))
        found = arithmetic.decisions(round(mean, 6), round(std, 6), folds, classes)
        assert tuple(counts) in found
        for other in found:  # and whatever else is found prints the same
            again = np.array(other) / sizes
            assert np.average(again, weights=folds) == pytest.approx(mean, abs=1e-6)
            assert np.sqrt(np.average((again - mean) ** 2, weights=folds)) == pytest.approx(std, abs=1.1e-6)


def test_79_of_the_81_printed_pairs_are_counts_of_decisions_on_100_covers():
    here = explained((34, 33, 33))
    assert (here.sum(), len(here)) == (79, 81)
    assert PAIRS["misread"][~here].all()  # the other two are misread by the scan


@pytest.mark.parametrize(("folds", "classes"), [((167, 167, 166), 4), ((100, 100, 100), 4), ((34, 33, 33), 1)])
def test_other_sizes_and_plain_accuracy_explain_hardly_any(folds, classes):
    """Three quarters in every fold are possible with many sizes: what counts is the pairs that differ."""
    varied = PAIRS["std"].to_numpy() > 0
    assert explained((34, 33, 33))[varied].mean() > 0.95
    assert explained(folds, classes)[varied].mean() < 0.1


def test_the_winner_of_the_grid_has_two_decisions_more_than_no_to_everything():
    best = PAIRS.loc[PAIRS["mean"].idxmax()]
    found = arithmetic.decisions(best["mean"], best["std"])
    assert (101, 98, 103) in found
    assert {sum(counts) for counts in found} == {302} and 400 * 3 // 4 == 300


def test_folds_without_items_are_refused():
    for folds in ((), (34, 0, 33)):
        with pytest.raises(ValueError, match="give the number of items in each"):
            arithmetic.decisions(0.75, 0.0, folds)
