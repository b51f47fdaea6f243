"""What corrected labels change: a person who corrects wrong labels mends what was listed and harms nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib import compare, experiment, relabelling, review, splits, store
from cosmic_lib.corrections import Corrections

from . import leaves

PLANTED = 40


@pytest.fixture(scope="module", autouse=True)
def _trained():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train", leaves.train)
        yield


@pytest.fixture(scope="module")
def truth():
    """Item -> the class that it is a picture of."""
    items = leaves.leaves(groups=120).items
    return dict(zip(items["item"], items["label"], strict=True))


@pytest.fixture(scope="module")
def asked(tmp_path_factory, truth):
    """Pictures of which 40 have a wrong label."""
    data = leaves.leaves(groups=120)
    wrong = np.random.default_rng(3).choice(len(data.items), PLANTED, replace=False)
    labels = data.items["label"].to_numpy(copy=True)
    labels[wrong] = [leaves.CLASSES[(leaves.CLASSES.index(label) + 1) % 3] for label in labels[wrong]]
    data = replace(data, items=data.items.assign(label=labels))
    settings = review.settings_of(leaves.STUDY, "smoke", tmp_path_factory.mktemp("runs"))
    return review.Asked.of(settings, data)


@pytest.fixture(scope="module")
def before(asked):
    return review.answers(asked)


@pytest.fixture(scope="module")
def found(asked, before, truth, tmp_path_factory):
    """What a person who knows the truth writes, and what is read of it."""
    folder = tmp_path_factory.mktemp("review")
    _, listed = review.write(asked, before, folder, command="cosmic review leaves")
    header, *lines = listed.read_text(encoding="utf-8-sig").splitlines()
    typed = [line.removesuffix(",,") + f",{truth[line.split(',')[0]]}," for line in lines]
    listed.write_text("\n".join([header, *typed]))
    return review.read(listed, asked)


@pytest.fixture(scope="module")
def differences(asked, found):
    return {one.what: one for one in relabelling.differences(asked, found)}


def test_wrong_labels_are_listed_and_corrected(asked, found, truth):
    label_of = dict(zip(asked.table["item"], asked.table["label"], strict=True))
    mended = [item for item, label in found.labels.items() if label != label_of[item]]
    assert len(found.labels) == 48 and found.listed == found.labels.keys()
    assert len(mended) > PLANTED / 3, "far more than among as many pictures at random"
    assert all(found.labels[item] == truth[item] for item in found.labels)


def test_labels_change_for_these_items_alone_and_the_split_stays(asked, found):
    after = relabelling.corrected(asked, found)
    for items in (after.data.items, after.table):
        labels = dict(zip(items["item"], items["label"], strict=True))
        before = dict(zip(asked.table["item"], asked.table["label"], strict=True))
        assert labels == before | dict(found.labels) and labels != before
    columns = splits.columns(asked.table)
    assert after.table[["item", *columns]].equals(asked.table[["item", *columns]])
    assert after.data.fingerprint != asked.data.fingerprint
    trained = after.table["honest_fold0"] == splits.TRAIN
    assert (after.data.y != asked.data.y)[trained].any(), "training sees them"
    assert "labels corrected" in after.data.name and "labels corrected" not in asked.data.name


def test_relabelled_pictures_are_mended_and_the_others_do_not_suffer(asked, found, differences):
    others = differences["pictures that were not listed"]
    assert others.difference.value >= 0 and others.verdict in (
        compare.HELPED,
        compare.CANNOT_TELL,
        compare.NO_DIFFERENCE,
    )
    label_of = dict(zip(asked.table["item"], asked.table["label"], strict=True))
    after = review.answers(relabelling.corrected(asked, found)).set_index("item")["answer"]
    mended = [item for item, label in found.labels.items() if label != label_of[item]]
    assert np.mean([after[item] == found.labels[item] for item in mended]) > 0.8
    assert np.mean([after[item] == label_of[item] for item in mended]) < 0.2


def test_the_parts_of_the_change_add_up(differences, before, found):
    _, by_new, by_old, alone = differences.values()
    assert list(differences)[-1] == relabelling.ALONE
    assert alone.before.value == by_old.before.value and alone.after.value == by_new.before.value
    assert alone.difference.value == pytest.approx(by_new.before.value - by_old.before.value)
    assert alone.difference.value > 0.02 and alone.verdict == "no network changed"
    for one in differences.values():
        assert one.difference.value == pytest.approx(one.after.value - one.before.value)
        assert one.difference.low <= one.difference.value <= one.difference.high
        assert one.difference.counted.endswith("trees")
    rest = before[~before["item"].isin(found.listed)]
    assert differences["pictures that were not listed"].before.value == (rest["answer"] == rest["label"]).mean()


def test_what_is_excluded_is_neither_trained_on_nor_scored(asked, before):
    gone = frozenset(before["item"].head(6))
    after = relabelling.corrected(asked, Corrections({}, gone, gone))
    parts = after.table[after.table["item"].isin(gone)][splits.columns(after.table)]
    assert (parts == splits.LEFT_OUT).all(axis=None)
    kept = after.table[~after.table["item"].isin(gone)]
    assert kept.equals(asked.table[~asked.table["item"].isin(gone)])
    assert set(review.answers(after)["item"]) == set(before["item"]) - gone
    _, every, *_ = relabelling.differences(asked, Corrections({}, gone, gone))
    rest = before[~before["item"].isin(gone)]
    assert every.before.value == pytest.approx((rest["answer"] == rest["label"]).mean())


def test_confirmed_labels_change_nothing_and_train_nothing(asked, before):
    stored = set(asked.settings.runs.iterdir())
    same = dict(zip(before["item"].head(5), before["label"].head(5), strict=True))
    found = Corrections(same, frozenset(), frozenset(same))
    assert [one.difference.value for one in relabelling.differences(asked, found)] == [0, 0, 0, 0]
    assert set(asked.settings.runs.iterdir()) == stored
    assert "0 pictures relabelled, 5 confirmed" in relabelling.heading(asked, found)[0]


def test_where_everything_was_listed_there_are_no_others(asked, found, differences):
    every = replace(found, listed=frozenset(asked.table["item"]))
    whats = [one.what for one in relabelling.differences(asked, every)]
    assert whats == ["all, by the corrected labels", "all, by the original labels", relabelling.ALONE]


def test_the_results_before_are_kept_as_they_were(asked, found, differences):
    stored = [store.read_json(path) for path in asked.settings.runs.glob("[0-9a-f]" * 16 + ".json")]
    names = [one["data"]["name"] for one in stored if one["column"] == "honest_fold0"]
    assert "leaves" in names and any("labels corrected" in name for name in names)


def test_the_table_and_what_is_said_of_it(asked, found, differences):
    table = relabelling.table(list(differences.values()))
    assert list(table.columns) == ["right", "before", "after", "difference", "verdict"] and len(table) == 4
    assert table["difference"].str.match(r"[+-]0\.\d{3} \[[+-].* trees\)$").all()
    said = " ".join(relabelling.heading(asked, found))
    for text in ("the one to go by", "looks better on them", "luck of training", "count trees"):
        assert text in said, text
    assert "no folds" not in said
    silent = replace(found, labels=dict(list(found.labels.items())[:10]))
    assert "38 more listed" in relabelling.heading(asked, silent)[0]


def test_official_parts_say_what_a_correction_can_do(tmp_path):
    settings = review.settings_of(leaves.STUDY, "smoke", tmp_path)
    asked = review.Asked.of(settings, leaves.leaves(official=True))
    part_of = asked.part_of()
    label_of = dict(zip(asked.table["item"], asked.table["label"], strict=True))

    def other(part):
        item = next(item for item in part_of if part_of[item] == part)
        return {item: next(label for label in leaves.CLASSES if label != label_of[item])}

    found = Corrections({**other("validation"), **other("train")}, frozenset(), frozenset())
    assert "Of the relabelled ones, 1 are trained on" in relabelling.heading(asked, found)[1]
    assert len(relabelling.differences(asked, found)) == 4
