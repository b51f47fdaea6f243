"""What the source printed beside its scores: learning curves, the folds of the search, and counts."""

from pathlib import Path

import pytest
import yaml

from cosmic_lib.studies.composers import published
from cosmic_lib.studies.composers.diary import DIARY

LINES = 3_200
"""Of the source, at most."""


@pytest.fixture(scope="session")
def facts(real_data) -> dict:
    """What was read off the source, by hand, where it lies beside the clone."""
    path = Path(real_data).parent / "studies" / "composers.yaml"
    if not path.is_file():
        pytest.skip("no studies/composers.yaml beside the real data")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def printed_curves(facts) -> dict[str, list[dict]]:
    """Experiment -> the rows of its log."""
    return {
        model["id"].lower(): result["curve"]["rows"]
        for model in facts["models"]
        for result in model["results"]
        if "curve" in result
    }


def test_curves_are_fractions_by_epoch_and_line():
    for name, curve in published.curves().items():
        assert curve.index.is_monotonic_increasing and curve.index[-1] == DIARY[name].fit.epochs
        assert curve[["accuracy", "val_accuracy"]].stack().between(0, 1).all()
        assert curve["line"].is_monotonic_increasing and curve["line"].between(1, LINES).all()
        score = DIARY[name].published
        assert (curve["val_accuracy"].iloc[-1], curve["line"].iloc[-1]) == (score.accuracy, score.line)


def test_every_epoch_is_as_it_was_printed(facts):
    curves, printed = published.curves(), printed_curves(facts)
    assert set(curves) == set(printed)
    names = {"accuracy": "train_accuracy", "val_loss": "val_loss", "val_accuracy": "val_accuracy", "line": "line"}
    for name, rows in printed.items():
        assert curves[name].index.tolist() == [row["epoch_by_position"] for row in rows]
        for column, ours in names.items():
            assert curves[name][column].tolist() == [row[ours] for row in rows], (name, column)


def test_every_fold_of_the_search_is_as_it_was_printed(facts):
    (search,) = (model for model in facts["models"] if model["id"] == "CNN_4_random_search")
    rows = [
        (
            trial["trial"],
            trial["epochs"]["value"],
            trial["batch_size"]["inferred"],
            fold["fold"],
            fold["train_accuracy_last_epoch"],
            fold["cv_accuracy"],
            fold["lines"][-1],
        )
        for trial in search["search"]["trials"]
        for fold in trial["folds"]
    ]
    assert list(published.trials().itertuples(index=False, name=None)) == rows


def test_the_search_printed_ten_trials_of_three_folds():
    trials = published.trials()
    assert (trials.groupby("trial")["fold"].agg(list).map(tuple) == (1, 2, 3)).all() and trials["trial"].nunique() == 10
    means = trials.groupby("trial")["accuracy"].mean()
    assert means.idxmax() == 2 and round(means.max(), 4) == 0.7702
    assert (trials.groupby("trial")[["epochs", "batch_size"]].nunique() == 1).all().all()
    assert set(trials["epochs"]) == {10, 20} and set(trials["batch_size"]) == {20, 30}


def test_counts_are_as_they_were_printed_and_fit_together(facts):
    chunks, data = facts["dataset"], published.PARTS
    assert (data["chunks"], data["pieces"]) == (chunks["chunks"]["total"], chunks["feature_rows"]["value"])
    windows = [chunks["lstm_windows"][part][0] for part in ("train", "test")]
    assert [data["windows to train on"], data["windows to test on"]] == windows
    assert sum(windows) + 10 == data["pieces"]
    assert published.FILES.items() <= chunks["files_per_composer"].items()
    printed = {name: (count, share) for _, name, count, share in chunks["all_artist_table"]["rows"]}
    assert printed["augmented_pitch"][0] == published.COPIES
    for count, share in printed.values():
        assert 100 * count / published.CHUNKS_OF_ALL == pytest.approx(share, abs=6e-7)
    (ten,) = (model for model in facts["models"] if model["id"] == "CNN_threshold_10")
    assert ten["filtered_rows"]["value"] == published.ABOVE_TEN
