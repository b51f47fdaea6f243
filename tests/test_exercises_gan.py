"""The checks of the exercises on the GAN: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import exercises_gan as exercises

HALVES = ("generator", "discriminator")


def moved(halves, step, same=lambda one, other: (one == other).all(), names=HALVES, steps=1):
    before = {name: getattr(halves, name).get_weights() for name in HALVES}
    for _ in range(steps):
        step()
    after = {name: getattr(halves, name).get_weights() for name in HALVES}
    return {name for name in names if not all(map(same, before[name], after[name]))}


def by_their_sum(halves, step):
    return moved(halves, step, same=lambda one, other: np.isclose(one.sum(), other.sum()))


def by_about(halves, step):
    return moved(halves, step, same=lambda one, other: np.allclose(one, other, atol=1e-4))


def in_the_first_layer(halves, step):
    before = {name: getattr(halves, name).get_weights()[0] for name in HALVES}
    step()
    return {name for name in HALVES if (getattr(halves, name).get_weights()[0] != before[name]).any()}


def of_the_generator_alone(halves, step):
    return moved(halves, step, names=("generator",))


def the_first_that_moved(halves, step):
    return set(sorted(moved(halves, step))[:1])


def after_the_step(halves, step):
    step()
    return moved(halves, step, steps=0)


def by_object(halves, step):
    return moved(halves, step, same=lambda one, other: one is other)


def twice(halves, step):
    return moved(halves, step, steps=2)


def add_made(inputs, labels, parts, made, made_labels):
    pairs = ((inputs, made), (labels, made_labels), (parts, ["train"] * len(made)))
    return tuple(np.concatenate(pair) for pair in pairs)


def made_first(inputs, labels, parts, made, made_labels):
    made_parts = ["train"] * len(made)
    inputs, labels, _ = add_made(made, made_labels, made_parts, inputs, labels)
    return inputs, labels, np.concatenate([made_parts, parts])


def dealt_out(inputs, labels, parts, made, made_labels):
    inputs, labels, _ = add_made(inputs, labels, parts, made, made_labels)
    return inputs, labels, np.concatenate([parts, parts[: len(made)]])


def parts_forgotten(inputs, labels, parts, made, made_labels):
    return (*add_made(inputs, labels, parts, made, made_labels)[:2], parts)


def too_many_parts(inputs, labels, parts, made, made_labels):
    inputs, labels, parts = add_made(inputs, labels, parts, made, made_labels)
    return inputs, labels, np.append(parts, "train")


def labels_crossed(inputs, labels, parts, made, made_labels):
    inputs, _, parts = add_made(inputs, labels, parts, made, made_labels)
    return inputs, np.concatenate([made_labels, labels]), parts


def made_labels_reversed(inputs, labels, parts, made, made_labels):
    return add_made(inputs, labels, parts, made, made_labels[::-1])


def in_place_of_real_ones(inputs, labels, parts, made, made_labels):
    kept = np.arange(len(inputs)) >= len(made)
    return add_made(inputs[kept], labels[kept], parts[kept], made, made_labels)


def shuffled_anew(inputs, labels, parts, made, made_labels):
    inputs, labels, parts = add_made(inputs, labels, parts, made, made_labels)
    return inputs, labels, np.random.default_rng(0).permutation(parts)


def with_parts_set(inputs, labels, parts, made, made_labels):
    parts[parts == "validation"] = "train"
    return add_made(inputs, labels, parts, made, made_labels)


RULES = {
    moved: (
        exercises.names_the_half_that_moves,
        exercises.tells_both_from_none,
        exercises.looks_at_every_weight,
        exercises.makes_one_step,
    ),
    add_made: (
        exercises.adds_every_made_item,
        exercises.keeps_made_items_in_training,
        exercises.keeps_each_real_item_in_its_part,
        exercises.leaves_what_it_was_given,
    ),
}
RULES[made_first] = RULES[add_made]


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * 4


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.names_the_half_that_moves, of_the_generator_alone),
        (exercises.names_the_half_that_moves, after_the_step),
        (exercises.names_the_half_that_moves, by_object),
        (exercises.tells_both_from_none, the_first_that_moved),
        (exercises.tells_both_from_none, by_object),
        (exercises.looks_at_every_weight, in_the_first_layer),
        (exercises.looks_at_every_weight, by_their_sum),
        (exercises.looks_at_every_weight, by_about),
        (exercises.makes_one_step, twice),
        (exercises.adds_every_made_item, parts_forgotten),
        (exercises.adds_every_made_item, too_many_parts),
        (exercises.adds_every_made_item, labels_crossed),
        (exercises.adds_every_made_item, made_labels_reversed),
        (exercises.adds_every_made_item, lambda *items: items[:3]),
        (exercises.keeps_made_items_in_training, dealt_out),
        (exercises.keeps_made_items_in_training, shuffled_anew),
        (exercises.keeps_each_real_item_in_its_part, in_place_of_real_ones),
        (exercises.keeps_each_real_item_in_its_part, shuffled_anew),
        (exercises.keeps_each_real_item_in_its_part, labels_crossed),
        (exercises.leaves_what_it_was_given, with_parts_set),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")


def test_the_rules_speak_of_what_a_gan_does():
    from cosmic_lib.studies.genre import gan

    items, labels = np.zeros((8, 4), np.float32), np.arange(8) % 2
    halves = gan.ConditionalGAN(4, 2, noise=3, hidden=(4,), critic_hidden=(4,))
    assert moved(halves, lambda: halves.step_generator(labels)) == {"generator"}
    assert moved(halves, lambda: halves.step_discriminator(items, labels)) == {"discriminator"}
