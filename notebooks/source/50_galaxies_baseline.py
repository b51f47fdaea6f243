# %% [markdown]
# # Better than a baseline: which one, and on which galaxies?
#
# A study tells spiral from elliptical galaxies in 70,000 pictures of Galaxy Zoo 2 ("Cosmic Classifier: a deep learning
# approach to galaxy classification", `studies/sources/003_0e3a5d6b82bfde49.txt`). Its classes are called balanced (line
# 43), and its first network is "better than a baseline": 77 % against about 50 % (line 416). The study counted its
# classes itself: 40,959 spirals and 29,041 ellipticals (lines 260 and 261). What is 77 % worth beside *those*?
#
# You need: `00_start_here`, and to have seen `model.fit` once. You will learn to
#
# - put beside an accuracy what is right without looking, and what each class has of it,
# - say what a single accuracy leaves open,
# - tell the head of a table from a sample of it, and measure what the difference does.

# %%
from cosmic_lib import lesson, studies

name = studies.mode_name()
folds = {"smoke": 2}.get(name, 5)
mode = lesson.begin("galaxies", minutes={"smoke": 0.5, "laptop": 3, "full": 60}, seeds=range(folds))

# %% [markdown]
# ## What is right without looking
#
# **Predict:** by how many points (a point is one in a hundred) is the first network above the best answer that looks at
# no picture? In the cell stands what the text says (line 416). Then the numbers that the study printed answer.
#
# Its last network was scored on 13,999 test galaxies (line 1881). That one accuracy is all that is said of it. How well
# could it know ellipticals? The curve below holds every pair of recalls that gives exactly this accuracy, if the test
# galaxies have the class shares of all 70,000.

# %%
guess = 27
lesson.predict("points of the first network above its baseline", guess)

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots
from cosmic_lib.studies.galaxies import STUDY, published

first, last = published.scores()["last"]["base"], published.TEST_ACCURACY
spirals, ellipticals = (published.HEAD[kind] / sum(published.HEAD.values()) for kind in ("spiral", "elliptical"))
lesson.reveal("points of the first network above its baseline", 100 * (first - spirals))
print(
    f"first network, validation: {compare.wilson(round(first * published.VALIDATED), published.VALIDATED, unit='galaxy')}"
)
print(f"last network, test:        {compare.wilson(round(last * published.TESTED), published.TESTED, unit='galaxy')}")
print(f"'spiral' every time:       {spirals:.3f}, and its balanced accuracy, the mean of both recalls, is 0.500")

of_spirals = np.linspace(max(0, 1 - (1 - last) / spirals), min(1, last / spirals), 200)
of_ellipticals = (last - spirals * of_spirals) / ellipticals
balanced = (of_spirals + of_ellipticals) / 2
figure, ax = plots.subplots(5.5, 4.2)
ax.plot(of_spirals, of_ellipticals, color=plots.BLUE, label=f"accuracy {last:.3f}")
ax.plot(1, 0, "o", color=plots.ORANGE, label="always spiral")
ax.plot(last, last, "s", color=plots.GREY, label="both classes alike")
ax.set(
    xlabel="recall of spirals",
    ylabel="recall of ellipticals",
    title="What one accuracy leaves open",
    xlim=(0, 1.03),
    ylim=(-0.03, 1.03),
)
figure.legend(loc="outside right upper", frameon=False)
ends = pd.DataFrame(
    {"spirals": of_spirals, "ellipticals": of_ellipticals, "balanced accuracy": balanced}, index=range(200)
).iloc[[0, -1]]
plots.Picture(
    figure,
    f"An accuracy of {last:.3f} leaves open a recall of ellipticals from {of_ellipticals.min():.2f} to 1, and a balanced "
    f"accuracy from {balanced.min():.3f} to {balanced.max():.3f}.",
    ends.set_index(pd.Index(["all mistakes are spirals", "all mistakes are ellipticals"])),
)

# %% [markdown]
# ## The head of the table
#
# The 70,000 galaxies are the first rows of the table (line 222): 239,100 once artefacts are gone (line 217). That is a
# sample if the order of the table says nothing about galaxies. It can be checked before any training: draw thousands of
# random samples of the same size, and look where the head lies among them. For the study this takes only its printed
# counts (lines 174, 175, 260, 261).
#
# For votes and pictures we need data. What follows is a **made-up sample** in the layout of Galaxy Zoo 2: it teaches
# the method, and **does not reproduce the published number**. Except in full mode pictures are smaller, galaxies far
# fewer, and batches hold 32. Its table too is in an order that nobody asked about. The sample takes the same share of
# its table as the study did of its own, so here too some galaxies are the head.

# %%
from cosmic_lib.studies.galaxies.data import CHOICES, chosen

# STUDY.load("real", "their folder", size=..., number=None) does the same on Galaxy Zoo 2 or EFIGI.
data = STUDY.load("sample", **{**mode.settings, **mode.sample, "number": None}).view("pictures")
print(data.name, *data.notes, sep="\n")
share = sum(published.HEAD.values()) / sum(published.TABLE.values())
table_of = data.items.assign(spiral=data.items["label"] == "spiral", sure=data.items["votes"] > 0.9)
head, whole = chosen(table_of, round(share * len(table_of)), choose="head"), table_of

rng, draws = np.random.default_rng(0), 20_000
by_chance = rng.hypergeometric(*published.TABLE.values(), sum(published.HEAD.values()), size=draws)
studied = pd.DataFrame({"spiral": by_chance / sum(published.HEAD.values())})
rows = [rng.choice(len(whole), len(head), replace=False) for _ in range(2000)]
columns = ["spiral", "votes", "sure"]
samples = pd.DataFrame([whole[columns].to_numpy(dtype=float)[drawn].mean(axis=0) for drawn in rows], columns=columns)


def beside(what, at_head, of_all, drawn):
    """Print the head, the whole, and how far apart they are, in standard errors of a random sample."""
    apart = (at_head - of_all) / drawn.std()
    print(f"{what:40} head {at_head:.3f}, whole {of_all:.3f}, {apart:+.1f} standard errors apart")


whole_share = published.TABLE["spiral"] / sum(published.TABLE.values())
beside("the study, share of spirals", spirals, whole_share, studied["spiral"])
beside("here, share of spirals", head["spiral"].mean(), whole["spiral"].mean(), samples["spiral"])
beside("here, mean share of votes for the label", head["votes"].mean(), whole["votes"].mean(), samples["votes"])
beside("here, more than nine in ten votes agree", head["sure"].mean(), whole["sure"].mean(), samples["sure"])

figure, axes = plots.subplots(9, 3.4, ncols=2)
panels = {
    f"the study, {sum(published.HEAD.values()):,} rows": (studied["spiral"], spirals, whole_share),
    f"here, {len(head):,} rows": (samples["spiral"], head["spiral"].mean(), whole["spiral"].mean()),
}
for ax, (title, (drawn, at_head, of_all)) in zip(axes, panels.items(), strict=True):
    ax.hist(drawn, bins=40, color="#BBBBBB", label="random samples")
    ax.axvline(of_all, color=plots.GREY, linestyle="--", label="whole table")
    ax.axvline(at_head, color=plots.ORANGE, linewidth=2, label="head of the table")
    ax.set(xlabel="share of spirals", ylabel="samples", title=title)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
as_far = {
    title: float((np.abs(drawn - of_all) >= abs(at_head - of_all)).mean())
    for title, (drawn, at_head, of_all) in panels.items()
}
plots.Picture(
    figure,
    "Share of random samples that lie as far from the whole table as its head: "
    + "; ".join(f"{title}, {found:.2%}" for title, found in as_far.items())
    + ".",
    pd.DataFrame({"as far as the head": as_far}),
)

# %% [markdown]
# ## Train it as published, on the head
#
# A fifth of the table is sealed, another fifth is held out: those galaxies come from the whole table, and every network
# below is asked about them. It is trained on the *first* rows of what is left, in the share that the study took.
#
# Two dense layers of 16 units, RMSprop at the rate of Keras, 20 epochs, the weights of the last one (lines 575 to 578).
#
# **Predict:** how far above the majority of its own training rows will it be, in points? In the cell stands what the
# study has on its own galaxies.

# %%
from functools import partial

import keras
from IPython.display import display

from cosmic_lib import evaluation, pipeline, reproduce, store
from cosmic_lib.studies.galaxies import models

lesson.predict("points above the majority, trained on the head", round(100 * (first - spirals)))
runs = store.home() / "runs" / "galaxies"
table = reproduce.split_table(data, runs)
base = mode.scale(STUDY.diary["base"])
pictures, labels, epochs = data.arrays["pictures"], data.y, base.fit.epochs
pool, validation, held_out = (
    np.flatnonzero(table["honest_fold0"] == part) for part in ("train", "validation", "held_out")
)
number = round(share * len(pool))
batches = partial(
    pipeline.batches, pictures, batch_size=base.fit.batch_size, transform=partial(pipeline.scale, mean=0, std=255)
)
histories, scores = {}, {}

# %%
choose = "head"

training = chosen(data.items.loc[pool], number, choose=choose).index.to_numpy()
pipeline.set_up(seed=0)
model = models.dense(pictures.shape[1:], len(data.classes))
model.compile(keras.optimizers.RMSprop(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
fit = model.fit(
    batches(labels[training], rows=training, shuffle_seed=0),
    validation_data=batches(labels[validation], rows=validation),
    epochs=epochs,
    shuffle=False,  # the batches come shuffled
    verbose=0,
)
probabilities = evaluation.per_class(model.predict(batches(rows=held_out), verbose=0))
histories[choose], scores[choose] = fit.history, evaluation.score(probabilities, labels[held_out], data.classes)
print(f"{choose}: {scores[choose]['accuracy']:.3f} of {len(held_out)} galaxies held out are right")
plots.history(fit.history, f"base model, {choose}, {len(training)} galaxies")

# %% [markdown]
# ## The honest version: one line differs
#
# The same number of galaxies, dealt out at random with the class shares of the whole table. **Predict** how many points
# that wins on the galaxies held out. In the cell stands 0: the claim that the head was as good as any sample.

# %%
lesson.predict("points won by a random sample", 0)

# %%
choose = "random"

training = chosen(data.items.loc[pool], number, choose=choose).index.to_numpy()
pipeline.set_up(seed=0)
model = models.dense(pictures.shape[1:], len(data.classes))
model.compile(keras.optimizers.RMSprop(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
fit = model.fit(
    batches(labels[training], rows=training, shuffle_seed=0),
    validation_data=batches(labels[validation], rows=validation),
    epochs=epochs,
    shuffle=False,  # the batches come shuffled
    verbose=0,
)
probabilities = evaluation.per_class(model.predict(batches(rows=held_out), verbose=0))
histories[choose], scores[choose] = fit.history, evaluation.score(probabilities, labels[held_out], data.classes)
print(f"{choose}: {scores[choose]['accuracy']:.3f} of {len(held_out)} galaxies held out are right")
plots.history(fit.history, f"base model, {choose}, {len(training)} galaxies")

# %% [markdown]
# ## All folds, and everything that belongs beside an accuracy
#
# One fold is one draw. `run` makes the same calls and keeps each result; over the folds every open galaxy is held out
# once by either network, so that differences are taken galaxy by galaxy, and intervals count galaxies. The majority is
# that of the training rows, as a network could know it.

# %%
from cosmic_lib import splits, summary
from cosmic_lib.experiment import run

frames, majority = {}, {}
for choose in CHOICES:
    for fold, column in enumerate(splits.fold_columns("honest")[:folds]):
        parts = table[column].replace("train", "left_out")
        parts[chosen(data.items[table[column] == "train"], number, choose=choose, seed=fold).index] = "train"
        table[f"{choose}_fold{fold}"] = parts
    results = [
        run(base, data, table, column, seed=fold, runs=runs, mode=name)
        for fold, column in enumerate(splits.fold_columns(choose)[:folds])
    ]
    frames[choose] = summary.out_of_fold(results, choose, data).set_index("item")
    mine, *others = (result["metrics"]["held_out"]["accuracy"] for result in results)
    visible = {metric: [round(value, 6) for value in values] for metric, values in histories[choose].items()}
    print(f"{choose}_fold0: same history as in the cell above: {visible == results[0]['history']}")
    lesson.should_see(f"{choose}_fold0", scores[choose]["accuracy"], others)
    commonest = {}
    for column in splits.fold_columns(choose)[:folds]:
        asked = table["item"][table[column] == "held_out"]
        commonest |= dict.fromkeys(asked, table["label"][table[column] == "train"].mode()[0])
    majority[choose] = frames[choose]["label"] == frames[choose].index.map(commonest)

wholes = {}
for choose, frame in frames.items():
    answers = frame[list(data.classes)].idxmax(axis=1)
    wholes[choose] = evaluation.score(
        frame[list(data.classes)].to_numpy(), (frame["label"] == "spiral").to_numpy(dtype=int), data.classes
    )
    above = compare.over_groups(frame["right"].astype(float) - majority[choose], frame["group"], unit="galaxy")
    print(f"\ntrained on: {choose}")
    print(f"  accuracy          {compare.over_groups(frame['right'], frame['group'], unit='galaxy')}")
    print(f"  majority          {compare.over_groups(majority[choose], frame['group'], unit='galaxy')}")
    print(f"  accuracy above it {above}: what looking did: {compare.verdict(above)}")
    for kind, of_kind in frame.groupby("label"):
        print(f"  recall {kind:10} {compare.wilson(int(of_kind['right'].sum()), len(of_kind), unit='galaxy')}")
    print(f"  balanced accuracy {wholes[choose]['recall']:.3f}, the mean of these two; of the majority 0.500")
    print(f"  macro F1          {compare.macro_f1(frame['label'], answers, frame['group'], unit='galaxy')}")
    if choose == "head":
        lesson.reveal("points above the majority, trained on the head", 100 * above.value)

difference = frames["random"]["right"].astype(float) - frames["head"]["right"]
won = compare.over_groups(difference, frames["random"]["group"][difference.index], unit="galaxy")
print(f"\nrandom minus head, the same galaxies: {won}: {compare.verdict(won)}")
lesson.reveal("points won by a random sample", 100 * won.value)
display(plots.confusion(wholes["head"], "Trained on the head, out of fold"))

# %% [markdown]
# Read the confusion matrix before the accuracy. It says which class pays, which no single number did.
#
# ## Whose accuracy is it?
#
# There is a second way in which a head can mislead. The study also *tested* on galaxies of the head, so its accuracy is
# one of such galaxies, and is told as one of galaxies in general. The next cell asks the network that was trained on
# the head about both kinds, and about those that the volunteers were sure of. (Two groups of galaxies cannot be paired:
# each has an interval of its own.)

# %%
frame = frames["head"]
place = pd.Series(np.arange(len(data.items)), index=data.items["item"])[frame.index]
votes = data.items.set_index("item")["votes"][frame.index]
sides = {
    "among the first rows": (place < len(head)).to_numpy(),
    "further down": (place >= len(head)).to_numpy(),
    "nine in ten votes": (votes > 0.9).to_numpy(),
    "fewer votes": (votes <= 0.9).to_numpy(),
}
for where, those in sides.items():
    part = frame[those]
    spiral = (part["label"] == "spiral").mean()
    print(f"{where:21} {compare.over_groups(part['right'], part['group'], unit='galaxy')}, {spiral:.0%} spiral")

# %% [markdown]
# ## A look at the pictures
#
# One more thing that nobody asked: OpenCV gives blue first (line 291), and the study shows the pictures as if red came
# first (line 398). Old stars are red and young arms blue; the reader of its figures is shown the opposite. To a dense
# network the order is all the same, since each value has a weight of its own: accuracy says nothing about it.

# %%
from cosmic_lib import tiles

shown = np.concatenate([np.flatnonzero(data.y == kind)[:5] for kind in (0, 1)])
tiles.before_after(np.asarray(pictures[shown]), np.asarray(pictures[shown])[..., ::-1], "Shown with blue for red")

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.galaxies import exercises_baseline as exercises


def draw(labels, number, seed):
    """Row numbers of a random sample of so many rows, with the class shares of all the labels (an array of names)."""
    # solution: return lesson.todo()
    rng, rows = np.random.default_rng(seed), []
    for kind in np.unique(labels):
        of_kind = np.flatnonzero(labels == kind)
        rows.append(rng.choice(of_kind, round(number * len(of_kind) / len(labels)), replace=False))
    return np.concatenate(rows)


# check
lesson.check(
    "Exercise 1: a sample instead of the head",
    draw,
    exercises.draws_as_many_rows,
    exercises.keeps_the_class_shares,
    exercises.reaches_the_whole_table,
    exercises.obeys_the_seed,
)


# %%
# Exercise 2. What one accuracy leaves open.
def recalls(accuracy, share):
    """The lowest and the highest recall that a class with this share of the items can have; there are two classes."""
    # solution: return lesson.todo()
    return max(0.0, 1 - (1 - accuracy) / share), min(1.0, accuracy / share)


# check
lesson.check(
    "Exercise 2: recalls that one accuracy allows",
    recalls,
    exercises.stays_a_share,
    exercises.holds_every_truth,
    exercises.is_no_wider_than_needed,
)
print("  of ellipticals, the last network of the study:", recalls(published.TEST_ACCURACY, ellipticals))

# %% [markdown]
# ## Check yourself
#
# Of the galaxies in a new survey nine in ten are spiral. A network that was trained on Galaxy Zoo 2 is right about 88 of
# 100 there, as it was at home. What has it shown?
#
# <details><summary>a) It carries over: the accuracy is the same.</summary>
# No. At home it was far above the majority; here always answering spiral would be right about 90 of 100.</details>
# <details><summary>b) It has learned nothing: it is below the majority.</summary>
# Not that either. It may know ellipticals well, and pay for it with spirals that it takes for ellipticals.</details>
# <details><summary>c) Too little to say: recall of each class, or the confusion matrix, has to be beside it.</summary>
# Yes. Recall does not depend on how many of each class there are, so it can be compared between the two surveys.</details>
# <details><summary>d) One should draw a sample of the survey with equal classes, and take accuracy there.</summary>
# That gives balanced accuracy, and throws galaxies away to get it. Better than accuracy alone, and still one number.</details>
#
# ## What to keep
#
# - Count the classes, then say "better than". The baseline is what is right without looking, not one over the classes.
# - Beside accuracy: the majority, the recall of each class, macro F1, and an interval that counts galaxies.
# - The first rows are a sample only if the order says nothing. Draw samples at random and see where the head lies.
# - A score is of the galaxies that it was measured on. Say which these were.
# - Caveats: *fixed* here were one network, its epochs and one table. It learns from some hundred galaxies, and hardly
#   gets above the majority; with tens of thousands it would. What the order of a table means is a fact about that
#   table: in the sample bright galaxies come first, in the real one nobody said. Some thousand galaxies leave intervals
#   of points, where the study has tenths.
#
# **Next:** `51_galaxies_which_epoch`, where eleven networks are compared by the last point of a curve.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
