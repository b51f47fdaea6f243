"""The CIFAR-10 diary says what was trained, what differed, and what was the same without being noticed."""

from dataclasses import replace

import keras
import pytest

from cosmic_lib import compare
from cosmic_lib.diary import differences
from cosmic_lib.splits import PROTOCOLS
from cosmic_lib.studies.cifar.diary import DIARY, TAUGHT
from cosmic_lib.studies.cifar.published import CONCLUDED, NUMBERS, PUBLISHED

SOURCE = [row for row in DIARY if row.published is not None]
OWN = [row for row in DIARY if row.published is None]
PARTS = ("inputs", "compile", "fit", "honest_fit", "augment", "build")

# Section 4 of the audit, K4: networks that the source took for different ones.
REPEATED = [
    {"cnn_4_v2", "cnn_4_v4"},
    {"cnn_4_v3", "cnn_4_v5"},
    {"cnn_5_v1", "cnn_6_v2"},
    {"cnn_6_v3", "cnn_7_v1"},
    {"cnn_7_v4", "optimizer_sweep_adam", "cnn_8_v1", "cnn_8_v2_lr0.001"},
    {"cnn_8_v2_lr0.0004", "cnn_8_v3_bs64"},
    {"cnn_8_v3_bs32", "cnn_8_v4"},
    {"cnn_8_v3_bs128", "loss_sweep_sparse_categorical_crossentropy", "cnn_9_v1_no_aug"},
]


@pytest.fixture(scope="module")
def groups() -> list[set[str]]:
    """Names of all rows, those of one configuration together; found by `diary.configuration` alone."""
    found: dict[str, set[str]] = {}
    for name, first in DIARY.kinds.items():
        found.setdefault(first, set()).add(name)
    return list(found.values())


def test_it_has_the_51_networks_of_the_source_in_its_order():
    assert len(SOURCE) == 51 and DIARY[:51] == tuple(SOURCE)
    assert [row.name for row in SOURCE] == list(PUBLISHED)
    lines = [row.published.line for row in SOURCE]
    assert lines == sorted(lines)
    assert set(CONCLUDED) <= set(NUMBERS)


@pytest.mark.parametrize(
    ("name", "line", "accuracy", "f1", "epochs"),
    [
        ("cnn_1", 366, 0.6666, 0.6652326744791927, 19),
        ("cnn_6_v5", 3994, 0.8363, 0.8357599331433068, 32),
        ("optimizer_sweep_adadelta", 5844, None, 0.249, 101),
        ("cnn_8_v2_lr0.0004", 7422, 0.8131, 0.8112449783515515, 26),
        ("loss_sweep_hinge", 8722, None, 0.035, 14),
        ("colored_with_aug", 10270, 0.721, 0.7166387065975547, 60),
    ],
)
def test_a_few_numbers_as_they_were_printed(name, line, accuracy, f1, epochs):
    published = DIARY[name].published
    assert (published.line, published.accuracy, published.epochs) == (line, accuracy, epochs)
    assert published.f1 == pytest.approx(f1, abs=5.1e-5)


@pytest.mark.parametrize("row", SOURCE, ids=lambda row: row.name)
def test_a_published_row_was_trained_no_longer_than_it_could_be(row):
    assert row.published.epochs <= row.fit.epochs
    assert row.fit.patience is not None or row.published.epochs == row.fit.epochs
    assert not row.published.concluded or "(line" in row.published.concluded


def test_the_source_scores_the_last_epoch_and_the_honest_split_the_best():
    for row in DIARY:
        assert not row.fit.restore_best_weights
        assert row.honest_fit == replace(row.fit, restore_best_weights=True)
        assert (row.fit.epochs, row.fit.patience) in [(500, 5), (50, None), (60, None)]
    assert [row.name for row in DIARY if row.fit.patience is None] == [
        "cnn_9_v1_with_aug", "colored", "colored_with_aug", "colored_right"
    ]  # fmt: skip


def test_grey_pictures_were_divided_by_255_and_coloured_ones_scrambled_and_left_as_they_were():
    seen = {(row.inputs.name, row.inputs.divide_by, row.name.startswith("colored")) for row in SOURCE}
    assert seen == {("grey", 255, False), ("scrambled", 1, True)}
    assert {row.inputs.shape for row in SOURCE} == {(32, 32, 1), (32, 32, 3)}


@pytest.mark.parametrize("row", DIARY[1:], ids=lambda row: row.name)
def test_at_most_one_part_differs_from_the_parent(row):
    parent = DIARY[row.parent]
    changed = [part for part in PARTS if getattr(row, part) != getattr(parent, part)]
    assert changed in ([], ["inputs"], ["compile"], ["fit", "honest_fit"], ["build"])
    if row.change.startswith("nothing"):
        assert row.change.startswith(f"nothing: the same as {parent.name}")
    else:
        assert changed and differences(row, parent)


def test_a_repeat_differs_at_most_in_rates_that_never_reached_the_network():
    differing = {row.name: differences(row, DIARY[row.parent]) for row in DIARY[1:] if row.change.startswith("nothing")}
    repeats = {name: next(group for group in REPEATED if name in group) for name in differing}
    assert len(repeats) == sum(len(group) - 1 for group in REPEATED)
    assert all(DIARY[name].parent in group for name, group in repeats.items())
    assert {name: texts for name, texts in differing.items() if texts} == {
        "cnn_4_v4": ["dropout: 0.2 0.3 0.4 0.5 to 0.2 0.3 0.4 0.3"],
        "cnn_4_v5": ["dropout: 0.3 0.4 0.5 0.6 to 0.3 0.4 0.5 0.3"],
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cnn_2", ["convolutions: 1 to 2", "padding: valid to same"]),
        ("cnn_5_v1", ["batch_norm: False to True", "first_rate_everywhere: True to False"]),
        ("cnn_9_v1_with_aug", ["epochs: 500 to 50", "batch_size: 128 to 32", "patience: 5 to none"]),
        ("colored", ["inputs: grey to scrambled", "divide_by: 255 to 1"]),
    ],
)
def test_a_row_that_changed_more_than_one_thing_says_so(name, expected):
    row = DIARY[name]
    assert sorted(differences(row, DIARY[row.parent])) == sorted(expected)
    assert row.change.startswith(("two things: ", "three things: "))


def test_the_hash_alone_finds_what_the_source_repeated_unknowingly(groups):
    assert [group for group in groups if len(group) > 1] == REPEATED


def test_his_repeats_lie_one_and_a_half_points_apart(groups):
    scores = {
        str(number): [DIARY[name].published.f1 for name in group if DIARY[name].published is not None]
        for number, group in enumerate(groups)
    }
    spread, freedom = compare.pooled_spread(scores)
    assert (round(100 * spread, 2), freedom) == (1.52, 11)
    assert DIARY.published_spread == pytest.approx((spread, freedom))


def test_our_own_rows_do_what_the_text_says_or_change_one_thing():
    assert {row.name for row in OWN} == {
        *(f"cnn_4_v{version}_meant" for version in (2, 3, 4, 5)),
        "cnn_9_augmented",
        *(f"loss_one_hot_{row.name.removeprefix('loss_sweep_')}" for row in SOURCE if ">" in row.compile.loss),
        "optimizer_sweep_sgd_lr0.1",
        *(f"optimizer_sweep_adagrad_lr{rate}" for rate in ("0.01", "0.1")),
        *(f"optimizer_sweep_adadelta_lr{rate}" for rate in ("0.1", "1")),
        "cnn_1_colour", "cnn_1_colour_raw", "cnn_1_scrambled", "cnn_1_scrambled_raw", "colored_right",
    }  # fmt: skip
    rates = [layer.rate for layer in DIARY["cnn_4_v3_meant"].model().layers if "dropout" in layer.name]
    assert rates == [0.3, 0.4, 0.5, 0.6]
    assert {"flip", "shift"} <= {layer.name for layer in DIARY["cnn_9_augmented"].model().layers}
    assert {(row.inputs.name, row.inputs.divide_by) for row in OWN if row.name.startswith("cnn_1")} == {
        ("colour", 255), ("colour", 1), ("scrambled", 255), ("scrambled", 1)
    }  # fmt: skip


def test_every_loss_and_optimizer_is_known_to_keras():
    for row in DIARY:
        assert callable(keras.losses.deserialize(row.compile.loss))
        assert keras.optimizers.get(row.compile.optimizer)
    names = [row.compile.loss for row in SOURCE if row.name.startswith("loss_sweep")]
    assert [name.startswith("cosmic_lib>broadcast_") for name in names] == [False] + [True] * 4


def test_rows_that_are_taught_are_run_under_the_published_protocol_too():
    assert {row.name for row in DIARY if row.protocols} == set(TAUGHT)
    assert {row.protocols for row in DIARY} == {PROTOCOLS, ()}
