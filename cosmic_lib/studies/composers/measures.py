"""What the audit's entries amount to, as far as chunks and tables tell: one sentence each, of the data at hand.

Scores that the source printed come from the diary and from `published`; anything else it says stands beside its line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cosmic_lib import compare, pipeline
from cosmic_lib.splits import HELD_OUT, HONEST, PUBLISHED, TRAIN, fold_columns
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import cutting, published
from cosmic_lib.studies.composers.diary import DIARY

ASKED = 200
"""Chunks that a rule is asked about, as more would take too long."""
PRINTED_FPS = 8
"""Frames per second that the source found good enough (line 1235)."""


def _pieces(data: Data) -> pd.DataFrame:
    """The first chunk of every piece, in the order of the files."""
    return data.items.drop_duplicates("piece")


def same_as_before(data: Data, table: pd.DataFrame) -> str:
    """C1: how often the composer of the piece before is that of the piece itself."""
    labels = _pieces(data)["label"]
    same = (labels == labels.shift()).iloc[1:]
    return (
        f"Of {len(labels)} pieces in the order of their files, {same.mean():.1%} are by the composer of the piece "
        f"before, and {labels.value_counts(normalize=True).max():.1%} by the commonest one."
    )


def chunk_split(data: Data, table: pd.DataFrame) -> str:
    """C2: pieces with chunks on several sides of the published split."""
    column = fold_columns(PUBLISHED)[0]
    torn = (table[column].groupby(table["group"]).nunique() > 1).sum()
    here = len(table) / table["group"].nunique()
    return (
        f"In {column}, {torn} of {table['group'].nunique()} pieces have chunks in more than one part; a piece has "
        f"{here:.1f} chunks here, and {published.PARTS['chunks'] / published.PARTS['pieces']:.1f} in the source."
    )


def seen_before(data: Data, table: pd.DataFrame) -> str:
    """C6: the answer of the nearest chunk seen, on chunks that were seen and on others."""
    from sklearn.neighbors import KNeighborsClassifier

    array = next(iter(data.arrays.values()))
    rng, column = np.random.default_rng(0), fold_columns(HONEST)[0]
    asked = {}
    for part, most in ((TRAIN, 3 * ASKED), (HELD_OUT, ASKED)):
        rows = np.flatnonzero(table[column] == part)
        asked[part] = np.sort(rng.permutation(rows)[:most])
    flat = {part: array[rows].reshape(len(rows), -1).astype(np.float32) for part, rows in asked.items()}
    rule = KNeighborsClassifier(1).fit(flat[TRAIN], data.y[asked[TRAIN]])
    right = {part: rule.score(flat[part][:ASKED], data.y[rows[:ASKED]]) for part, rows in asked.items()}
    return (
        f"A rule that answers with the composer of the most similar chunk it has seen is right about "
        f"{right[TRAIN]:.0%} of the chunks it has seen, and {right[HELD_OUT]:.0%} of {len(asked[HELD_OUT])} others."
    )


def copies(data: Data, table: pd.DataFrame) -> str:
    """C7: what always answering with the copies scores."""
    own = len(data.items)
    with_copies = data.others.get("all_chunks")
    here = f"two copies of each of the {own:,} chunks here would make {3 * own:,}"
    if with_copies is not None:
        share = (with_copies.items["label"] == "augmented_pitch").mean()
        here = f"{share:.1%} of the {len(with_copies.items):,} chunks of all composers here are copies"
    return (
        f"In the source {published.COPIES / published.CHUNKS_OF_ALL:.1%} of all chunks are copies, so that this answer "
        f"alone scores as much, and the network {DIARY['cnn_all_145'].published.accuracy:.1%}; {here}."
    )


def thresholds(data: Data, table: pd.DataFrame) -> str:
    """C8: what the largest class alone would have scored above 10 %."""
    names = ("cnn_threshold_0_1", "cnn_threshold_1", "cnn_threshold_10")
    printed = [DIARY[name].published.accuracy for name in names]
    kept = {name: len(other.classes) for name, other in data.others.items() if name.startswith("all_chunks")}
    here = f"; here the thresholds leave {', '.join(map(str, kept.values()))} classes" if kept else ""
    return (
        "Two classes above 10 % would have made the largest alone right for "
        f"{published.COPIES / published.ABOVE_TEN:.1%} (lines 2898 and 3087); printed are "
        f"{', '.join(f'{score:.2%}' for score in printed)}, three runs of one experiment{here}."
    )


def channels(data: Data, table: pd.DataFrame) -> str:
    """C9: parameters of the first layer, for one channel and for two."""
    counts = [(3 * 3 * channels + 1) * 32 for channels in (1, 2)]
    total = DIARY["cnn_4"].model().count_params()
    return (
        f"The first layer has {counts[0]} parameters on one channel and {counts[1]} on two, the network {total:,} and "
        f"{total + counts[1] - counts[0]:,}; the source prints those of one."
    )


def mixed_columns(data: Data, table: pd.DataFrame) -> str:
    """C11: training accuracy, and what the table calls so."""
    last = published.curves()["cnn_4"].iloc[-1]
    return (
        f"After its last epoch the network scores {last['accuracy']:.4f} in training and {last['val_accuracy']:.4f} on "
        f"validation (line {last['line']:.0f}); the table prints the second as the first."
    )


def stale(data: Data, table: pd.DataFrame) -> str:
    """C12: how far two printed results of the same code are apart."""
    first, second = (DIARY[name].published for name in ("lstm", "lstm_again"))
    windows = round((first.accuracy - second.accuracy) * published.PARTS["windows to test on"])
    return (
        f"The two LSTM scores (lines {first.line} and {second.line}) differ by {windows} of "
        f"{published.PARTS['windows to test on']} windows, so that they are of two networks."
    )


def not_fed(data: Data, table: pd.DataFrame) -> str:
    """C13: windows that there are, and would be with copies."""
    windows = published.PARTS["windows to train on"] + published.PARTS["windows to test on"]
    pieces = published.PARTS["pieces"]
    return (
        f"{windows:,} windows of ten and the piece after them come from {windows + 10:,} rows, which are the "
        f"{pieces:,} original pieces; with two copies of each there would be {3 * pieces:,}."
    )


def statistics(data: Data, table: pd.DataFrame) -> str:
    """C16: how much scales and bounds move if the held-out pieces are measured too."""
    other = data.others["piece_two"]
    (array,) = other.arrays.values()
    array = array.reshape(len(array), -1)
    part_of = dict(zip(table["group"], table[fold_columns(HONEST)[0]], strict=True))
    training = (other.items["group"].map(part_of) == TRAIN).to_numpy()
    (mean, std), (all_mean, _) = pipeline.statistics(array[training]), pipeline.statistics(array)
    high, all_high = pipeline.outlier_bounds(array[training])[1], pipeline.outlier_bounds(array)[1]
    moved = ", ".join(
        f"{name} {(there - here) / deviation:+.2f} and {(bound - own) / deviation:+.2f}"
        for name, here, there, own, bound, deviation in zip(
            ("length", "notes"), mean, all_mean, high, all_high, std, strict=True
        )
    )
    return f"Measured on all pieces, mean and upper bound move by so many standard deviations: {moved}."


def majority(data: Data, table: pd.DataFrame) -> str:
    """C17: share of the commonest composer."""
    counts = _pieces(data)["label"].value_counts()
    files = published.FILES
    return (
        f"{max(files.values()) / sum(files.values()):.1%} of the files of the source are by one composer, and "
        f"{counts.max() / counts.sum():.1%} of the {counts.sum()} pieces here ({counts.idxmax()})."
    )


def best_epoch(data: Data, table: pd.DataFrame) -> str:
    """C18: the epoch that validation would have chosen, and the one that is reported."""
    curve = published.curves()["cnn_4"]
    best = curve["val_loss"].idxmin()
    return (
        f"The printed validation loss is lowest after epoch {best} ({curve['val_loss'][best]:.3f}, accuracy "
        f"{curve['val_accuracy'][best]:.3f}); reported is epoch {curve.index[-1]} ({curve['val_loss'].iloc[-1]:.3f}, "
        f"{curve['val_accuracy'].iloc[-1]:.3f})."
    )


def frames(data: Data, table: pd.DataFrame) -> str:
    """C19: how many frames a piece has at both rates."""
    fps = cutting.Cut().fps
    return f"{fps:g} frames per second are {fps / PRINTED_FPS - 1:.0%} more than {PRINTED_FPS}, and compress nothing."


def search(data: Data, table: pd.DataFrame) -> str:
    """C21: the lead of the best trial, and what folds scatter by."""
    trials = published.trials()
    means = trials.groupby("trial")["accuracy"].mean().sort_values(ascending=False)
    folds = {str(name): rows["accuracy"].tolist() for name, rows in trials.groupby("trial")}
    spread, freedom = compare.pooled_spread(folds)
    return (
        f"The best of {len(means)} printed trials leads the second by {100 * (means.iloc[0] - means.iloc[1]):.2f} "
        f"points; folds of one trial have a standard deviation of {100 * spread:.2f} points ({freedom} degrees of "
        f"freedom), and means of 3 differ by up to {100 * compare.by_chance((spread, freedom), seeds=3):.2f} by chance."
    )


def above_largest(data: Data, table: pd.DataFrame) -> str:
    """C22: cells of a roll beyond the largest velocity of MIDI."""
    array = next(iter(data.arrays.values()))
    rows = np.linspace(0, len(array) - 1, min(len(array), 5 * ASKED)).astype(int)
    sounding = array[rows][array[rows] > 0]
    return (
        f"{(sounding > 127).mean():.2%} of the cells in which something sounds are above 127, the loudest one note can "
        f"be; the highest here is {sounding.max()} (what passes 255 is cut off)."
    )
