"""How much a cover tells: colours counted, readers kept to their fold, labels dealt out by group, and plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic_lib import compare, splits
from cosmic_lib.studies import Data
from cosmic_lib.studies.album_art import honest

CLASSES = ("ash", "elm", "oak", "yew")


def made_up(groups: int = 60, each: int = 3, cue: float = 0.0, style: float = 0.0, seed: int = 0) -> Data:
    """Pictures of noise; `cue` tints those of a class, `style` those of a group."""
    rng = np.random.default_rng(seed)
    of_group = np.repeat(np.arange(groups), each)
    label = (np.arange(groups) % len(CLASSES))[of_group]
    tint = cue * rng.normal(size=(len(CLASSES), 1, 1, 3))[label] + style * rng.normal(size=(groups, 1, 1, 3))[of_group]
    covers = np.clip(128 + 40 * (rng.normal(size=(len(label), 8, 8, 3)) + tint), 0, 255).astype(np.uint8)
    names = np.array(CLASSES)[label]
    items = pd.DataFrame({"item": [f"{row}.jpg" for row in range(len(label))], "label": names})
    items["group"] = [f"artist {group}" for group in of_group]
    return Data("made up", "sample", items, {"covers": covers}, CLASSES, pd.DataFrame(columns=["file", "reason"]))


def score(frame: pd.DataFrame) -> float:
    return honest.macro_f1(frame, CLASSES).value


@pytest.fixture(scope="module")
def tinted():
    data = made_up(cue=1.0)
    return data, splits.make_table(data.items)


@pytest.mark.parametrize("bins", [1, 3, 4, 256])
def test_a_histogram_is_shares_of_pixels_wherever_they_are(bins):
    covers = np.random.default_rng(0).integers(0, 256, size=(5, 6, 4, 3), dtype=np.uint8)
    if bins == 256:
        covers = covers[:1]
    found = honest.histogram(covers, bins)
    assert found.shape == (len(covers), bins**3) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    turned = honest.histogram(covers[:, ::-1, ::-1], bins)
    np.testing.assert_array_equal(turned, found)


def test_a_histogram_knows_its_channels():
    red, blue = (np.zeros((1, 2, 2, 3), dtype=np.uint8) for _ in range(2))
    red[..., 0], blue[..., 2] = 255, 255
    assert honest.histogram(red).argmax() == 3 * 16
    assert honest.histogram(blue).argmax() == 3
    half = np.concatenate([red, blue], axis=1)
    assert sorted(honest.histogram(half)[0])[-2:] == [0.5, 0.5]


@pytest.mark.parametrize("bins", [0, 257])
def test_bins_that_cannot_be_are_named(bins):
    with pytest.raises(ValueError, match=f"bins is {bins}; choose 1 to 256"):
        honest.histogram(np.zeros((1, 2, 2, 3), dtype=np.uint8), bins)


@pytest.mark.parametrize("ask", [honest.majority, honest.baseline, honest.nearest])
@pytest.mark.parametrize("protocol", splits.PROTOCOLS)
def test_a_reader_answers_for_each_open_cover_once(ask, protocol, tinted):
    data, table = tinted
    frame = ask(data, table, protocol)
    assert list(frame) == ["item", "label", "group", "right", *CLASSES]
    assert sorted(frame["item"]) == sorted(table["item"][table["honest"] != splits.TEST])
    np.testing.assert_allclose(frame[list(CLASSES)].sum(axis=1), 1, atol=1e-5)
    assert ((honest.answers(frame, CLASSES) == frame["label"]) == frame["right"]).all()


def test_colours_tell_what_is_in_them_and_nothing_else(tinted):
    assert score(honest.baseline(*tinted)) > 0.6
    data = made_up(cue=0.0)
    frame = honest.baseline(data, splits.make_table(data.items))
    _, p = honest.permutation(frame["label"], honest.answers(frame, CLASSES), frame["group"])
    assert p > 0.01
    majority = honest.majority(*tinted)
    assert score(majority) < 0.25 and majority["right"].mean() < 0.4


@pytest.mark.parametrize("ask", [honest.baseline, honest.nearest])
def test_only_the_training_part_of_a_fold_is_learnt_from(ask, tinted):
    """Labels and pictures of all other parts are spoilt: the answers for what is held out do not move."""
    data, table = tinted
    frame = ask(data, table)
    column = splits.fold_columns(splits.HONEST)[0]
    held_out = table["item"][table[column] == splits.HELD_OUT]
    spoilt = data.arrays["covers"].copy()
    others = table[column].isin([splits.VALIDATION, splits.TEST]).to_numpy()
    spoilt[others] = 255 - spoilt[others]
    labels = data.items["label"].where((table[column] == splits.TRAIN).to_numpy(), "yew")
    other = Data(
        "spoilt", "sample", data.items.assign(label=labels), {"covers": spoilt}, CLASSES, data.excluded
    )  # fmt: skip
    again = ask(other, table).set_index("item").loc[held_out, list(CLASSES)]
    np.testing.assert_array_equal(again, frame.set_index("item").loc[held_out, list(CLASSES)])


def test_who_remembers_scores_on_known_artists_alone():
    data = made_up(style=2.0)
    table = splits.make_table(data.items)
    assert score(honest.nearest(data, table, splits.PUBLISHED)) > 0.6
    assert score(honest.nearest(data, table, splits.HONEST)) < 0.45


def draw_all(labels, groups, draws: int = 50):
    """The labels of each draw."""
    numbers, unit = (np.unique(np.asarray(one), return_inverse=True)[1] for one in (labels, groups))
    deal = honest._dealer(numbers, unit, np.random.default_rng(0))
    return [deal() for _ in range(draws)], numbers, unit


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=40))
def test_groups_keep_one_label_where_they_have_one(pairs):
    labels, groups = zip(*pairs, strict=True)
    dealt, numbers, unit = draw_all(labels, groups)
    several = {group for group in unit if len(set(numbers[unit == group])) > 1}
    for drawn in dealt:
        for group in set(unit):
            assert (len(set(drawn[unit == group])) > 1) == (group in several)
        single = [group for group in set(unit) if group not in several]
        first = [drawn[unit == group][0] for group in single]
        assert sorted(first) == sorted(numbers[unit == group][0] for group in single)
        mixed = np.isin(unit, list(several))
        assert sorted(drawn[mixed]) == sorted(numbers[mixed])


def test_labels_do_get_about():
    dealt, numbers, _ = draw_all(np.arange(40) % 4, np.arange(40) // 2 * 3)
    assert any((drawn != numbers).any() for drawn in dealt)
    pairs, numbers, _ = draw_all(["a", "b", "c", "d"] * 3, np.arange(12) // 2)
    assert any((drawn != numbers).any() for drawn in pairs)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_the_score_of_a_draw_is_that_of_compare(seed):
    rng = np.random.default_rng(seed)
    labels, answered = rng.integers(4, size=(2, 30))
    expected = compare.macro_f1(labels, answered, np.arange(30)).value
    kinds, numbers = np.unique(np.concatenate([labels, answered]), return_inverse=True)
    assert honest._f1(numbers[:30], numbers[30:], len(kinds)) == pytest.approx(expected)


def test_answers_that_know_the_labels_have_the_smallest_p_and_others_any():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 3)
    labels = (np.arange(60) % 4)[groups]
    null, p = honest.permutation(labels, labels, groups, draws=99)
    assert null.shape == (99,) and p == 1 / 100
    ps = [honest.permutation(labels, rng.integers(4, size=180), groups, draws=99, seed=one)[1] for one in range(100)]
    assert 0.3 < np.mean(ps) < 0.7 and np.mean(np.array(ps) <= 0.2) < 0.4


def test_answers_that_know_the_artist_alone_are_not_taken_for_knowing_the_genre():
    """Items of a group are answered alike: dealt out one by one, labels would make chance look like knowledge."""
    groups = np.repeat(np.arange(12), 30)
    chances = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels, answered = (rng.permutation(np.arange(12) % 4)[groups] for _ in range(2))
        chances.append([honest.permutation(labels, answered, of, draws=99)[1] for of in (groups, np.arange(360))])
    whole, single = (np.array(chances) <= 0.05).mean(axis=0)
    assert whole < 0.2 < single


def test_draws_are_repeated_by_their_seed():
    rng = np.random.default_rng(0)
    labels, answered = rng.integers(3, size=(2, 50))
    first, again, other = (honest.permutation(labels, answered, range(50), draws=20, seed=one)[0] for one in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize(("sizes", "draws"), [((3, 2, 3), 9), ((3, 3, 2), 9), ((0, 0, 0), 9), ((3, 3, 3), 0)])
def test_what_cannot_be_dealt_out_is_named(sizes, draws):
    with pytest.raises(ValueError, match=rf"{sizes[0]} labels, {sizes[1]} answers and {sizes[2]} groups"):
        honest.permutation(*(["a"] * size for size in sizes), draws=draws)


def test_words_and_figure_say_how_much_a_cover_tells(tinted):
    frames = {"majority": honest.majority(*tinted), "colours": honest.baseline(*tinted)}
    scores = {name: honest.macro_f1(frame, CLASSES, unit="artist") for name, frame in frames.items()}
    for name, words in (("colours", "a cover tells something"), ("majority", "nothing to do with the genre")):
        frame = frames[name]
        null, p = honest.permutation(frame["label"], honest.answers(frame, CLASSES), frame["group"], draws=99)
        said = honest.sentence(scores[name], null, p)
        assert words in said and str(scores[name]) in said and f"p = {p:.3f}" in said
        if name == "colours":
            shown = honest.picture(scores, null, p, title="made up")
            assert shown.alt == f"colours: {said}." and shown.png().startswith(b"\x89PNG")
            assert list(shown.table.index) == ["majority", "colours", "labels dealt out anew"]
            assert shown.table.loc["labels dealt out anew", "macro F1"] == pytest.approx(null.mean())
