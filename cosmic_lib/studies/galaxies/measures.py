"""What the faults of the galaxies study amount to: each function tells it, of these data or of the source."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cosmic_lib import compare
from cosmic_lib.diary import differences
from cosmic_lib.splits import HONEST, TRAIN
from cosmic_lib.studies import Data
from cosmic_lib.studies.galaxies import published
from cosmic_lib.studies.galaxies.diary import DIARY

LOOKED_AT = 500
"""Pictures that a measure looks at."""
SURE, UNSURE = 0.9, 0.6
"""Shares of the volunteers' votes above and below which they are called sure and unsure."""


def majority(data: Data, table: pd.DataFrame) -> str:
    """G1: what is right without looking, beside the 50 % of the text."""
    training = data.items["label"][(table[HONEST] == TRAIN).to_numpy()].value_counts(normalize=True)
    return (
        f"Always answering 'spiral' is right about {_spirals(published.HEAD):.1%} of the study's sample, so that "
        f"{published.TEST_ACCURACY:.1%} is {100 * (published.TEST_ACCURACY - _spirals(published.HEAD)):.0f} points "
        f"above it; here always answering {training.index[0]!r} is right about {training.iloc[0]:.1%}, and its "
        "balanced accuracy is 50 %."
    )


def _spirals(counts: Mapping[str, int]) -> float:
    return counts["spiral"] / sum(counts.values())


def head_of_the_table(data: Data, table: pd.DataFrame) -> str:
    """G2: how far the first rows lie from a random sample of all of them."""
    head, whole = _spirals(published.HEAD), _spirals(published.TABLE)
    rows = sum(published.HEAD.values())
    left = 1 - rows / sum(published.TABLE.values())  # a sample without putting back varies less
    deviation = np.sqrt(whole * (1 - whole) / rows * left)
    first = (data.items["label"] == data.classes[1]).to_numpy()
    quarter = len(first) // 4
    return (
        f"The study's first {rows:,} rows are {head:.2%} spiral and the whole table {whole:.2%}, "
        f"{abs(head - whole) / deviation:.1f} standard errors of a random sample apart; of these data the first "
        f"quarter is {first[:quarter].mean():.1%} {data.classes[1]} and the rest {first[quarter:].mean():.1%}."
    )


def penalised_share(data: Data, table: pd.DataFrame) -> str:
    """G3: what the step to L1 changed, and how much of the network the penalty lies on."""
    model = DIARY["model_6"].model()
    under = sum(layer.count_params() for layer in model.layers if getattr(layer, "kernel_regularizer", None))
    changed = "; ".join(differences(DIARY["model_6"], DIARY["model_5"]))
    return (
        f"From Model 5 to Model 6 differs: {changed}. The penalty lies on a layer with {under:,} of "
        f"{model.count_params():,} parameters ({under / model.count_params():.2%})."
    )


def which_epoch(data: Data, table: pd.DataFrame) -> str:
    """G4: how conclusions depend on the epoch that is read."""
    scores = published.scores()
    moved = int((scores["last"].rank() != scores["best"].rank()).sum())
    layer, l2 = (
        [f"{100 * (scores[way][one] - scores[way][other]):+.1f}" for way in ("last", "best")]
        for one, other in (("model_1", "base"), ("model_7", "model_6"))
    )
    twins = [float(published.curves(name)["val_accuracy"].loc[20]) for name in ("model_2", "model_4")]
    return (
        f"Validation accuracy swings by {100 * scores['spread'].min():.1f} to {100 * scores['spread'].max():.1f} "
        f"points over the last ten epochs (standard deviation). Read at the best epoch instead of the last, {moved} of "
        f"{len(scores)} networks change their place: the third layer is worth {layer[1]} points instead of {layer[0]}, "
        f"and L2 against L1 {l2[1]} instead of {l2[0]}. Models 2 and 4 are one network: after 20 epochs {twins[0]:.4f} "
        f"and {twins[1]:.4f}."
    )


def dropout_left_in(data: Data, table: pd.DataFrame) -> str:
    """G5: in what the final network differs from what the text says of it."""
    changed = "; ".join(differences(DIARY["model_10"], DIARY["model_10_text"]))
    return f"From the network that is told of to the one that was run differs: {changed}."


def penalty_in_the_loss(data: Data, table: pd.DataFrame) -> str:
    """G6: how much of a validation loss may be penalty."""
    import keras

    keras.utils.set_random_seed(0)
    before = float(sum(DIARY["model_6"].model().losses))
    with_l1, without = (published.curves(name)["val_loss"] for name in ("model_6", "model_5"))
    return (
        f"Before training the penalty of Model 6 is {before:.2f}. Its validation loss falls from {with_l1.iloc[0]:.2f} "
        f"to {with_l1.iloc[-1]:.2f}; that of Model 5, without a penalty, from {without.iloc[0]:.2f} to "
        f"{without.iloc[-1]:.2f}, with a lower accuracy at its end."
    )


def agreement(data: Data, table: pd.DataFrame) -> str:
    """G7: how sure the volunteers were of their labels."""
    votes = data.items["votes"].dropna()
    if votes.empty:
        return "These data hold no votes: nothing says how sure a label is."
    return (
        f"Of {len(votes):,} labels {(votes > SURE).mean():.0%} have more than {SURE:.0%} of the votes and "
        f"{(votes < UNSURE).mean():.0%} fewer than {UNSURE:.0%}; one volunteer alone would agree with "
        f"{votes.mean():.0%} of them."
    )


def colours(data: Data, table: pd.DataFrame) -> str:
    """G8: what a reader is shown where blue comes first."""
    red, _, blue = _some(data).mean(axis=(0, 1, 2))
    return (
        f"Pictures here have a mean red of {red:.0f} and a mean blue of {blue:.0f}; shown with blue first they trade "
        "places, and a dense network does not notice."
    )


def empty_field(data: Data, table: pd.DataFrame) -> str:
    """G9: how much of the light lies in the middle."""
    pictures = _some(data).astype(float)
    size = pictures.shape[1]
    edge = size // 4
    light = pictures[:, edge : size - edge, edge : size - edge].sum() / pictures.sum()
    inner = ((size - 2 * edge) / size) ** 2
    return f"The middle {inner:.0%} of the pixels hold {light:.0%} of the light; the others are mostly sky."


def turned(data: Data, table: pd.DataFrame) -> str:
    """G10: what a quarter turn is to a network that looks at each pixel for itself."""
    pictures = _some(data).astype(float)

    def likeness(one: np.ndarray, other: np.ndarray) -> float:
        pairs = zip(one.reshape(len(one), -1), other.reshape(len(other), -1), strict=True)
        return float(np.mean([np.corrcoef(left, right)[0, 1] for left, right in pairs if left.std() and right.std()]))

    own, others = likeness(pictures, np.rot90(pictures, axes=(1, 2))), likeness(pictures, np.roll(pictures, 1, axis=0))
    return (
        f"Pixel by pixel a galaxy correlates with itself after a quarter turn by {own:.2f}, and with another galaxy by "
        f"{others:.2f}: to a network that looks at single pixels, a turned galaxy is nearly another one."
    )


def on_which_penalty(data: Data, table: pd.DataFrame) -> str:
    """G11: what dropout was tried on after L1 had been chosen."""
    penalties = ", ".join(
        f"{name} on {DIARY[name].build.keywords['penalty'].upper()}" for name in ("model_8", "model_9")
    )
    return f"Dropout was tried in {penalties}; the network that was chosen has L1."


def which_model(data: Data, table: pd.DataFrame) -> str:
    """G13: the two accuracies that the last chapter speaks of."""
    base = published.scores()["last"]["base"]
    final = published.TEST_ACCURACY
    return f"Validation accuracy is {base:.1%} for the base model; test accuracy is {final:.1%} for Model 10."


def benchmark(data: Data, table: pd.DataFrame) -> str:
    """G15: what was known when the benchmark was set."""
    scores = published.scores().drop(index="model_10")
    return f"Before the benchmark of 80 % was set, {scores['best'].idxmax()} had reached {scores['best'].max():.1%}."


def per_class(data: Data, table: pd.DataFrame) -> str:
    """G17: what the one test accuracy leaves open."""
    wrong = round((1 - published.TEST_ACCURACY) * published.TESTED)
    elliptical = round((1 - _spirals(published.HEAD)) * published.TESTED)
    found = compare.wilson(published.TESTED - wrong, published.TESTED, unit="galaxy")
    return (
        f"{published.TEST_ACCURACY:.1%} [{found.low:.3f}, {found.high:.3f}] of {published.TESTED:,} test galaxies are "
        f"right. Were all {wrong:,} mistakes ellipticals, {max(0, elliptical - wrong) / elliptical:.0%} of these would "
        "be right: the text does not say."
    )


def _some(data: Data) -> np.ndarray:
    """Some of the pictures, over all of the table."""
    (array, *_) = data.arrays.values()
    return np.asarray(array[:: max(1, len(array) // LOOKED_AT)][:LOOKED_AT])
