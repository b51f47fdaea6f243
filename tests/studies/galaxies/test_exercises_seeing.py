"""The checks of the exercises on what a network sees: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.galaxies import exercises_seeing as exercises


def every_way(picture):
    return [np.rot90(laid, quarters) for laid in (picture, picture[:, ::-1]) for quarters in range(4)]


def mirrored_twice(picture):
    return [mirrored for quarters in range(2) for mirrored in flips(np.rot90(picture, quarters))]


def half_turns(picture):
    return [mirrored for quarters in (0, 2) for mirrored in flips(np.rot90(picture, quarters))]


def flips(picture):
    return picture, picture[::-1], picture[:, ::-1], picture[::-1, ::-1]


def six_and_two_repeats(picture):
    turned = [np.rot90(picture, quarters) for quarters in range(4)]
    return [*turned, picture[::-1], picture[:, ::-1], picture[::-1, ::-1], picture]


def mirrored_colours(picture):
    return [np.rot90(laid, quarters) for laid in (picture, picture[:, :, ::-1]) for quarters in range(4)]


def rolled(picture):
    return [np.roll(picture, number, axis=0) for number in range(4)] + [
        np.roll(picture[:, ::-1], number, axis=0) for number in range(4)
    ]


def activation_map(channels, weights, spiral):
    summed = channels @ weights
    maps = np.maximum(np.where(spiral[:, np.newaxis, np.newaxis], summed, -summed), 0)
    strongest = maps.max(axis=(1, 2), keepdims=True)
    return maps / np.where(strongest > 0, strongest, 1)


def whatever_the_answer(channels, weights, spiral):
    return activation_map(channels, weights, np.full(len(spiral), True))


def both_signs(channels, weights, spiral):
    summed = np.where(spiral[:, np.newaxis, np.newaxis], 1, -1) * (channels @ weights)
    return summed / summed.max(axis=(1, 2), keepdims=True)


def by_strength(channels, weights, spiral):
    summed = np.abs(channels @ weights)
    return summed / summed.max(axis=(1, 2), keepdims=True)


def unscaled(channels, weights, spiral):
    summed = channels @ weights
    return np.maximum(np.where(spiral[:, np.newaxis, np.newaxis], summed, -summed), 0)


def scaled_together(channels, weights, spiral):
    maps = unscaled(channels, weights, spiral)
    return maps / max(maps.max(), 1e-9)


def by_nothing(channels, weights, spiral):
    maps = unscaled(channels, weights, spiral)
    with np.errstate(invalid="ignore"):
        return maps / maps.max(axis=(1, 2), keepdims=True)


WAYS = (
    exercises.gives_eight_pictures,
    exercises.keeps_every_pixel,
    exercises.repeats_none,
    exercises.agrees_with_the_library,
)
MAPS = (
    exercises.has_a_map_for_each,
    exercises.leaves_out_what_speaks_against,
    exercises.speaks_for_the_answer,
    exercises.is_one_at_its_strongest,
    exercises.agrees_with_grad_cam,
)
RIGHT = [(rule, answer) for rules, answer in ((WAYS, every_way), (MAPS, activation_map)) for rule in rules]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


def test_any_order_will_do():
    for rule in WAYS:
        assert rule(lambda picture: reversed(every_way(picture))) is None
        assert rule(mirrored_twice) is None


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.gives_eight_pictures, lambda picture: every_way(picture)[:4]),
        (exercises.gives_eight_pictures, lambda picture: [laid[np.newaxis] for laid in every_way(picture)]),
        (exercises.keeps_every_pixel, lambda picture: [laid // 2 for laid in every_way(picture)]),
        (exercises.keeps_every_pixel, mirrored_colours),
        (exercises.repeats_none, half_turns),
        (exercises.repeats_none, six_and_two_repeats),
        (exercises.agrees_with_the_library, rolled),
        (exercises.has_a_map_for_each, lambda channels, weights, spiral: channels * weights),
        (exercises.has_a_map_for_each, lambda channels, weights, spiral: channels.mean(axis=(1, 2)) @ weights),
        (exercises.leaves_out_what_speaks_against, both_signs),
        (exercises.speaks_for_the_answer, whatever_the_answer),
        (exercises.speaks_for_the_answer, by_strength),
        (exercises.speaks_for_the_answer, lambda channels, *rest: activation_map(channels, np.ones(3), rest[1])),
        (exercises.is_one_at_its_strongest, unscaled),
        (exercises.is_one_at_its_strongest, scaled_together),
        (exercises.is_one_at_its_strongest, by_nothing),
        (exercises.agrees_with_grad_cam, whatever_the_answer),
        (exercises.agrees_with_grad_cam, lambda *given: activation_map(*given) ** 2),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)


def test_the_small_network_gives_both_answers():
    model, pictures = exercises._network()
    assert 0.2 < (model.predict_on_batch(pictures) > 0.5).mean() < 0.8
