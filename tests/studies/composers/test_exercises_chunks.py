"""The checks of the exercises on chunks, pieces and works: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cosmic_lib.studies.composers import exercises_chunks as exercises


def drawn(names, share, seed):
    return np.random.default_rng(seed).choice(names, size=round(share * len(names)), replace=False)


def whole_works(table, share, seed):
    work = table["file"].str.rsplit(" ", n=1).str[0]
    return work.isin(drawn(work.unique(), share, seed)).to_numpy()


def single_pieces(table, share, seed):
    return table["file"].isin(drawn(table["file"].to_numpy(), share, seed)).to_numpy()


def whole_composers(table, share, seed):
    composer = table["file"].str.split("/").str[0]
    return composer.isin(drawn(composer.unique(), share, seed)).to_numpy()


def first_word(table, share, seed):
    """Of `Beethoven/Sonata n01 1mov.mid` what stands before the first blank: all his sonatas."""
    work = table["file"].str.split(" ").str[0]
    return work.isin(drawn(work.unique(), share, seed)).to_numpy()


def names_of_works(table, share, seed):
    return drawn(table["file"].str.rsplit(" ", n=1).str[0].unique(), share, seed)


def the_rest(table, share, seed):
    return ~whole_works(table, share, seed)


def one_seed(table, share, seed):
    return whole_works(table, share, 0)


def no_seed(table, share, seed):
    work = table["file"].str.rsplit(" ", n=1).str[0]
    return work.isin(np.random.choice(work.unique(), size=round(share * work.nunique()), replace=False)).to_numpy()


def mean_of_all(frame, classes):
    return frame.groupby("group")[list(classes)].mean().idxmax(axis=1).to_dict()


def sum_of_all(frame, classes):
    return frame.groupby("group")[list(classes)].sum().idxmax(axis=1)


def first_chunk(frame, classes):
    return frame.groupby("group")[list(classes)].first().idxmax(axis=1).to_dict()


def surest_chunk(frame, classes):
    return frame.groupby("group")[list(classes)].max().idxmax(axis=1).to_dict()


def by_count(frame, classes):
    named = frame[list(classes)].idxmax(axis=1)
    return named.groupby(frame["group"]).agg(lambda one: one.mode()[0]).to_dict()


def numbers(frame, classes):
    return {name: list(classes).index(found) for name, found in mean_of_all(frame, classes).items()}


def per_chunk(frame, classes):
    return frame[list(classes)].idxmax(axis=1).to_dict()


def label(frame, classes):
    return frame.groupby("group")["label"].first().to_dict()


WORKS = (
    exercises.marks_every_piece,
    exercises.keeps_works_whole,
    exercises.tells_works_apart,
    exercises.takes_the_share,
    exercises.obeys_the_seed,
)
VOTE = (
    exercises.answers_for_every_piece,
    exercises.goes_by_all_chunks,
    exercises.weighs_how_sure_a_chunk_is,
    exercises.agrees_with_the_library,
)
RIGHT = [
    *((rule, whole_works) for rule in WORKS),
    *((rule, answer) for rule in VOTE for answer in (mean_of_all, sum_of_all)),
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None


@pytest.mark.parametrize(
    ("rule", "answer", "hint"),
    [
        (exercises.marks_every_piece, names_of_works, "120 rows it is"),
        (exercises.keeps_works_whole, single_pieces, r"of 40 have, such as \w+/"),
        (exercises.tells_works_apart, whole_composers, "those by Beethoven never are"),
        (exercises.tells_works_apart, first_word, "those by Beethoven never are"),
        (exercises.takes_the_share, the_rest, "asked for 10%, it holds out 90%"),
        (exercises.obeys_the_seed, one_seed, "two seeds gave one split"),
        (exercises.obeys_the_seed, no_seed, "the same seed gave two splits"),
        (exercises.answers_for_every_piece, per_chunk, "it answers for"),
        (exercises.answers_for_every_piece, numbers, "choose among Bach, Chopin, Liszt"),
        (exercises.goes_by_all_chunks, surest_chunk, "the answer is Chopin"),
        (exercises.weighs_how_sure_a_chunk_is, by_count, "the answer is Bach; average first"),
        (exercises.weighs_how_sure_a_chunk_is, label, "the answer is Bach"),
        (exercises.agrees_with_the_library, first_chunk, "of 60 differ"),
        (exercises.agrees_with_the_library, by_count, "of 60 differ"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_wrong_answer_gets_a_hint(rule, answer, hint):
    assert re.search(hint, rule(answer))


def test_rules_have_a_docstring_of_one_line():
    for rule in (*WORKS, *VOTE):
        assert rule.__doc__ and rule.__doc__.endswith(".") and "\n" not in rule.__doc__


def test_a_rule_does_not_mind_what_an_answer_does_to_the_table():
    def spoilt(table, share, seed):
        held_out = whole_works(table, share, seed)
        table["file"] = "gone"
        return held_out

    assert [rule(spoilt) for rule in WORKS] == [None] * len(WORKS)
