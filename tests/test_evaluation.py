"""Scores against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import evaluation

CLASSES = ("cat", "dog", "owl")
#             said cat, dog, owl
CONFUSION = [[3, 1, 0],  # is cat
             [2, 2, 0],  # is dog
             [1, 0, 1]]  # is owl  # fmt: skip


def predictions(confusion) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels that give a confusion matrix."""
    said = [(true, guess) for true, row in enumerate(confusion) for guess, n in enumerate(row) for _ in range(n)]
    labels, guesses = np.array(said).T
    return 0.1 + 0.7 * np.eye(len(confusion))[guesses], labels


def test_a_matrix_worked_out_by_hand():
    score = evaluation.score(*predictions(CONFUSION), CLASSES)
    assert score["items"] == 10
    assert score["confusion"] == CONFUSION
    assert score["accuracy"] == pytest.approx(6 / 10)
    precision, recall = [3 / 6, 2 / 3, 1 / 1], [3 / 4, 2 / 4, 1 / 2]
    f1 = [2 * 3 / (6 + 4), 2 * 2 / (3 + 4), 2 * 1 / (1 + 2)]  # 2 right / (said + are)
    for name, values in {"precision": precision, "recall": recall, "f1": f1}.items():
        assert score[name] == pytest.approx(np.mean(values))
        assert [row[name] for row in score["per_class"]] == pytest.approx(values)
    assert [row["class"] for row in score["per_class"]] == list(CLASSES)
    assert [row["items"] for row in score["per_class"]] == [4, 4, 2]


def test_macro_scores_count_every_class_the_same():
    score = evaluation.score(*predictions([[98, 0], [2, 0]]), ("common", "rare"))
    assert score["accuracy"] == pytest.approx(0.98)
    assert score["recall"] == pytest.approx(0.5)


def test_a_class_that_is_never_met_or_said_scores_zero():
    score = evaluation.score(*predictions([[2, 0, 0], [1, 1, 0], [0, 0, 0]]), CLASSES)
    assert score["per_class"][2] == {"class": "owl", "precision": 0, "recall": 0, "f1": 0, "items": 0}
    assert np.shape(score["confusion"]) == (3, 3)


def test_the_order_of_the_items_does_not_matter():
    probabilities, labels = predictions(CONFUSION)
    shuffled = np.random.default_rng(0).permutation(len(labels))
    in_order = evaluation.score(probabilities, labels, CLASSES)
    assert evaluation.score(probabilities[shuffled], labels[shuffled], CLASSES) == in_order


def test_labels_of_another_order_do_not_agree():
    """The fault that `agree` is there for: accuracy from one pass, the matrix from labels read in another order."""
    _, labels = predictions(CONFUSION)
    recall, support = np.array([3 / 4, 2 / 4, 1 / 2]), np.array([4, 4, 2])
    assert evaluation.agree(0.6, np.array(CONFUSION), recall, support) is None
    guesses = np.repeat([0, 1, 0, 1, 0, 2], [3, 1, 2, 2, 1, 1])
    reversed_order = np.zeros((3, 3), dtype=int)
    np.add.at(reversed_order, (labels[::-1], guesses), 1)
    with pytest.raises(ValueError, match="confusion matrix .* disagree.*same pass"):
        evaluation.agree(0.6, reversed_order, recall, support)
    with pytest.raises(ValueError, match="recall 0.5"):
        evaluation.agree(0.6, np.array(CONFUSION), recall - 0.1, support)


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.ones((4, 2)), np.zeros(4), r"shape \(4, 2\) for 4 items, 3 classes"),
        (np.ones((4, 3)), np.zeros(5), r"shape \(4, 3\) for 5 items"),
        (np.ones(3), np.zeros(3), "shape"),
        (np.ones((0, 3)), np.zeros(0), "no items"),
        (np.array([[0.1, np.nan, 0.2]]), np.zeros(1), "not finite.*learning rate"),
        (np.eye(3), np.array([0, 1, 3]), "disagree|label"),
        (np.eye(3), np.array([0, 1, -1]), "disagree|label"),
    ],
    ids=["classes", "items", "one axis", "nothing", "nan", "label too large", "label below zero"],
)
def test_what_cannot_be_scored_is_refused(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        evaluation.score(probabilities, labels.astype(int), CLASSES)


def test_a_group_votes_by_the_mean_of_its_items():
    frame = pd.DataFrame(
        [("b", "dog", 0.4, 0.6, 0.0), ("a", "cat", 0.1, 0.8, 0.1), ("b", "dog", 0.8, 0.2, 0.0),
         ("a", "cat", 0.9, 0.0, 0.1), ("a", "cat", 0.8, 0.1, 0.1)],
        columns=["group", "label", *CLASSES],
    )  # fmt: skip
    votes = evaluation.vote(frame, CLASSES)
    assert votes[["group", "label"]].to_numpy().tolist() == [["a", "cat"], ["b", "dog"]]
    np.testing.assert_allclose(votes[list(CLASSES)], [[0.6, 0.3, 0.1], [0.6, 0.4, 0.0]])


def test_baselines():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [50, 25, 25])
    inputs = rng.normal(size=(100, 6, 2)) + 4 * np.array([[0, 0], [1, 0], [0, 1]])[labels][:, np.newaxis]
    test_labels = np.array([0, 1, 2, 2])
    test = rng.normal(size=(4, 6, 2)) + 4 * np.array([[0, 0], [1, 0], [0, 1]])[test_labels][:, np.newaxis]
    right = evaluation.baselines(inputs, labels, test, test_labels)
    assert right["majority"].tolist() == [True, False, False, False]
    assert right["nearest class mean"].tolist() == [True, True, True, True]


def test_the_nearest_class_mean_knows_no_unit_of_measurement():
    """A feature in hertz must not drown one between 0 and 1."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 200)
    inputs = np.stack([rng.normal(0, 3000, 400), labels + rng.normal(0, 0.1, 400)], axis=1)
    right = evaluation.baselines(inputs[:200], labels[:200], inputs[200:], labels[200:])
    assert right["nearest class mean"].mean() > 0.95
    assert right["majority"].mean() == pytest.approx(0.5)


def test_one_output_is_the_probability_of_the_second_class():
    outputs = np.array([[0.1], [0.75]])
    np.testing.assert_allclose(evaluation.per_class(outputs), [[0.9, 0.1], [0.25, 0.75]])
    both = np.array([[0.4, 0.6]])
    assert evaluation.per_class(both) is both


def test_averages_are_those_of_the_whole_array():
    array = np.random.default_rng(0).integers(0, 256, (2300, 4, 5, 3), dtype=np.uint8)
    np.testing.assert_allclose(evaluation.averages(array), array.mean(axis=(1, 2)))
    vectors = np.random.default_rng(0).normal(size=(7, 4))
    np.testing.assert_allclose(evaluation.averages(vectors), vectors)
