# %% [markdown]
# # Which number do you read? Eleven networks, compared by the last point of a curve
#
# A study of galaxies goes from network to network by their validation curves ("Cosmic Classifier: a deep learning
# approach to galaxy classification", `studies/sources/003_0e3a5d6b82bfde49.txt`). A third layer does not help (line
# 666), L1 is better than L2 (line 1182). The curves swing from epoch to epoch, the study says so itself (line 416), and
# each was run once. What was read is the last point. Would another reading have said the same?
#
# You need: `50_galaxies_baseline`. You will learn to
#
# - list the readings of a curve, and which conclusions depend on them,
# - have the epoch chosen by rule, and judge on galaxies that took no part in the choice,
# - see how much of a score is the luck of one split, and what k-fold does about it,
# - compare losses without the penalty in them.

# %%
from cosmic_lib import lesson, studies

name = studies.mode_name()
seeds, deals, folds, arms_seeds = {"smoke": (1, 2, 2, 1), "laptop": (4, 4, 5, 2)}.get(name, (5, 10, 5, 5))
mode = lesson.begin("galaxies", minutes={"smoke": 1, "laptop": 5, "full": 240}, seeds=range(seeds))

# %% [markdown]
# ## Eleven printed curves
#
# The study printed every epoch, so its curves can be read anew: at the last epoch, at the best, over the last ten.
# Validation accuracy is measured on 10,000 galaxies (line 436).
#
# **Predict:** how many of the eleven networks have another place in the ranking when the best epoch is read instead of
# the last? In the cell stands 0.

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from cosmic_lib import compare, plots
from cosmic_lib.studies.galaxies import STUDY, published
from cosmic_lib.studies.galaxies.figures import which_epoch

lesson.predict("networks that change their place", 0)
scores = published.scores()
display(which_epoch())
lesson.reveal("networks that change their place", int((scores["last"].rank() != scores["best"].rank()).sum()))

steps = {
    "a third layer": ("model_1", "base"),
    "32 units for 16": ("model_2", "model_1"),
    "64 units for 32": ("model_3", "model_2"),
    "a lower rate": ("model_5", "model_2"),
    "L1, and a layer less": ("model_6", "model_5"),
    "L2 for L1": ("model_7", "model_6"),
    "dropout of a fifth": ("model_8", "model_7"),
    "dropout of a half": ("model_9", "model_7"),
}
readings = ["last", "best", "mean"]
points = pd.DataFrame(
    {what: 100 * (scores.loc[a, readings] - scores.loc[b, readings]) for what, (a, b) in steps.items()}
).T
points["same sign"] = np.sign(points[readings]).nunique(axis=1) == 1
points["concluded"] = [published.CONCLUDED[child] for child, _ in steps.values()]
with pd.option_context("display.max_colwidth", None, "display.precision", 1):
    display(points)

one, again = (published.curves(twin)["val_accuracy"].iloc[:20].to_numpy() for twin in ("model_2", "model_4"))
print(f"Models 2 and 4 are one network, and were both printed: over their first {len(one)} epochs they lie")
print(f"{100 * np.abs(one - again).mean():.1f} points apart on average, {100 * np.abs(one - again).max():.1f} at most;")
print(f"at epoch 20 {100 * (again - one)[-1]:+.1f}, best against best {100 * (again.max() - one.max()):+.1f}")
small = int((points["last"].abs() < 100 * np.abs(one - again).mean()).sum())
print(f"{small} of the {len(points)} steps above, read at the last epoch, are smaller than that average")
last = scores["last"]["base"]
print(
    f"the galaxies alone give a standard error of {100 * np.sqrt(last * (1 - last) / published.VALIDATED):.1f} points"
)

# %% [markdown]
# Rows without the same sign in all readings have no conclusion yet. Models 2 and 4 differ in the number of epochs alone,
# so up to the twentieth they are two runs of one thing: what lies between them is chance.
#
# The best epoch is no better a reading by itself. It is the highest of many noisy points, so it is flattered, and the
# more the curve swings, the more. Two things help: let a rule choose the epoch, and judge on galaxies that did not
# choose.
#
# ## Last epoch, and a rule
#
# The data are a **made-up sample** in the layout of Galaxy Zoo 2. It teaches the method and **does not reproduce the
# published number**; except in full mode pictures are smaller and galaxies far fewer, so curves swing more. In fold 0
# some galaxies train, some are validation, and some are held out: the last are only scored, once, at the end.
#
# The two training cells differ in one line.

# %%
from functools import partial

import keras

from cosmic_lib import evaluation, pipeline, reproduce, splits, store
from cosmic_lib.studies.galaxies import models

# STUDY.load("real", "their folder", size=..., number=...) does the same on Galaxy Zoo 2 or EFIGI.
data = STUDY.load("sample", **mode.settings, **mode.sample).view("pictures")
print(data.name, *data.notes, sep="\n")
runs = store.home() / "runs" / "galaxies"
table = reproduce.split_table(data, runs)
display(splits.counts(table, "honest_fold0"))
base = mode.scale(STUDY.diary["base"])
pictures, labels, epochs = data.arrays["pictures"], data.y, base.fit.epochs
training, validation, held_out = (
    np.flatnonzero(table["honest_fold0"] == part) for part in ("train", "validation", "held_out")
)
rules = evaluation.baselines(pictures[training], labels[training], pictures[held_out], labels[held_out])
print(
    *(f"{rule}: {compare.wilson(int(right.sum()), len(right), unit='galaxy')}" for rule, right in rules.items()),
    sep="\n",
)
batches = partial(
    pipeline.batches, pictures, batch_size=base.fit.batch_size, transform=partial(pipeline.scale, mean=0, std=255)
)
visible = {}

# %%
reading, callbacks = "last epoch", []

pipeline.set_up(seed=0)
model = models.dense(pictures.shape[1:], len(data.classes))
model.compile(keras.optimizers.RMSprop(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
fit = model.fit(
    batches(labels[training], rows=training, shuffle_seed=0),
    validation_data=batches(labels[validation], rows=validation),
    epochs=epochs,
    shuffle=False,  # the batches come shuffled
    verbose=0,
    callbacks=callbacks,
)
probabilities = evaluation.per_class(model.predict(batches(rows=held_out), verbose=0))
score = evaluation.score(probabilities, labels[held_out], data.classes)["accuracy"]
visible[reading] = fit.history, score
print(f"{reading}, of {len(fit.history['loss'])} trained: {score:.3f} of {len(held_out)} galaxies held out are right")
plots.history(fit.history, "base model, seed 0")

# %%
reading, callbacks = "a rule", [keras.callbacks.EarlyStopping("val_loss", patience=5, restore_best_weights=True)]

pipeline.set_up(seed=0)
model = models.dense(pictures.shape[1:], len(data.classes))
model.compile(keras.optimizers.RMSprop(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
fit = model.fit(
    batches(labels[training], rows=training, shuffle_seed=0),
    validation_data=batches(labels[validation], rows=validation),
    epochs=epochs,
    shuffle=False,  # the batches come shuffled
    verbose=0,
    callbacks=callbacks,
)
probabilities = evaluation.per_class(model.predict(batches(rows=held_out), verbose=0))
score = evaluation.score(probabilities, labels[held_out], data.classes)["accuracy"]
visible[reading] = fit.history, score
print(f"{reading}, of {len(fit.history['loss'])} trained: {score:.3f} of {len(held_out)} galaxies held out are right")

# %% [markdown]
# ## Does a third layer help?
#
# The same two networks as in the study, base and Model 1, on one split, with several seeds each. Four readings of the
# same question: the last and the best point of the validation curve; and on the galaxies held out, the weights of the
# last epoch, and those that the rule chose. Differences are taken seed by seed.
#
# **Predict** what the layer wins by the last reading, in points. In the cell stands what the best epochs of the study
# say.

# %%
from dataclasses import replace

from cosmic_lib.experiment import run

guess = 100 * (scores["best"]["model_1"] - scores["best"]["base"])
lesson.predict("points that a third layer wins", guess)


def read(row, reading):
    """An experiment of which the last epoch is scored, or the one that the rule chooses."""
    by_rule = reading == "a rule"
    return replace(
        row, honest_fit=None, fit=replace(row.fit, patience=5 if by_rule else None, restore_best_weights=by_rule)
    )


def trained(row, count, column="honest_fold0"):
    """Results over the seeds, each kept so that it is trained once."""
    return [run(row, data, table, column, seed=seed, runs=runs, mode=name) for seed in range(count)]


def held_out_of(results):
    """Seed -> accuracy on the galaxies held out."""
    return {result["seed"]: result["metrics"]["held_out"]["accuracy"] for result in results}


by_reading = {reading: {} for reading in ("validation, last", "validation, best", "held out, last", "held out, a rule")}
for network in ("base", "model_1"):
    row = mode.scale(STUDY.diary[network])
    to_the_end, by_rule = (trained(read(row, reading), seeds) for reading in ("last epoch", "a rule"))
    curves = [result["history"]["val_accuracy"] for result in to_the_end]
    by_reading["validation, last"][network] = {seed: curve[-1] for seed, curve in enumerate(curves)}
    by_reading["validation, best"][network] = {seed: max(curve) for seed, curve in enumerate(curves)}
    by_reading["held out, last"][network] = held_out_of(to_the_end)
    by_reading["held out, a rule"][network] = held_out_of(by_rule)
    if network == "base":
        for reading, results in (("last epoch", to_the_end), ("a rule", by_rule)):
            history, score = visible[reading]
            rounded = {metric: [round(value, 6) for value in values] for metric, values in history.items()}
            print(f"{reading}: same history as in the cell above: {rounded == results[0]['history']}")
            lesson.should_see(f"{reading}, seed 0", score, list(held_out_of(results).values())[1:])

apart, found = {}, {}
for reading, of in by_reading.items():
    spread = compare.pooled_spread({network: list(by_seed.values()) for network, by_seed in of.items()})
    found[reading] = compare.step(of["model_1"], of["base"], spread)
    apart[reading] = [of["model_1"][seed] - of["base"][seed] for seed in range(seeds)]
    print(
        f"{reading:18} spread between seeds {spread[0]:.3f}; third layer {found[reading]}: {compare.verdict(found[reading])}"
    )
lesson.reveal("points that a third layer wins", 100 * found["held out, a rule"].value)
plots.strip(apart, title="Model 1 minus base, one dot per seed", axis="difference in accuracy")

# %% [markdown]
# Look at two things. How far apart are the dots of a row: that is what one run each, as in the study, picks from. And
# do the rows agree: a reading that flatters both networks alike still gives a fair difference; one that flatters the
# network which swings more does not.
#
# ## One split, five folds, five folds again and again
#
# The study names three protocols: hold-out, k-fold, iterated k-fold. It says that the latter two are more robust, and
# takes the first to save time (lines 49 to 53). How much more robust? All three come out of the same runs here: deal the
# open galaxies into folds, hold each fold out once, and do it again with other deals. A single fold is a hold-out; the
# mean of one deal is k-fold; the mean of all is iterated.
#
# **Predict:** how many times smaller does k-fold make the spread of hold-out? In the cell stands 1.

# %%
lesson.predict("times that k-fold narrows the spread of hold-out", 1)

from cosmic_lib.experiment import predictions

open_rows, groups = np.flatnonzero(table["honest"] != "test"), table["group"].to_numpy()
single, answers = np.zeros((deals, folds)), []
for deal in range(deals):
    fold_of = splits.deal(labels[open_rows], groups[open_rows], folds, seed=deal)
    for fold in range(folds):
        asked, rest = open_rows[fold_of == fold], open_rows[fold_of != fold]
        dealt = table[["item", "label", "group"]].assign(dealt="test")  # sealed, for all but the open rows
        dealt.loc[asked, "dealt"] = "held_out"
        eighth = splits.deal(labels[rest], groups[rest], 8, seed=deal) == 0
        dealt.loc[rest, "dealt"] = np.where(eighth, "validation", "train")
        result = run(read(base, "a rule"), data, dealt, "dealt", seed=deal, runs=runs, mode=name)
        single[deal, fold] = result["metrics"]["held_out"]["accuracy"]
        answers.append(predictions(result, data, "held_out"))

protocols = {"hold-out": single.ravel(), "k-fold": single.mean(axis=1), "iterated k-fold": [single.mean()]}
wide, narrow = (np.std(protocols[protocol], ddof=1) for protocol in ("hold-out", "k-fold"))
print(
    f"hold-out: spread {wide:.4f}; from the number of galaxies alone {np.sqrt(single.mean() * (1 - single.mean()) / len(asked)):.4f}"
)
print(f"k-fold:   spread {narrow:.4f}; with independent folds it would be {wide / np.sqrt(folds):.4f}")
print(f"iterated: one number; were it done again, about {narrow / np.sqrt(deals):.4f}")
right = pd.concat(answers).groupby("item").agg(right=("right", "mean"), group=("group", "first"))
print(f"with other galaxies: {compare.over_groups(right['right'], right['group'], unit='galaxy')}")
narrowed = wide / narrow if narrow else 1.0  # without any spread there is nothing to narrow
lesson.reveal("times that k-fold narrows the spread of hold-out", narrowed)
plots.strip(protocols, title=f"Base model, {deals} deals of {folds} folds", axis="accuracy on what is held out")

# %% [markdown]
# K-fold asks every galaxy once, so the luck of *which* galaxies are held out is gone, and more deals wear down what is
# left: other training rows, other seeds. The last line is what no protocol removes. Its interval counts galaxies, and
# would hardly narrow if the deals went on for ever: the network is asked about the same galaxies each time. K-fold is
# worth its price where two networks are compared on a few galaxies; the study, with 10,000 to validate on, had less to
# gain from it than from a second seed.
#
# ## A loss with something in it that is not loss
#
# Of L1 the study says that it overfits slightly "in the validation loss", and still raises accuracy (line 1182). But the
# loss that Keras prints has the penalty in it, on validation too. The remedy is one word: the loss of the data as a
# metric.
#
# **Predict:** which share of Model 6's validation loss, after its last epoch, is penalty? In the cell stands 0.

# %%
from cosmic_lib.studies.galaxies import measures

lesson.predict("share of the validation loss that is penalty", 0)
print(measures.penalty_in_the_loss(data, table))

pipeline.set_up(seed=0)
model = models.dense(pictures.shape[1:], len(data.classes), units=32, penalty="l1")
rate = keras.optimizers.RMSprop(1e-4)
model.compile(rate, loss="binary_crossentropy", metrics=["accuracy", "binary_crossentropy"])
column = labels[:, np.newaxis]  # this metric wants labels of the shape of the outputs
fit = model.fit(
    batches(column[training], rows=training, shuffle_seed=0),
    validation_data=batches(column[validation], rows=validation),
    epochs=epochs,
    shuffle=False,
    verbose=0,
)
loss, of_data = (np.array(fit.history[metric]) for metric in ("val_loss", "val_binary_crossentropy"))
print(
    f"here, after {epochs} epochs: loss {loss[-1]:.3f}, of the data {of_data[-1]:.3f}, rest {loss[-1] - of_data[-1]:.3f};"
)
print(f"the penalty that the network itself reports: {float(sum(model.losses)):.3f}")
print(f"lowest: the loss at epoch {loss.argmin() + 1}, that of the data at epoch {of_data.argmin() + 1}")
lesson.reveal("share of the validation loss that is penalty", (loss[-1] - of_data[-1]) / loss[-1])
figure, ax = plots.subplots(6.5, 3.6)
number = np.arange(1, epochs + 1)
ax.plot(number, loss, "o-", color=plots.ORANGE, label="validation loss, as printed")
ax.plot(number, of_data, "s-", color=plots.BLUE, label="of the data alone")
ax.set(xlabel="epoch", ylabel="loss", title="Model 6, with L1")
ax.xaxis.get_major_locator().set_params(integer=True)
figure.legend(loc="outside lower center", ncols=2, frameon=False)
plots.Picture(
    figure,
    f"The printed validation loss goes from {loss[0]:.2f} to {loss[-1]:.2f}: the loss of the data in it from "
    f"{of_data[0]:.2f} to {of_data[-1]:.2f}, the penalty from {(loss - of_data)[0]:.2f} to {(loss - of_data)[-1]:.2f}.",
    pd.DataFrame({"loss": loss, "of the data": of_data}, index=pd.Index(number, name="epoch")),
)

# %% [markdown]
# A curve that falls because weights shrink says nothing about galaxies, and a rule that watches it stops too late or not
# at all. Two losses with different penalties cannot be compared.
#
# ## What was compared?
#
# Before a reading there is a question. The step from Model 5 to Model 6 is told as "L1"; the program lists what differs,
# and how many weights the penalty lies on. The same for the last network, which is told as one without dropout (line
# 1184). Then single changes, each by the held-out accuracy of the epoch that validation chose.

# %%
from cosmic_lib.diary import differences

print(measures.penalised_share(data, table))
told = "; ".join(differences(STUDY.diary["model_10"], STUDY.diary["model_10_text"]))
print(f"Model 10 differs from what is told of it in: {told}\n")

arms = ("model_5", "model_5_shallow", "model_6_text", "model_6", "model_6_everywhere")
kept = {arm: held_out_of(trained(mode.scale(STUDY.diary[arm]), arms_seeds)) for arm in arms}
spread = compare.pooled_spread({arm: list(by_seed.values()) for arm, by_seed in kept.items()})
pairs = {
    "the step of the study": ("model_6", "model_5"),
    "a layer less": ("model_5_shallow", "model_5"),
    "L1, three layers": ("model_6_text", "model_5"),
    "L1, two layers": ("model_6", "model_5_shallow"),
    "L1 on the first layer too": ("model_6_everywhere", "model_6"),
}
changes = {}
for what, (child, parent) in pairs.items():
    step = compare.step(kept[child], kept[parent], spread)
    changes[what] = [kept[child][seed] - kept[parent][seed] for seed in range(arms_seeds)]
    print(f"{what:26} {step}: {compare.verdict(step)}")
plots.strip(changes, title="One change at a time, one dot per seed", axis="difference in accuracy, held out")

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.galaxies import exercises_epochs as exercises


def kept_epoch(val_loss, patience):
    """The epoch whose weights are kept, and the number of epochs trained; both count from 1. Training ends once so many
    epochs in a row (a whole number from 1 up) have brought no new lowest validation loss."""
    # solution: return lesson.todo()
    lowest = 0
    for epoch in range(len(val_loss)):
        if val_loss[epoch] < val_loss[lowest]:
            lowest = epoch
        if epoch - lowest == patience:
            break
    return lowest + 1, epoch + 1


# check
lesson.check(
    "Exercise 1: early stopping by hand",
    kept_epoch,
    exercises.keeps_the_lowest,
    exercises.ends_when_patience_does,
    exercises.counts_anew_from_each_low,
    exercises.takes_a_tie_for_no_gain,
    exercises.agrees_with_keras,
)
print("  of the base model as printed:", kept_epoch(published.curves("base")["val_loss"].tolist(), 5))


# %%
# Exercise 2. The loss without the penalty.
def of_the_data(loss, layers, strength):
    """What is left of a loss when the L1 penalty is taken off; layers: the weights of each layer that it lies on."""
    # solution: return lesson.todo()
    return loss - strength * sum(np.abs(weights).sum() for weights in layers)


# check
lesson.check(
    "Exercise 2: the loss of the data alone",
    of_the_data,
    exercises.takes_nothing_off_zeros,
    exercises.counts_both_signs,
    exercises.adds_up_the_layers,
    exercises.agrees_with_the_penalty,
)
print(
    "  of Model 6 here, after its last epoch:",
    of_the_data(loss[-1], [model.get_layer("dense_2").get_weights()[0]], 0.01),
)

# %% [markdown]
# ## Check yourself
#
# Of two networks, one curve is smooth and ends at its best point. The other swings, its best point is a little higher,
# its last one lower. Which network is better?
#
# <details><summary>a) The first: its last epoch is higher.</summary>
# No. The last epoch of the second is one draw from its swings; one epoch earlier or later would say something else.</details>
# <details><summary>b) The second: its best epoch is higher.</summary>
# No. The highest of many noisy points is flattered, and a curve that swings is flattered more.</details>
# <details><summary>c) Not known yet: let a rule choose the epoch of each, and compare on galaxies that did not choose.</summary>
# Yes, over several seeds. Then the verdict may still be `cannot tell`, and the smooth one is the easier to work with.</details>
# <details><summary>d) Take the mean of the last ten epochs of each.</summary>
# Better than one point, for it averages the swings. But no network has that accuracy: you keep the weights of one epoch.</details>
#
# ## What to keep
#
# - Read a curve by a rule that is written down before: stop on validation, restore the best weights, judge elsewhere.
# - Two runs of one configuration tell what a difference has to beat. Look for repeats, also for those made by accident.
# - K-fold removes the luck of which galaxies are held out; more galaxies are the only remedy against the rest.
# - Take the penalty off before you compare losses, and have differences listed by a program.
# - Caveats: *fixed* here were pictures, batches, rates and the cap on epochs, and in the first comparisons one split. The
#   rule watches a validation part of a few hundred galaxies; where L1 is in the loss it watches that too. Differences
#   below the spread of the seeds may be there, and it would take more seeds to see them.
#
# **Next:** `52_galaxies_what_a_cnn_sees`, where the network changes for good.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
