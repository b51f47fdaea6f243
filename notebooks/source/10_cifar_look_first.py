# %% [markdown]
# # Look first: what reaches the network
#
# A study tunes networks on grey pictures of CIFAR-10, and then trains its best one on the colour pictures. The score
# falls from 80 % to 70 % (`studies/sources/002_49f77bc0b440cec7.txt`, line 9981). It gives two reasons: colour pictures
# are noisier and more complex, and the network was tuned on grey ones (line 10019). Here you look at what it was fed.
#
# You need: `00_start_here`, for seeds, intervals and what a verdict is. You will learn to
#
# - see from one row of bytes how a picture is stored, and what happens if it is cut in another way,
# - check pictures in two lines that need no eyes, before any training,
# - say with several seeds what each of two mistakes costs, and what the two cost together.

# %%
from cosmic_lib import lesson

mode = lesson.begin("cifar", minutes={"smoke": 0.5, "laptop": 2, "full": 10})

# %% [markdown]
# ## The pictures
#
# CIFAR-10 does not come with this library. What follows is a **made-up sample** in its publisher's layout: ten classes
# that differ in pattern and a little in colour. **It teaches the method; it does not reproduce a published number.** If
# you have CIFAR-10 unpacked as its publisher ships it, write `STUDY.load("real", "its folder", ...)` instead.
#
# Each row of the figure shows one class. Looking at this much takes seconds, and is the first thing to do with any data
# set: does a row have something in common, and could you tell the rows apart yourself?

# %%
from IPython.display import display

from cosmic_lib import plots, tiles
from cosmic_lib.studies.cifar import STUDY, picture_figures

inputs = ["grey", "colour", "scrambled"]
data = STUDY.load("sample", inputs=inputs, **{**mode.settings, **mode.sample})
print(data.name, *data.notes, sep="\n  ")
given = (data.items["official"] == "train").to_numpy()
labels = data.items["label"][given].tolist()
tiles.grid(data.arrays["colour"][given], labels, "Training pictures, by class")

# %% [markdown]
# ## One row of bytes
#
# The publisher stores each picture as one row of 3,072 numbers from 0 to 255. The study cuts the rows with
# `reshape(50000, 32, 32, 3)` (line 9715). The result has the right shape, no error comes, and the network trains.
#
# `reshape` moves nothing: it deals out the numbers in the order they come, and the last axis runs fastest. With a shape
# of (32, 32, 3) the first three numbers become red, green and blue of the first pixel. **Predict:** of the 3,072
# numbers, how many end up where they belong? In the cell stands a third of them.

# %%
guess = 3072 // 3
lesson.predict("numbers in their place", guess)

# %%
import numpy as np

from cosmic_lib.studies.cifar import batches

path = data.root / "cifar-10-batches-py" / "data_batch_1"
rows = batches.read(path.read_bytes(), path.name).pixels
row = rows[0]
print("one row:", row.shape, row.dtype)
for start in (0, 1024, 2048):
    print(f"  from {start:4}: {row[start : start + 12]} ...")

as_the_study = rows.reshape(len(rows), 32, 32, 3)
in_place = rows.reshape(len(rows), 3, 32, 32).transpose(0, 2, 3, 1)  # three colours first, moved to the end
numbers = np.arange(3072).reshape(1, 3072)
same = numbers.reshape(32, 32, 3) == numbers.reshape(3, 32, 32).transpose(1, 2, 0)
lesson.reveal("numbers in their place", int(same.sum()))
names = [data.classes[label] for label in batches.read(path.read_bytes(), path.name).labels]
picture_figures.side_by_side(in_place, as_the_study, names)

# %% [markdown]
# ## What you see
#
# Rows from 0, from 1,024 and from 2,048 run nearly in step: they are the *same* pixels in red, green and blue. All of
# red comes first, then all of green, then all of blue (such a layout is called planar).
#
# Cut as if the colours lay side by side, three neighbours in red become the three colours of one pixel, and three lines
# of the picture become one. So each picture turns into nine small ones: three across, three down for the three colours.
# Little is lost, and everything is elsewhere. A network can still learn something from it, and so nobody noticed.
#
# ## A check that needs no eyes
#
# In a photograph a pixel resembles the one beside it. `neighbours` is the correlation of each pixel with those to its
# right and below. Shuffled pixels show what is left without any order (not zero, for a picture has its own tint). The
# two columns after it would have told the second mistake: the grey pictures were divided by 255 (line 127), the colour
# pictures only turned into floats (lines 9731 and 9732).

# %%
import pandas as pd

from cosmic_lib.studies.cifar import colours

fed = {name: data.arrays[name][given] for name in inputs}
shuffled = np.random.default_rng(0).permutation(fed["colour"].reshape(len(labels), -1, 3), axis=1)
fed["pixels shuffled"] = shuffled.reshape(fed["colour"].shape)
divided_by = {"grey": 255, "colour": 255, "scrambled": 1, "pixels shuffled": 255}
checks = [
    (colours.neighbours(pictures), pictures.min() / divided_by[name], pictures.max() / divided_by[name])
    for name, pictures in fed.items()
]
pd.DataFrame(checks, index=list(fed), columns=["neighbours", "lowest", "highest"]).round(3)

# %% [markdown]
# ## Predict: what do the two mistakes cost?
#
# The network is CNN_1, the study's first: three convolutions. How many points of accuracy does it lose if the colours
# are scrambled, and how many if nothing is divided by 255? (A point is one in a hundred.) In the cell stands 5 for
# each: the ten points that the study lost (line 9981), shared out evenly.
#
# And how many points does colour win over grey, with its colours in place? In the cell stands what the study makes of
# it (line 10019): the ten points are lost to colour itself.

# %%
lesson.predict("points lost by scrambling", 5)
lesson.predict("points lost by not dividing", 5)
lesson.predict("points won by colour over grey", -10)

# %% [markdown]
# ## One network in plain Keras
#
# The split is `honest`: validation has a fifth of the training pictures of each class, and the publisher's test pictures
# stay sealed. The pictures are divided batch by batch on their way to the network, so that they themselves stay as they
# are. (In laptop mode: pictures of 24 x 24, few of them, and few epochs. **Such runs are scaled; only compare them with
# each other.**)
#
# The two rules printed first are what a network has to beat: the commonest class, and the class with the nearest mean.

# %%
from dataclasses import replace

import keras

from cosmic_lib import evaluation, pipeline, splits, store, studies
from cosmic_lib.studies.cifar import models

runs = store.home() / "runs" / "cifar"
table = splits.load_or_make(data.items, runs, groupings=data.groupings)
training, validation = (table["honest"].to_numpy() == part for part in ("train", "validation"))
pictures = data.arrays["colour"]
rules = evaluation.baselines(pictures[training], data.y[training], pictures[validation], data.y[validation])
for rule, right in rules.items():
    print(f"{rule:20} {right.mean():.3f} of {len(right)} validation pictures are right")

width = 0.125 if studies.mode_name() == "smoke" else 1  # a share of the published filters and units
epochs = {"smoke": 2, "laptop": 16}.get(studies.mode_name(), STUDY.diary["cnn_1"].fit.epochs)
pipeline.set_up(seed=0)
model = models.cnn(pictures.shape[1:], len(data.classes), width=width)
model.compile(keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def divided(batch):
    """What is done to each batch on its way."""
    return (batch / 255).astype("float32")


fit = model.fit(
    pipeline.batches(pictures[training], data.y[training], batch_size=64, shuffle_seed=0, transform=divided),
    validation_data=pipeline.batches(pictures[validation], data.y[validation], batch_size=64, transform=divided),
    epochs=epochs,
    shuffle=False,  # the batches come shuffled
    verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)],
)
probabilities = model.predict(pipeline.batches(pictures[validation], transform=divided), verbose=0)
yours = evaluation.score(probabilities, data.y[validation], data.classes)["accuracy"]
plots.history(fit.history, "CNN_1 on colour, seed 0")

# %% [markdown]
# ## The same for every way to feed it
#
# `run` makes the same calls and keeps each result. Five rows of the diary differ in nothing but what is fed: grey;
# colour in place or scrambled; divided by 255 or raw.

# %%
import functools

from cosmic_lib.experiment import run

arms = {
    "grey": "cnn_1",
    "colour": "cnn_1_colour",
    "scrambled": "cnn_1_scrambled",
    "colour, raw": "cnn_1_colour_raw",
    "scrambled, raw": "cnn_1_scrambled_raw",
}
scores = {}
for arm, name in arms.items():
    experiment = STUDY.diary[name]
    experiment = replace(
        experiment,
        build=functools.partial(experiment.build, width=width),
        honest_fit=replace(experiment.honest_fit, epochs=epochs),
    )
    view = data.view(experiment.inputs.name)
    results = [
        run(experiment, view, table, "honest", seed=seed, runs=runs, mode=studies.mode_name(), epochs=epochs)
        for seed in range(mode.seeds)
    ]
    scores[arm] = [result["metrics"]["validation"]["accuracy"] for result in results]
    if arm == "colour":
        visible = {name: [round(value, 6) for value in values] for name, values in fit.history.items()}
        print(f"colour, seed 0: same history as in the cell above: {visible == results[0]['history']}")
plots.strip(scores, title="CNN_1, one dot per seed", axis="validation accuracy")

# %% [markdown]
# ## A verdict for each mistake
#
# Every difference is taken over the same seeds. Its interval counts runs, with the spread between seeds pooled over the
# five ways: it says whether other seeds could have turned the difference round. (Other pictures could too.) Is pooling
# fair? Only where all vary about as much: the cell prints each spread.
#
# A mistake is tried alone and together with the other one. Two costs need not add up. In smoke mode nothing is learnt in
# so few steps; the cells only show that they run.

# %%
from scipy.stats import t

from cosmic_lib import compare
from cosmic_lib.studies.cifar import data_figures

spread = compare.pooled_spread(scores)
print(f"spread between seeds: {spread[0]:.3f}, from {spread[1]} degrees of freedom")
for arm, of in scores.items():
    print(f"  {arm:15} mean {np.mean(of):.3f}, spread {np.std(of, ddof=1):.3f}")
others = scores["colour"][1:]  # so few that the spread of all five ways has to help
half = t.ppf(0.975, spread[1]) * spread[0] * np.sqrt(1 + 1 / len(others))
low, high = np.mean(others) - half, np.mean(others) + half
print(f"your run, colour, seed 0: you should see {low:.3f} to {high:.3f} (95 %, from other runs)")
print(f"yours is {yours:.3f}, {'inside' if low <= yours <= high else 'outside'}")
pairs = {
    "scrambling": ("scrambled", "colour"),
    "scrambling, raw": ("scrambled, raw", "colour, raw"),
    "not dividing": ("colour, raw", "colour"),
    "not dividing, scrambled": ("scrambled, raw", "scrambled"),
    "both mistakes": ("scrambled, raw", "colour"),
    "colour instead of grey": ("colour", "grey"),
    "what the study did": ("scrambled, raw", "grey"),
}
by_seed = {arm: dict(enumerate(of)) for arm, of in scores.items()}
steps = {what: compare.step(by_seed[child], by_seed[parent], spread) for what, (child, parent) in pairs.items()}
display(data_figures.steps(steps, title=f"CNN_1, at most {epochs} epochs, {data.origin}"))

lesson.reveal("points lost by scrambling", -100 * steps["scrambling"].value)
lesson.reveal("points lost by not dividing", -100 * steps["not dividing"].value)
lesson.reveal("points won by colour over grey", 100 * steps["colour instead of grey"].value)
alone = steps["scrambling"].value + steps["not dividing"].value
print(f"both mistakes: {100 * steps['both mistakes'].value:.1f} points; their costs added: {100 * alone:.1f}")

# %% [markdown]
# ## What the sentence of the study was about
#
# "Colour instead of grey" is what line 10019 speaks of. "What the study did" is what was measured: three changes at
# once. Hold the two verdicts above against each other before you explain anything. Where one says `cannot tell`, there
# is nothing to explain yet.
#
# Look at "not dividing" as well. Undivided values are 255 times as large, and the first layer answers as much louder.
# That can make training fail or make it fast; it depends on the network and on how long it may train. A rule that
# everybody repeats is a question like any other: measure it.
#
# ## One more look: the order
#
# The study takes the last fifth of the training pictures as validation (`validation_split=0.2`, line 244). The
# publisher's batches are in random order. Many copies of CIFAR-10 come as one folder per class, and are read class by
# class. What would the last fifth be then? Look which classes it holds, and how many of them training has never seen.
# Our loader permutes such folders first, with a seed that its notes state.

# %%
classes = pd.Series(data.items["label"][given].to_numpy())
last = len(classes) * 4 // 5
orders = {
    "as stored": classes,
    "sorted by class": classes.sort_values(),
    "sorted, then permuted": classes.sort_values().sample(frac=1, random_state=0),
}
pd.DataFrame({order: of.iloc[last:].value_counts() for order, of in orders.items()}).fillna(0).astype(int)

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.cifar import exercises_data as exercises


def cut(rows, side):
    """The publisher's rows, shape (pictures, 3 * side * side), as pictures of shape (pictures, side, side, 3)."""
    # solution: return lesson.todo()
    planes = rows.reshape(len(rows), 3, side, side)
    return np.moveaxis(planes, 1, -1)


# check
lesson.check(
    "Exercise 1: cut the rows as they are stored",
    cut,
    exercises.gives_pictures,
    exercises.keeps_red_red,
    exercises.keeps_lines_level,
    exercises.undoes_the_layout,
)

# %%
# Exercise 2. The study divides its grey pictures in place, `X_train /= 255` (line 127). Here is what that does to whoever
# runs the cell once more; then write the function that cannot do it.
kept = fed["grey"].astype("float32")
for _ in range(2):
    kept /= 255
    print(f"after dividing in place the largest value is {kept.max():.5f}")


def scaled(pictures):
    """Pictures with values 0 to 255 as values 0 to 1, and the pictures themselves as they were."""
    # solution: return lesson.todo()
    return np.asarray(pictures, dtype="float32") / 255


# check
lesson.check(
    "Exercise 2: scale, and leave the pictures alone",
    scaled,
    exercises.reaches_from_0_to_1,
    exercises.leaves_the_pictures_alone,
    exercises.scales_every_batch_alike,
)

# %% [markdown]
# ## Check yourself
#
# You load pictures of your own. Their shape is right, training runs, and validation accuracy is far above the commonest
# class. What do you know about the pictures?
#
# <details><summary>a) They are right: a wrong shape would have raised an error.</summary>
# No. The shape says how many numbers there are along each axis, not which ones.</details>
# <details><summary>b) They are right: a network cannot learn from scrambled pictures.</summary>
# No. Look at the dots of the scrambled ones: far above what always answering the same would give.</details>
# <details><summary>c) Something of the class reaches the network. Whether it is the picture, you see by looking.</summary>
# Yes. Draw some of each class, as they are fed, and print the lowest and the highest value and `neighbours`.</details>
# <details><summary>d) Their values lie between 0 and 1.</summary>
# No. Nothing in Keras asks for that. Print the lowest and the highest value that are fed.</details>
#
# ## What to keep
#
# - Before training: draw what is fed, per class, and print shape, lowest, highest, and how alike neighbours are.
# - A surprising score is first a question to the inputs, and only then one to the world.
# - Dividing, cutting and colour are three changes. Each has a verdict of its own.
# - Caveats: *fixed* here were the network, the learning rate, batches of 64 and one split. The study fed its
#   mistakes to a network with batch normalisation, which evens out much of the missing division; `colored` and
#   `colored_right` in the diary are that network. The sample's colours are made up, and so is what they are worth.
#
# **Next:** `11_cifar_one_change`, on steps that change more than they say, or nothing.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
