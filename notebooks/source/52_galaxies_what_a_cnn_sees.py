# %% [markdown]
# # What a network can see: dense layers, convolutions, and a galaxy that is turned
#
# A study tells spiral from elliptical galaxies by dense layers on raw pixels ("Cosmic Classifier: a deep learning
# approach to galaxy classification", `studies/sources/003_0e3a5d6b82bfde49.txt`, line 473). Its eleven networks end at
# about 81 % on the test pictures, 4 points above the first, and its author concludes that a convolutional network is
# needed (lines 1873 and 1896). Nobody tried. Here you do, and then you ask both kinds of network what they look at.
#
# You need: `51_galaxies_which_epoch`. You will learn to
#
# - change the layers and nothing else, and judge the change out of fold, paired by galaxy,
# - test a network by turning its pictures, and make use of its eight answers,
# - draw the weights of a dense network, and the maps of a convolutional one (Grad-CAM),
# - hold such a map against that of a network that has learnt nothing, before you believe it.

# %%
from cosmic_lib import lesson, studies

name = studies.mode_name()
folds = range({"smoke": 1, "laptop": 3}.get(name, 5))
mode = lesson.begin("galaxies", minutes={"smoke": 0.5, "laptop": 5, "full": 120}, seeds=folds)

# %% [markdown]
# ## The pictures, whole and cut out
#
# The study squeezes the whole field to a square (line 296). That is the input `pictures`. A galaxy is in the middle of
# its field and the rest is mostly sky, so there is a second input, `centre`: the middle half of each side, cut out
# before it is made smaller. Both have the same number of pixels.
#
# The data are a **made-up sample** in the layout of Galaxy Zoo 2: smaller pictures, and fewer. **It teaches the method;
# it does not reproduce the published number.** In full mode, `STUDY.load("real", "their folder", ...)` reads Galaxy Zoo
# 2 or EFIGI in the same way. Below are also two rules that any network has to beat: the commonest class, and the class
# whose mean colour is nearest.

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from cosmic_lib import compare, evaluation, splits, store, tiles
from cosmic_lib.studies.galaxies import STUDY, measures

laptop = {"size": 32, "number": 1000} if name == "laptop" else {}
data = STUDY.load("sample", inputs=["pictures", "centre"], **{**mode.settings, **laptop}, **mode.sample)
print(data.name, *data.notes, sep="\n")
runs = store.home() / "runs" / "galaxies"
table = splits.load_or_make(data.items, runs, groupings=data.groupings)
print(measures.empty_field(data, table))
labels, groups = data.items["label"], data.items["group"]
for inputs, array in data.arrays.items():
    display(tiles.grid(np.asarray(array[:400]), labels[:400].tolist(), f"{inputs}: the first in the table"))


def of_fold(fold, part):
    """Which galaxies are in a part of a fold."""
    return (table[f"honest_fold{fold}"] == part).to_numpy()


colours, rules = evaluation.averages(data.arrays["pictures"]), []
for fold in folds:
    training, held_out = of_fold(fold, "train"), of_fold(fold, "held_out")
    right = evaluation.baselines(colours[training], data.y[training], colours[held_out], data.y[held_out])
    rules.append(pd.DataFrame(right, index=groups[held_out]))
for rule, right in pd.concat(rules).items():
    print(f"{rule:20}", compare.over_groups(right, right.index, unit=STUDY.group))

# %% [markdown]
# ## Predict
#
# A dense layer has one weight for each pixel. A convolution has one small window of weights and slides it over the
# picture, so that an arm is found wherever it lies; the mean over all places then says how much of it there is.
#
# 1. How many points of accuracy does the small CNN win over the study's first network (a point is one in a hundred)? In
#    the cell stands what all the tuning of the study won, by its own account: 4 (line 1873).
# 2. The sky has no upper side. You show a network each galaxy in eight ways: turned by quarters, and mirrored. Its
#    answers differ from galaxy to galaxy, as they should, and from way to way, as they should not. What share of their
#    variance is due to how a galaxy lies, for dense layers on the centre? In the cell stands 0: it is the same galaxy.

# %%
lesson.predict("points that convolutions win over dense layers", 4)
lesson.predict("share of the variance that is due to how a galaxy lies", 0.0)

# %% [markdown]
# ## Five networks, one change each
#
# | network | layers | is fed |
# |---|---|---|
# | `base` | the study's first: two dense layers | the whole field |
# | `base_centre` | the same | the centre |
# | `cnn` | four convolutions and a mean | the whole field |
# | `cnn_centre` | the same | the centre |
# | `cnn_turned` | the same | the centre, in training turned and mirrored at random |
#
# Optimizer, learning rate, batches, epochs, split and seeds are those of `base` for all of them; nothing was chosen for
# the CNN. The weights of the best epoch by validation loss are kept. A galaxy is answered for by the network of the
# fold that holds it out, and the test set stays sealed.

# %%
from dataclasses import replace
from functools import partial

import keras

from cosmic_lib import pipeline
from cosmic_lib.studies.galaxies import models

base = mode.scale(STUDY.diary["base"])
epochs, batch_size = {"smoke": (2, 32), "laptop": (12, 32)}.get(name, (base.fit.epochs, base.fit.batch_size))
scaled = partial(pipeline.scale, mean=0, std=255)
batches = partial(pipeline.batches, batch_size=batch_size, transform=scaled)


def trained(build, pictures, fold):
    """A network, and the history of its training."""
    training, validation = of_fold(fold, "train"), of_fold(fold, "validation")
    pipeline.set_up(seed=fold)
    model = build(pictures.shape[1:], len(data.classes))
    model.compile(keras.optimizers.RMSprop(0.001), loss="binary_crossentropy", metrics=["accuracy"])
    fit = model.fit(
        batches(pictures, data.y[training], rows=training, shuffle_seed=fold),
        validation_data=batches(pictures, data.y[validation], rows=validation),
        epochs=epochs,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)],
    )
    return model, fit.history


networks = {
    "base": (models.dense, "pictures"),
    "base_centre": (models.dense, "centre"),
    "cnn": (models.cnn, "pictures"),
    "cnn_centre": (models.cnn, "centre"),
    "cnn_turned": (partial(models.cnn, augment=True), "centre"),
}
kept, histories, frames = {}, {}, {}
for network, (build, inputs) in networks.items():
    pictures, parts = data.arrays[inputs], []
    for fold in folds:
        kept[network, fold], histories[network, fold] = trained(build, pictures, fold)
        held_out = of_fold(fold, "held_out")
        spiral = kept[network, fold].predict(batches(pictures, rows=held_out), verbose=0)[:, 0]
        answer = np.where(spiral > 0.5, data.classes[1], data.classes[0])
        found = data.items.loc[held_out, ["item", "label", "group"]].assign(fold=fold, answer=answer)
        parts.append(found.assign(right=found["answer"] == found["label"]))
    frames[network] = pd.concat(parts, ignore_index=True)
    share, parameters = frames[network]["right"].mean(), kept[network, 0].count_params()
    print(f"{network:12}{parameters:8,} parameters, {share:.3f} of {len(frames[network])} galaxies held out are right")

# %% [markdown]
# ## What the layers are worth
#
# `run` makes the calls of the cell above; for the first fold of `base` it has to come to the same history. The band of
# what you should see comes from the other folds.
#
# Differences are taken galaxy by galaxy, and their intervals count galaxies. They do not count the luck of training:
# each fold was trained once.

# %%
from cosmic_lib import plots
from cosmic_lib.experiment import run

shorter = replace(base, honest_fit=replace(base.honest_fit, epochs=epochs, batch_size=batch_size))
stored = run(shorter, data.view("pictures"), table, "honest_fold0", seed=0, runs=runs, mode=name)
visible = {metric: [round(value, 6) for value in values] for metric, values in histories["base", 0].items()}
print(f"base, fold 0: same history as in the cell above: {visible == stored['history']}")
by_fold = {network: frame.groupby("fold")["right"].mean().tolist() for network, frame in frames.items()}
first, *others = by_fold["cnn"]
lesson.should_see("cnn, fold 0", first, others)
for network, frame in frames.items():
    print(f"{network:12} accuracy", compare.over_groups(frame["right"], frame["group"], unit=STUDY.group))
    print(f"{'':12} macro F1", compare.macro_f1(frame["label"], frame["answer"], frame["group"], unit=STUDY.group))


def apart(child, parent):
    """Share right of one frame minus that of another, over the same galaxies."""
    both = child.merge(parent, on="item", suffixes=("", "_parent"), validate="one_to_one")
    return compare.over_groups(both["right"].astype(float) - both["right_parent"], both["group"], unit=STUDY.group)


for change, child, parent in (
    ("convolutions", "cnn", "base"),
    ("convolutions, on the centre", "cnn_centre", "base_centre"),
    ("the crop, dense layers", "base_centre", "base"),
    ("the crop, convolutions", "cnn_centre", "cnn"),
    ("turned in training", "cnn_turned", "cnn_centre"),
):
    difference = apart(frames[child], frames[parent])
    print(f"{change:28} {child} minus {parent}: {difference}: {compare.verdict(difference)}")
lesson.reveal("points that convolutions win over dense layers", 100 * apart(frames["cnn"], frames["base"]).value)
plots.strip(by_fold, title="Dense layers and convolutions, one dot per fold", axis="accuracy, held out")

# %% [markdown]
# ## The same galaxy, laid in eight ways
#
# `rotations.by_way` asks a network about each galaxy in all eight ways; no pixel changes its value. How far an answer
# moves says little by itself: a network that always answers the same does not move at all. So the variance between the
# ways is held against that of all answers. The figures show a few galaxies held out.
#
# Then the eight probabilities are averaged, which costs no training: is their mean better than the one answer for the
# picture as it is?

# %%
from cosmic_lib.studies.galaxies import rotations, seeing_figures

print(measures.turned(data, table))
few = of_fold(0, "held_out").nonzero()[0][:12]
called = [f"{label} {item}" for label, item in data.items.loc[few, ["label", "item"]].to_numpy()]
for network, (_, inputs) in networks.items():
    pictures = data.arrays[inputs]
    ways = [rotations.by_way(kept[network, fold], pictures[of_fold(fold, "held_out")])[..., 0] for fold in folds]
    share = float(np.mean([one.var(axis=0).mean() / one.var() for one in ways]))
    mean = np.concatenate([one.mean(axis=0) for one in ways])
    either = np.concatenate([(one > 0.5).any(axis=0) & (one <= 0.5).any(axis=0) for one in ways])
    print(f"{network:12}{share:6.1%} of the variance is due to how a galaxy lies; ", end="")
    print(f"{either.mean():.1%} of the galaxies are answered with either class")
    answer = np.where(mean > 0.5, data.classes[1], data.classes[0])
    difference = apart(frames[network].assign(right=answer == frames[network]["label"]), frames[network])
    print(f"{'':12}mean of eight minus as it is: {difference}: {compare.verdict(difference)}")
    if network == "base_centre":
        lesson.reveal("share of the variance that is due to how a galaxy lies", share)
    if network in ("base_centre", "cnn_turned"):
        display(seeing_figures.turned(rotations.by_way(kept[network, 0], pictures[few]), called))

# %% [markdown]
# A network that has been shown turned galaxies has to learn that a turn means nothing; averaging over eight ways makes
# it so, for these eight. Neither takes anything from the training pictures: it is a fact about the sky that you know
# and the network does not.
#
# ## What the dense network looks for
#
# Each unit of the first layer has a weight for each pixel, so that its weights can be laid out as a picture. If it had
# learnt a shape, weights side by side would be alike. The second figure multiplies the weights of all layers: what
# light at each place adds to "spiral". The last lines compare with the same network before training.

# %%
from cosmic_lib.studies.galaxies import seeing

dense = kept["base_centre", 0]
pipeline.set_up(seed=0)
untrained = models.dense(dense.input_shape[1:], len(data.classes))  # what it was before its first step
for when, one in (("before", untrained), ("after", dense)):
    units = seeing_figures.weights(seeing.weight_pictures(one), f"base_centre {when} training")
    if when == "after":
        display(units)
    near = units.table["neighbours"]
    print(f"{when} training, weights side by side correlate with {near.mean():.2f} (mean over {len(near)} units)")
drawn = np.corrcoef(seeing.weight_pictures(untrained).ravel(), seeing.weight_pictures(dense).ravel())[0, 1]
print(f"weights before and after training correlate with {drawn:.2f}: so much is what was drawn at the start")
seeing_figures.weights(seeing.total_weight(dense)[np.newaxis], "base_centre, all layers together")

# %% [markdown]
# ## What the CNN looks at, and the check before you believe it
#
# Grad-CAM marks where in a picture a network found what speaks for its answer. Such maps always look sensible: a galaxy
# is the only bright thing in the field, and almost anything that reacts to light will mark it. So the same map is made
# with a network of the same layers whose weights are drawn anew, and knows nothing. The likeness is the rank
# correlation of the pixels of two maps: 1 for the same order, 0 for orders that have nothing to do with each other.
#
# The yardstick is a second trained network, `cnn_centre`: if maps show what was learnt, those of two trained networks
# should be more alike than those of a trained one and a random one.

# %%
shown = of_fold(0, "held_out").nonzero()[0][: 16 if name == "smoke" else 100]
galaxies = data.arrays["centre"][shown]
cnn = kept["cnn_turned", 0]
maps = seeing.grad_cam(cnn, galaxies)
random = [seeing.grad_cam(seeing.randomised(cnn, seed=seed), galaxies) for seed in range(3)]
said = np.where(cnn.predict_on_batch(galaxies / np.float32(255))[:, 0] > 0.5, data.classes[1], data.classes[0])
display(seeing_figures.maps(galaxies[:8], maps[:8], said[:8], "Grad-CAM of cnn_turned", beside=random[0][:8]))

brightness = galaxies.mean(axis=3)
pairs = {
    "two trained networks": [(maps, seeing.grad_cam(kept["cnn_centre", 0], galaxies))],
    "trained and random": [(maps, other) for other in random],
    "two random networks": [(random[0], other) for other in random[1:]],
    "trained, and the light itself": [(maps, brightness)],
    "random, and the light itself": [(other, brightness) for other in random],
}
for what, those in pairs.items():
    by_galaxy = pd.DataFrame([seeing.likeness(one, other) for one, other in those]).mean().to_numpy()
    known = np.isfinite(by_galaxy)  # a map that is empty is like no other
    if known.sum() > 1:
        print(f"{what:31}", compare.over_groups(by_galaxy[known], groups.to_numpy()[shown][known], unit=STUDY.group))

# %% [markdown]
# Read the lines in pairs. Where two trained networks agree more than a trained and a random one, their maps show
# something that was learnt. Where a random network's map is like the light itself, it marks the galaxy without knowing
# what one is. "It looks at the galaxy" is therefore no finding; only what a trained map has beyond a random one is.
#
# And a map says where, never what: arms, a bar and a bulge in one place look the same on it. It is coarse, too: it has
# as few places as the last convolution has, and is drawn smooth.

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.galaxies import exercises_seeing as exercises


def every_way(picture):
    """The eight ways to lay a picture of shape (size, size, colours), as a list; it stays one of them as it is."""
    # solution: return lesson.todo()
    return [np.rot90(laid, quarters) for laid in (picture, picture[:, ::-1]) for quarters in range(4)]


# check
lesson.check(
    "Exercise 1: a picture in eight ways",
    every_way,
    exercises.gives_eight_pictures,
    exercises.keeps_every_pixel,
    exercises.repeats_none,
    exercises.agrees_with_the_library,
)


# %%
# Exercise 2. Behind a mean over all places the map needs no gradient: the logit is a sum over places.
def activation_map(channels, weights, spiral):
    """Where there is what speaks for the answer: from 0 to 1, the strongest place of each picture at 1.

    `channels` has shape (items, height, width, channels), what is averaged; `weights` (channels,), of the one output,
    which is above 0 for a spiral; `spiral` is a bool per item, the answer. Returns shape (items, height, width).
    """
    # solution: return lesson.todo()
    speaks = channels @ weights * np.where(spiral, 1, -1)[:, np.newaxis, np.newaxis]
    speaks = np.maximum(speaks, 0)
    strongest = speaks.max(axis=(1, 2), keepdims=True)
    return speaks / np.where(strongest > 0, strongest, 1)


# check
lesson.check(
    "Exercise 2: a class activation map in closed form",
    activation_map,
    exercises.has_a_map_for_each,
    exercises.leaves_out_what_speaks_against,
    exercises.speaks_for_the_answer,
    exercises.is_one_at_its_strongest,
    exercises.agrees_with_grad_cam,
)

# %% [markdown]
# ## Check yourself
#
# You draw one order of the pixels at random and rearrange *all* pictures by it, those of training and those held out.
# Nobody can see a galaxy in them any more. Both networks are trained anew. What happens?
#
# <details><summary>a) Both fail: there is nothing left to see.</summary>
# No. Every number is still there, and always in the same place. A dense layer never knew which places are neighbours.</details>
# <details><summary>b) The dense network scores as before, the CNN gets worse.</summary>
# Yes. Rearranging the pixels rearranges the weights of the first dense layer and changes nothing else. The windows of a
# convolution now see pixels that were far apart.</details>
# <details><summary>c) The CNN scores as before, the dense network gets worse.</summary>
# No. It is the other way round: what helps a CNN is that pixels side by side belong together.</details>
# <details><summary>d) Both score as before: the information is the same.</summary>
# No. What can be learnt from few pictures depends on what a network takes for granted, not on the information alone.</details>
#
# ## What to keep
#
# - Layers are assumptions. A convolution assumes that a shape means the same everywhere; turned training pictures, and
#   a mean over eight ways, that it means the same at any angle. Say which you made, and measure what each is worth.
# - Test a network with changes that must not matter. How far its answer moves is a result that accuracy does not show.
# - No map without that of a random network beside it, and no story about one that both tell.
# - Caveats: *fixed* here were one small CNN, the learning rate and epochs of the dense network, and the crop. Each fold
#   was trained once. Made-up galaxies are simpler than real ones, and differ in little but what was drawn into them.
#
# **Next:** `53_galaxies_who_is_sure`, where the labels themselves are asked how sure they are.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
