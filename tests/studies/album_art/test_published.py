"""What the album art study printed fits together, and is what was read off it by hand."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import yaml

from cosmic_lib.studies.album_art import published

LINES = 284
"""Of the source."""
COMBINATION = ["batch_size", "dropout", "epochs", "optimizer"]


@pytest.fixture(scope="module")
def facts(real_data) -> dict[str, dict]:
    """What was read off the source, by hand, where it lies beside the clone: model -> its entry."""
    path = Path(real_data).parent / "studies" / "album_art.yaml"
    if not path.is_file():
        pytest.skip("no studies/album_art.yaml beside the real data")
    return {model["id"]: model for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]}


@pytest.mark.parametrize("name", published.CONFUSION)
def test_a_report_is_that_of_its_confusion_matrix(name):
    confusion, report = np.array(published.CONFUSION[name]), published.report(name)
    assert confusion.sum(axis=1).tolist() == report["items"].tolist() == list(published.COUNTS.values())
    right = confusion.diagonal()
    precision, recall = right / confusion.sum(axis=0), right / confusion.sum(axis=1)
    f1 = 2 * precision * recall / (precision + recall)
    np.testing.assert_allclose(report[["precision", "recall", "f1"]], np.stack([precision, recall, f1], 1), atol=0.0051)
    assert right.sum() / confusion.sum() < max(report["items"]) / report["items"].sum()  # less than the majority


def test_the_grid_is_every_combination_once_and_says_what_is_printed_otherwise():
    grid = published.grid()
    expected = itertools.product((20, 30), (0.0, 0.2, 0.4, 0.6, 0.8), (5, 10), ("SGD", "Adam", "Adamax", "Nadam"))
    assert list(grid[COMBINATION].itertuples(index=False, name=None)) == list(expected)
    other = grid[grid["printed_as"] != grid["optimizer"]]
    assert [(*row,) for row in other[[*COMBINATION, "printed_as"]].itertuples(index=False)] == [
        (30, 0.0, 10, "Adam", "Adamax"),
        (30, 0.2, 10, "Adamax", "Adamx"),
        (30, 0.4, 5, "SGD", "Adam"),
        (30, 0.6, 10, "Adamax", "Adam"),
        (30, 0.8, 10, "Nadam", ""),
    ]
    printed = grid.dropna(subset=["mean"])
    assert len(printed) == 79 and printed["line"].between(225, LINES).all() and printed["line"].is_monotonic_increasing
    best = grid.loc[grid["mean"].idxmax()]
    assert (best["batch_size"], best["dropout"], best["epochs"], best["optimizer"]) == (
        30,
        0.2,
        10,
        "Nadam",
    )  # line 224
    assert ((grid["mean"] == 0.75) & (grid["std"] == 0)).sum() == 36  # 35 labels; one stands for two combinations


def test_the_printed_rows_are_those_read_off_by_hand(facts):
    pairs = published.pairs()
    by_hand = facts["grid_search"]["rows"]
    assert len(pairs) == len(by_hand) == 81
    assert sorted(zip(pairs["mean"], pairs["std"], strict=True)) == sorted((row["mean"], row["std"]) for row in by_hand)
    known = {
        (row["batch_size"], row["dropout"], row["epochs"], row["optimizer"], row["mean"], row["std"], row["line"])
        for row in by_hand
    }
    told = ["batch_size", "dropout", "epochs", "printed_as", "mean", "std", "line"]
    assert set(published.grid().dropna(subset=["mean"])[told].itertuples(index=False, name=None)) <= known


def test_the_random_search_is_as_read_off_by_hand(facts):
    rows = published.random_rows()
    by_hand = facts["random_search"]["results"]
    for name in (*COMBINATION, "line"):
        assert rows[name].tolist() == [row[name] for row in by_hand]
    np.testing.assert_allclose(100 * rows["mean"], [row["accuracy_percent"] for row in by_hand])
    assert rows["std"].isna().all()


@pytest.mark.parametrize("name", published.ACCURACY)
def test_scores_matrices_and_reports_are_as_read_off_by_hand(facts, name):
    results = facts[name]["results"]
    row = published.published(name)
    assert row.line == results["val_accuracy_percent"]["line"] and row.concluded
    assert row.accuracy == pytest.approx(results["val_accuracy_percent"]["value"] / 100)
    assert published.VAL_LOSS[name] == results["val_loss"]["value"]
    assert (name in published.CONFUSION) == ("confusion_matrix" in results)
    if name in published.CONFUSION:
        assert np.array_equal(published.CONFUSION[name], results["confusion_matrix"]["rows"])
        report = published.report(name)
        assert report.index.tolist() == [line[0] for line in results["per_class"]["rows"]]
        assert report.drop(columns="line").to_numpy().tolist() == [line[1:] for line in results["per_class"]["rows"]]
        assert [report["line"].min(), report["line"].max()] == results["per_class"]["lines"]


def test_what_was_not_printed_is_refused():
    with pytest.raises(ValueError, match="nothing was printed of 'initial_mse'; there are initial, best_weights_10"):
        published.published("initial_mse")
    with pytest.raises(ValueError, match="no report on 'best_weights_10'; there are those on initial"):
        published.report("best_weights_10")


def test_tables_are_the_callers_own():
    for table in (published.grid, published.random_rows, published.pairs):
        changed = table()
        changed["mean"] = 0.0
        assert table()["mean"].max() > 0.7
