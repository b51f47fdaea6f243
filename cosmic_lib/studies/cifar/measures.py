"""What the audit's entries amount to: each function measures one without training a network of the diary.

Scores and curves that the source printed come from the diary and from `curves`; anything else stands beside its line.
"""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd

from cosmic_lib import compare, pipeline
from cosmic_lib.diary import differences, published_score
from cosmic_lib.experiment import Experiment
from cosmic_lib.splits import HONEST, TEST, TRAIN, VALIDATION
from cosmic_lib.studies import Data
from cosmic_lib.studies.cifar import colours, curves, losses, models
from cosmic_lib.studies.cifar.diary import DIARY

TRAINING, TESTED, STEPS = 50_000, 10_000, 625
"""Training and test pictures of the source (lines 134 and 135), and steps of an epoch of CNN_1 (line 249)."""
FEW = 50
"""Training pictures for what can be seen on a few."""
SEVERAL = 200
"""Pictures for what needs more of them to be seen."""
FINAL = "cnn_9_v1_with_aug"
BEYOND = 3.0
"""Deviations from which a difference between two scores of the same network is not put down to chance."""


def source_rows() -> list[Experiment]:
    """The experiments of the source, without our own."""
    return [row for row in DIARY if row.published is not None]


def _scores() -> dict[str, float]:
    """Name of an experiment -> macro F1 as printed, in the order of the source."""
    found = {row.name: published_score(row) for row in source_rows()}
    return {name: score for name, score in found.items() if score is not None}


def _deviation(share: float, pictures: int) -> float:
    """Of a score, from the choice of the pictures it was measured on."""
    return float(np.sqrt(share * (1 - share) / pictures))


def _rows(table: pd.DataFrame, part: str, count: int) -> np.ndarray:
    """The first items of a part of the honest split."""
    return np.flatnonzero((table[HONEST] == part).to_numpy())[:count]


def _pictures(data: Data) -> np.ndarray:
    """Of any kind of input that was loaded."""
    return next(iter(data.arrays.values()))


def two_validations(data: Data, table: pd.DataFrame) -> str:
    """K1: which of the two the installed Keras takes, where `fit` is given both."""
    import keras

    (inputs, labels), others = (
        (_pictures(data)[rows] / np.float32(255), data.y[rows])
        for rows in (_rows(table, part, FEW) for part in (TRAIN, VALIDATION))
    )
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(len(data.classes), "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    size = FEW // 5
    fit = model.fit(inputs, labels, batch_size=size, validation_split=0.2, validation_data=others, verbose=0)
    given = bool(np.isclose(fit.history["val_loss"][-1], model.evaluate(*others, verbose=0), rtol=1e-3))
    seen = STEPS * DIARY["cnn_1"].fit.batch_size
    return (
        f"Given both, Keras {keras.__version__} trains {fit.params['steps']} steps of {size} on {len(inputs)} pictures "
        f"and validates on {_taken(given)}; the version of the source trained {STEPS} steps, {seen:,} of "
        f"{TRAINING:,} pictures (line 249), and so validated on {_taken(seen == TRAINING)}."
    )


def _taken(given: bool) -> str:
    return "the pictures of validation_data" if given else "the share that validation_split cuts off"


def chosen_on_test(data: Data, table: pd.DataFrame) -> str:
    """K2: how often the test pictures were asked, and how much one score of them says."""
    from scipy import integrate, stats

    scores = _scores()
    best, networks = max(scores.values()), len(scores)
    error, here = _deviation(best, TESTED), int((table[HONEST] == TEST).sum())
    luck, _ = integrate.quad(lambda z: z * networks * stats.norm.pdf(z) * stats.norm.cdf(z) ** (networks - 1), -9, 9)
    return (
        f"{networks} networks were scored on the same {TESTED:,} test pictures; the best score, {best:.1%}, has a "
        f"standard error of {100 * error:.2f} points there and of {100 * _deviation(best, here):.2f} on the {here:,} "
        f"here, and the best of {networks} equally good ones would look {100 * luck * error:.1f} points better than "
        "it is."
    )


def same_networks(data: Data, table: pd.DataFrame) -> str:
    """K3: rows that the faulty builder made repeats of others."""
    scores = _scores()
    repeats = {name: DIARY.kinds[name] for name in scores if DIARY.kinds[name] != name}
    told = "; ".join(
        f"{name} repeats {first} (F1 {scores[name]:.1%} and {scores[first]:.1%})"
        for name, first in repeats.items()
        if name.startswith("cnn_4")
    )
    return f"By their hash {told}; of {len(scores)} networks {len(repeats)} repeat an earlier one."


def noise(data: Data, table: pd.DataFrame) -> str:
    """K4: how far the source's own repeats lie apart, and how many of its steps are larger than that."""
    spread, freedom = DIARY.published_spread
    chance = compare.by_chance(DIARY.published_spread)
    scores, kinds = _scores(), DIARY.kinds
    groups = pd.Series({name: kinds[name] for name in scores}).value_counts()
    steps = [
        abs(scores[row.name] - scores[row.parent])
        for row in source_rows()
        if row.parent in scores and kinds[row.name] != kinds[row.parent]
    ]
    return (
        f"{(groups > 1).sum()} configurations were trained more than once: their F1 has a pooled deviation of "
        f"{100 * spread:.2f} points ({freedom} degrees of freedom), so that two single runs differ by up to "
        f"{100 * chance:.1f} points by chance; {sum(step < chance for step in steps)} of {len(steps)} changes are "
        "smaller than that."
    )


def augmentation(data: Data, table: pd.DataFrame) -> str:
    """K5: which share of the pictures of a second epoch a network has not seen in the first."""
    import keras

    inputs = _pictures(data)[_rows(table, TRAIN, SEVERAL)].astype(np.float32)
    whole = models.cnn(inputs.shape[1:], len(data.classes), filters=(1,), padding="same", units=1, augment=True)
    layers = keras.Model(whole.input, whole.get_layer("shift").output)
    fed = pipeline.batches(inputs, batch_size=FEW, shuffle_seed=0)
    first, second = ([np.asarray(batch) for batch in fed] for _ in range(2))
    plain = _new(first, second)
    augmented = _new(*([np.asarray(layers(batch, training=True)) for batch in epoch] for epoch in (first, second)))
    return (
        f"Of {len(inputs)} pictures, {plain:.0%} are new in the second epoch when the pictures themselves are fed, as "
        f"in the source, and {augmented:.0%} when they pass through layers that flip and shift them."
    )


def _new(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """Share of the pictures of one epoch that are not among those of another."""
    before, after = ([picture.tobytes() for batch in epoch for picture in batch] for epoch in (first, second))
    return sum(picture not in set(before) for picture in after) / len(after)


def scrambled_colour(data: Data, table: pd.DataFrame) -> str:
    """K6: how many values are still in their place, and how much a pixel still has to do with the next one."""
    side = _pictures(data).shape[1]
    places = np.arange(side * side * 3).reshape(1, side, side, 3)
    kept = int((colours.scramble(places) == places).sum())
    said = f"Of the {places.size:,} values of a picture of {side} x {side} pixels {kept} stay in their place"
    if "colour" not in data.arrays:
        return f"{said}."
    pictures = data.arrays["colour"][_rows(table, TRAIN, SEVERAL)]
    before, after = (colours.neighbours(shown) for shown in (pictures, colours.scramble(pictures)))
    return (
        f"{said}; neighbouring pixels of the first {len(pictures)} training pictures correlate with {before:.2f} where "
        f"their colours are in place, and with {after:.2f} as they were fed."
    )


def loss_plateaus(data: Data, table: pd.DataFrame) -> str:
    """K7: where each of the four losses comes to rest when nothing is learnt, and where the printed logs end."""
    told = "; ".join(
        f"{name.replace('_', ' ')} {losses.plateau(name):.4g} and "
        f"{curves.published(f'loss_sweep_{name}')['loss'].iloc[-1]:.4g}"
        for name in losses.KERAS_LOSSES
    )
    return f"What equal outputs give, and the last loss printed: {told}."


def lost_by_stopping(data: Data, table: pd.DataFrame) -> str:
    """K8: validation accuracy that the last epoch has less than the one that stopping was decided by."""
    lost = {}
    for row in source_rows():
        if row.fit.patience is not None:
            fit = curves.published(row.name)
            accuracy = fit["val_accuracy"]
            lost[row.name] = float(accuracy.loc[curves.best_epoch(fit)] - accuracy.iloc[-1])
    most = max(lost, key=lambda name: lost[name])
    return (
        f"Of {len(lost)} fits that stop early, {sum(value > 0 for value in lost.values())} end with a lower validation "
        f"accuracy than at their lowest validation loss: by {100 * lost[most]:.1f} points in {most}, and by "
        f"{100 * statistics.median(lost.values()):.1f} in the median."
    )


def logs_and_scores(data: Data, table: pd.DataFrame) -> str:
    """K9: fits whose last validation accuracy and printed test accuracy are hardly of the same network."""
    gaps, odd = [], []
    for row in source_rows():
        if row.published is None or (test := row.published.accuracy) is None:
            continue
        validation = float(curves.published(row.name)["val_accuracy"].iloc[-1])
        gaps.append(validation - test)
        z = gaps[-1] / (np.sqrt(2) * _deviation((validation + test) / 2, TESTED))  # as many validation as test pictures
        if abs(z) > BEYOND:
            odd.append(f"{row.name} ({validation:.1%} and {test:.1%})")
    return (
        f"Validation and test accuracy differ by {100 * statistics.median(gaps):.1f} points in the median of "
        f"{len(gaps)} networks, and by more than {BEYOND:.0f} standard errors in {len(odd)}: {', '.join(odd)}."
    )


def changed_at_once(data: Data, table: pd.DataFrame) -> str:
    """K10: steps that change more than one setting, and those that change none."""
    steps = {row.name: differences(row, DIARY[row.parent]) for row in source_rows() if row.parent is not None}
    several = {name: [text.split(":")[0] for text in found] for name, found in steps.items() if len(found) > 1}
    nothing = sum(DIARY.kinds[name] == DIARY.kinds[DIARY[name].parent or name] for name in steps)
    named = "; ".join(f"{name} ({', '.join(settings)})" for name, settings in several.items())
    return f"Of {len(steps)} steps {nothing} change nothing and {len(several)} more than one setting: {named}."


def learning_rates(data: Data, table: pd.DataFrame) -> str:
    """K11: learning rates that each optimizer was tried with, in the source and here."""
    rates: dict[str, tuple[set, set]] = {}
    for row in DIARY:
        theirs, ours = rates.setdefault(row.compile.optimizer, (set(), set()))
        ours.add(row.compile.learning_rate)
        if row.published is not None:
            theirs.add(row.compile.learning_rate)
    told = ", ".join(f"{name} {len(theirs)} and {len(ours)}" for name, (theirs, ours) in rates.items())
    return f"Learning rates tried in the source, and with ours: {told}."


def contradictions(data: Data, table: pd.DataFrame) -> str:
    """K12: what the text says of its numbers, and what they say."""
    scores = _scores()
    sweep = {name: score for name, score in scores.items() if name.startswith("cnn_8_v2_lr")}
    above = sum(score > scores[FINAL] for score in scores.values())
    norm, augmented = (100 * (scores[name] - scores[DIARY[name].parent or ""]) for name in ("cnn_5_v1", FINAL))
    return (
        f"{above} of {len(scores)} printed scores are above that of the final network (line 9609: the highest); "
        f"learning rate 0.0004 is number {_place(sweep, 'cnn_8_v2_lr0.0004')} of {len(sweep)} (line 7616: the best); "
        f"512 units score {scores['cnn_6_v5']:.1%} and the 128 that were chosen {scores['cnn_6_v3']:.1%} (line 4032); "
        f"colour with augmentation scores {scores['colored_with_aug']:.1%} (line 10306: 73%); batch normalisation "
        f"brings {norm:.2f} points (line 2834: 0.01%), and augmentation {augmented:.2f} (line 9503: 0.003%)."
    )


def _place(scores: dict[str, float], name: str) -> int:
    """Of one score among several, from the highest, which is 1."""
    return 1 + sum(score > scores[name] for score in scores.values())


def overfitting(data: Data, table: pd.DataFrame) -> str:
    """K13: fits that go on learning their training pictures while validation gets worse."""
    over = 0
    for name in curves.names():
        fit = curves.published(name)
        best, last = fit.loc[curves.best_epoch(fit)], fit.iloc[-1]
        over += bool(last["accuracy"] > best["accuracy"] and last["val_loss"] > best["val_loss"])
    return (
        f"In {over} of {len(curves.names())} logs training accuracy goes on rising after the lowest validation loss, "
        "while validation loss rises too: that is overfitting."
    )


def divided_twice(data: Data, table: pd.DataFrame) -> str:
    """K14: the largest value of these pictures after dividing once, and after running the cell again."""
    largest = float(_pictures(data).max())
    once, twice = largest / 255, largest / 255**2
    return f"The largest value here, {largest:.0f}, becomes {once:.3g}, and the second time {twice:.3g}."


def log_of_another_run(data: Data, table: pd.DataFrame) -> str:
    """K16: where the log of the network that is said to be trained further begins."""
    first, second = (curves.published(name)["accuracy"] for name in ("colored", "colored_with_aug"))
    return (
        f"The log that should go on from a training accuracy of {first.iloc[-1]:.1%} begins at {second.iloc[0]:.1%}, "
        f"as the first one did, at {first.iloc[0]:.1%}."
    )


def more_epochs(data: Data, table: pd.DataFrame) -> str:
    """K17: epochs of the two colour networks, and how they compare after as many."""
    first, second = (DIARY[name].fit.epochs for name in ("colored", "colored_with_aug"))
    short, long = (curves.published(name)["val_accuracy"] for name in ("colored", "colored_with_aug"))
    return (
        f"{second} epochs are compared with {first}; after {first} the validation accuracies are {long.loc[first]:.1%} "
        f"and {short.loc[first]:.1%}, and after {second} the longer one has {long.loc[second]:.1%}."
    )
