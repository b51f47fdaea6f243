"""The rules of the exercises on pictures and on faults: right answers pass, and each typical wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from cosmic_lib import exercises_pictures as exercises


def convolve(picture, kernel):
    return correlate2d(picture, kernel, mode="same")


def convolve_around_the_border(picture, kernel):
    return correlate2d(picture, kernel, mode="same", boundary="wrap")


def convolve_off_the_middle(picture, kernel):
    return np.roll(convolve(picture, kernel), 1, axis=0)


def weigh_by_place(picture, kernel):
    return convolve(picture * np.arange(1, picture.shape[1] + 1), kernel)


def parameters(side, poolings, channels, units):
    return (side // 2**poolings) ** 2 * channels * units + units


def groups(names, pairs):
    group_of = {name: name for name in names}
    for _ in pairs:  # as often as the longest chain could need
        for one, other in pairs:
            group_of[one] = group_of[other] = min(group_of[one], group_of[other])
    return group_of


def groups_of_pairs_only(names, pairs):
    group_of = {name: name for name in names}
    for one, other in pairs:
        group_of[other] = one
    return group_of


def groups_in_one_pass(names, pairs):
    group_of = {name: name for name in names}
    for one, other in pairs:
        group_of[one] = group_of[other] = group_of[one]
    return group_of


def without_margin(picture):
    drawn = (picture != 255).any(axis=2)
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def without_any_white(picture):
    drawn = (picture != 255).any(axis=2)
    return picture[drawn.any(axis=1)][:, drawn.any(axis=0)]


def without_one_width_all_around(picture):
    width = int(np.flatnonzero((picture != 255).any(axis=(1, 2)))[0])
    return picture[width : len(picture) - width, width : picture.shape[1] - width]


def without_the_last(picture):
    return without_margin(picture)[:-1, :-1]


RULES = {
    convolve: (
        exercises.keeps_the_size,
        exercises.gives_the_picture_back,
        exercises.weighs_the_neighbours,
        exercises.moves_with_the_picture,
    ),
    parameters: (
        exercises.counts_like_keras,
        exercises.has_a_bias_for_each_unit,
        exercises.rounds_half_pixels_down,
    ),
    groups: (
        exercises.names_every_track,
        exercises.keeps_repeats_together,
        exercises.follows_chains,
        exercises.keeps_others_apart,
    ),
    without_margin: (
        exercises.cuts_the_margin_off,
        exercises.looks_at_each_side,
        exercises.keeps_white_inside,
        exercises.leaves_a_full_picture_alone,
    ),
}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong", "hint"),
    [
        (exercises.keeps_the_size, lambda *both: correlate2d(*both, mode="valid"), "zeros around"),
        (exercises.gives_the_picture_back, convolve_off_the_middle, "middle of the kernel"),
        (exercises.weighs_the_neighbours, lambda *both: convolve2d(*both, mode="same"), "turned round"),
        (exercises.weighs_the_neighbours, convolve_around_the_border, "border"),
        (exercises.weighs_the_neighbours, lambda picture, kernel: picture * kernel[1, 1], "row 3, column 4"),
        (exercises.moves_with_the_picture, weigh_by_place, "same nine weights"),
        (exercises.counts_like_keras, lambda *layer: parameters(*layer) - layer[-1], "Keras has"),
        (exercises.counts_like_keras, lambda side, poolings, *rest: parameters(side, 0, *rest), "Keras has"),
        (exercises.has_a_bias_for_each_unit, lambda *layer: parameters(*layer) - layer[-1] + 1, "1 and 2 units"),
        (exercises.rounds_half_pixels_down, lambda side, *rest: parameters(side + 1, *rest), "// 2"),
        (exercises.names_every_track, lambda names, pairs: {name: 0 for pair in pairs for name in pair}, "e, f"),
        (exercises.keeps_repeats_together, lambda names, pairs: {name: name for name in names}, "a and b"),
        (exercises.keeps_repeats_together, groups_in_one_pass, "a later pair"),
        (exercises.follows_chains, groups_of_pairs_only, "hang together"),
        (exercises.follows_chains, groups_in_one_pass, "hang together"),
        (exercises.keeps_others_apart, lambda names, pairs: dict.fromkeys(names, 0), "nothing to do"),
        (exercises.cuts_the_margin_off, lambda picture: picture, "left"),
        (exercises.looks_at_each_side, lambda picture: picture[1:-1, 1:-1], "top, bottom, left and right"),
        (exercises.looks_at_each_side, without_one_width_all_around, "top, bottom, left and right"),
        (exercises.looks_at_each_side, without_the_last, "top, bottom, left and right"),
        (exercises.keeps_white_inside, without_any_white, "first to the last"),
        (exercises.leaves_a_full_picture_alone, without_the_last, "white rows"),
    ],
)
def test_a_typical_wrong_answer_gets_a_hint(rule, wrong, hint):
    assert hint in rule(wrong)
    assert rule.__doc__.endswith(".")


def test_rules_do_not_change_what_they_ask_about():
    """An answer that writes into the picture must not spoil the next question."""

    def blacken(picture):
        picture[:] = 0
        return picture

    assert exercises.cuts_the_margin_off(blacken)
    assert [rule(without_margin) for rule in RULES[without_margin]] == [None] * 4
