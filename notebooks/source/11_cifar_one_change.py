# %% [markdown]
# # One change at a time, and how to see whether it was one
#
# A study trains 51 networks on CIFAR-10, each a step from one before it. "CNN_2" doubles the convolutions, and accuracy
# rises from 65 % to 72 % (`studies/sources/002_49f77bc0b440cec7.txt`, line 584). The code also changes the padding
# (lines 190 and 449). Other steps change nothing at all, and are told as progress. Here a program lists what each step
# changed, and you take one of them apart.
#
# You need: `00_start_here` and `10_cifar_look_first`. You will learn to
#
# - list what differs between two experiments from their settings, not from memory,
# - find repeats by a hash of what is trained,
# - part a step into single changes, and say what cannot be parted,
# - work out on paper where a loss comes to rest when nothing can be learnt.

# %%
from cosmic_lib import lesson

mode = lesson.begin("cifar", minutes={"smoke": 0.5, "laptop": 2, "full": 15})

# %% [markdown]
# ## What did each step change?
#
# `STUDY.diary` holds every network of the study as data: what it is fed, how it is built, compiled and trained.
# `differences(row, parent)` compares all of these settings. `DIARY.kinds` hashes what is really built and trained, and
# names the first experiment with the same hash.
#
# **Predict:** the 51 networks make 50 steps. How many of them change exactly one setting, and something in the network
# or its training with it? In the cell stands what a diary promises: all.

# %%
lesson.predict("steps that change one thing", 50)

# %%
import pandas as pd
from IPython.display import display

from cosmic_lib.diary import configuration, differences, published_score
from cosmic_lib.studies.cifar import STUDY

diary = STUDY.diary
source = [row for row in diary if row.published is not None]
rows = []
for row in source:
    if row.parent is not None:
        changed = differences(row, diary[row.parent])
        repeat = diary.kinds[row.name] == diary.kinds[row.parent] or diary.kinds[row.name] != row.name
        kind = "nothing new" if repeat else "one setting" if len(changed) == 1 else "several settings"
        rows.append((row.name, row.parent, kind, "; ".join(changed) or "none", row.published.line))
steps = pd.DataFrame(rows, columns=["step", "from", "kind", "settings that differ", "line"]).set_index("step")
print(f"{len(source)} networks, {len(steps)} steps:", steps["kind"].value_counts().to_dict(), "(`steps` has them all)")
lesson.reveal("steps that change one thing", int((steps["kind"] == "one setting").sum()))
with pd.option_context("display.max_colwidth", None):
    display(steps[steps["kind"] == "several settings"])
    display(steps[steps["kind"] == "nothing new"].drop(columns="kind"))

# %% [markdown]
# ## A list of settings is a start, not a verdict
#
# - *tanh everywhere* is two settings and one idea. SGD comes with a learning rate of its own. These one can defend.
# - *Colour* is one setting too few: the pictures became coloured and scrambled (line 9715) in one go.
# - "Augmentation" of CNN_9 is not in the list at all: it was built and never fed (lines 9225 to 9244). What did change is
#   the batch size and the stopping rule.
# - Two rows name new dropout rates and are still "nothing new". Their builder takes four rates and uses the first at all
#   four places (lines 1636 to 1661). A list of *arguments* cannot see that; a hash of the *network* can.
#
# The next cell reads the rates from the networks themselves: as the study built them, and as it meant them.

# %%
import keras


def rates(row):
    """Dropout rates in the network, in order."""
    return [layer.rate for layer in row.model().layers if isinstance(layer, keras.layers.Dropout)]


names = [f"cnn_4_v{version}" for version in (2, 3, 4, 5)]
dropout = pd.DataFrame(
    {
        "in the text": [diary[name].build.keywords["dropout"] for name in names],
        "in the network": [rates(diary[name]) for name in names],
        "hash": [configuration(diary[name])[:6] for name in names],
        "F1 printed": [published_score(diary[name]) for name in names],
        "line": [diary[name].published.line for name in names],
        "as meant": [rates(diary[f"{name}_meant"]) for name in names],
        "its hash": [configuration(diary[f"{name}_meant"])[:6] for name in names],
    },
    index=names,
)
display(dropout)
for first, again in (("cnn_4_v2", "cnn_4_v4"), ("cnn_4_v3", "cnn_4_v5")):
    apart = 100 * abs(published_score(diary[first]) - published_score(diary[again]))
    print(f"{first} and {again} are one network; their printed scores lie {apart:.1f} points apart")

# %% [markdown]
# Equal hashes are repeats: how far apart they score is luck, and `12_cifar_noise` makes use of it. Of one such pair the
# first was rejected (line 2147) and the second kept as the winner (line 2621).
#
# ## One step taken apart
#
# From CNN_1 to CNN_2 two things change: twice as many convolutions, and padding. With padding `valid` each convolution
# loses the outermost pixels; with `same` it keeps them. A third thing follows from these two: the dense layer reads
# four times as many numbers, and the network has 205,098 parameters (line 489) instead of 72,842 (line 220).
#
# The study gives the whole rise to the convolutions (line 584): F1 from 0.6652 (line 366) to 0.7231 (line 582).
# **Predict** how many points depth wins where padding is the same before and after. In the cell stands all of it.

# %%
lesson.predict("points won by depth alone", 100 * (0.7231 - 0.6652))

# %% [markdown]
# ## The first arm in plain Keras: padding alone
#
# A **made-up sample** again: it teaches the method, and no score here can be held against a published one. Except in full
# mode, networks have a share of their filters, and epochs are cut.

# %%
from cosmic_lib import evaluation, pipeline, splits, store, studies
from cosmic_lib.studies.cifar import models

laptop = {"size": 32} if studies.mode_name() == "laptop" else {}  # as in the study
data = STUDY.load("sample", inputs=["grey"], **{**mode.settings, **mode.sample, **laptop})
runs = store.home() / "runs" / "cifar"
table = splits.load_or_make(data.items, runs, groupings=data.groupings)
training, validation = (table["honest"].to_numpy() == part for part in ("train", "validation"))
pictures, epochs = data.arrays["grey"], {"smoke": 2, "laptop": 16}.get(studies.mode_name(), diary["cnn_1"].fit.epochs)
width = {"smoke": 0.125, "laptop": 0.5}.get(studies.mode_name(), 1)
print(f"{data.name}: {training.sum()} training and {validation.sum()} validation pictures of {pictures.shape[1:]}")
rules = evaluation.baselines(pictures[training], data.y[training], pictures[validation], data.y[validation])
print(*(f"{rule}: {right.mean():.3f} are right" for rule, right in rules.items()), sep="\n")


def divided(batch):
    """What is done to each batch on its way."""
    return (batch / 255).astype("float32")


pipeline.set_up(seed=0)
model = models.cnn(pictures.shape[1:], len(data.classes), padding="same", width=width)
model.compile(keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
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
print(f"CNN_1 with padding `same`, seed 0: {yours:.3f} of the validation pictures are right")

# %% [markdown]
# ## The other arms
#
# An experiment is data, so a new one is a copy with one thing replaced. `differences` says whether it was one thing.
# Four arms:
#
# - CNN_1, and CNN_1 with padding `same`: **padding alone**.
# - CNN_2: **depth**, once padding is `same`.
# - CNN_1 with more units in its dense layer, until it has as many parameters as CNN_2: **size alone**. If a larger
#   network did as well, depth would explain nothing.
#
# And depth before padding? The first lines of the output say why that arm is missing.

# %%
from dataclasses import replace
from functools import partial

from cosmic_lib import plots
from cosmic_lib.experiment import run

try:
    models.cnn((32, 32, 1), 10, convolutions=2)
except ValueError as error:
    print("six convolutions with padding `valid`:", error)


def here(row, name, **network):
    """A copy of an experiment with other arguments of its builder, as large as this mode can afford."""
    build = partial(row.build, width=width, **network)
    return replace(row, name=name, build=build, honest_fit=replace(row.honest_fit, epochs=epochs))


def trained(row, seeds=mode.seeds):
    """Results over the seeds: the calls of the cell above, each kept so that it is made once."""
    settings = {"runs": runs, "mode": studies.mode_name(), "epochs": epochs}
    return [run(row, data, table, "honest", seed=seed, **settings) for seed in range(seeds)]


cnn_1, cnn_2 = here(diary["cnn_1"], "cnn_1"), here(diary["cnn_2"], "cnn_2")
small, large = (row.build(pictures.shape[1:], len(data.classes)) for row in (cnn_1, cnn_2))
per_unit = small.get_layer("flatten").output.shape[-1] + 1 + len(data.classes)
units = round(64 + (large.count_params() - small.count_params()) / per_unit / width)
arms = {
    "CNN_1": cnn_1,
    "padding same": here(diary["cnn_1"], "cnn_1_same", padding="same"),
    "CNN_2": cnn_2,
    "as many parameters": here(diary["cnn_1"], "cnn_1_wide", units=units),
}
scores = {}
for arm, row in arms.items():
    results = trained(row)
    scores[arm] = [result["metrics"]["validation"]["accuracy"] for result in results]
    parameters = row.build(pictures.shape[1:], len(data.classes)).count_params()
    print(f"{arm:18} {parameters:7,} parameters; from CNN_1: {'; '.join(differences(row, cnn_1)) or 'nothing'}")
    if arm == "padding same":
        visible = {name: [round(value, 6) for value in values] for name, values in fit.history.items()}
        print(f"{'':18} same history as in the cell above: {visible == results[0]['history']}")
plots.strip(scores, title="From CNN_1 to CNN_2, one dot per seed", axis="validation accuracy")

# %%
import numpy as np
from scipy.stats import t

from cosmic_lib import compare
from cosmic_lib.studies.cifar import data_figures

spread = compare.pooled_spread(scores)
print(f"spread between seeds: {spread[0]:.3f}, from {spread[1]} degrees of freedom")
others = scores["padding same"][1:]  # so few that the spread of all four arms has to help
half = t.ppf(0.975, spread[1]) * spread[0] * np.sqrt(1 + 1 / len(others))
low, high = np.mean(others) - half, np.mean(others) + half
print(f"your run, padding same, seed 0: you should see {low:.3f} to {high:.3f} (95 %, from other runs)")
print(f"yours is {yours:.3f}, {'inside' if low <= yours <= high else 'outside'}")
by_seed = {arm: dict(enumerate(of)) for arm, of in scores.items()}
pairs = {
    "both: the step of the study": ("CNN_2", "CNN_1"),
    "padding alone": ("padding same", "CNN_1"),
    "depth, once padding is same": ("CNN_2", "padding same"),
    "size alone": ("as many parameters", "CNN_1"),
    "CNN_2 against the same size": ("CNN_2", "as many parameters"),
}
apart = {what: compare.step(by_seed[child], by_seed[parent], spread) for what, (child, parent) in pairs.items()}
lesson.reveal("points won by depth alone", 100 * apart["depth, once padding is same"].value)
data_figures.steps(apart, title=f"From CNN_1 to CNN_2, at most {epochs} epochs, {data.origin}")

# %% [markdown]
# ## What can be said, and what cannot
#
# Each verdict is of one change, from one starting point, over the same seeds. Where it says `cannot tell`, the step may
# still have helped; more seeds would say. (These intervals count seeds. Other pictures could matter as well.)
#
# What no number of seeds can tell is depth *without* padding: with pictures of 32 x 32 that network does not exist. And
# "padding alone" is never quite alone, for the dense layer grows with it. A change brings its consequences; the honest
# sentence names them.
#
# ## Four losses that nobody gave the right labels
#
# The study compares five losses (lines 8390 to 8410). Four of them want one number per output, and get one class number
# per picture. The Keras of that time compared it with all ten outputs, without a word; F1 of these four is at most
# 0.075 (line 8721). The text takes the comparison for one between losses (line 8744).
#
# **Predict** where the mean squared error comes to rest. In the cell stands what ten equal outputs of a tenth give on
# labels as they should be, zeros and a one.

# %%
lesson.predict("mean squared error at rest", (0.9**2 + 9 * 0.1**2) / 10)

# %%
from cosmic_lib.studies.cifar import curves, losses

for shape in ((8,), (8, 1), (10,)):
    labels, outputs = np.arange(shape[0], dtype="float32").reshape(shape), np.full((shape[0], 10), 0.1, "float32")
    try:
        said = f"no error, {np.mean(keras.losses.mean_squared_error(labels, outputs)):.2f}"
    except Exception as error:  # which kind depends on the backend
        said = f"refused: {type(error).__name__}"
    print(f"Keras {keras.__version__}, labels {shape} and outputs {outputs.shape}: {said}")

# Each output is compared with the same number, and all four losses are convex: a softmax cannot do better than to keep
# its ten outputs equal, a tenth each.
number, output = np.arange(10), 0.1  # ten classes, equally many of each
at_rest = {
    "mean_squared_logarithmic_error": np.mean((np.log(number + 1) - np.log(output + 1)) ** 2),
    "mean_squared_error": np.mean((number - output) ** 2),
    "hinge": np.mean(np.maximum(1 - number * output, 0)),
    "kullback_leibler_divergence": 0.9 * 10 * np.log(10),  # class numbers are cut off at 1: class 0 adds nothing
}
lesson.reveal("mean squared error at rest", at_rest["mean_squared_error"])
printed = {name: curves.published(f"loss_sweep_{name}").iloc[-1] for name in at_rest}
pd.DataFrame(
    {
        "worked out": at_rest,
        "losses.plateau": {name: losses.plateau(name) for name in at_rest},
        "last loss printed": {name: epoch["loss"] for name, epoch in printed.items()},
        "last validation loss": {name: epoch["val_loss"] for name, epoch in printed.items()},
        "line": {name: int(epoch["line"]) for name, epoch in printed.items()},
    }
)

# %% [markdown]
# Keras of today refuses flat labels, and takes a column of them as before. In the last line the batch happens to be as
# large as the number of classes, so that flat labels fit *along the wrong axis*: each picture is compared with the labels
# of all ten. A check by error message is no check.
#
# Now train both: the class number against all outputs, and labels of zeros and a one. One thing differs. One seed each
# will do here: the question is where a loss comes to rest, and not which of two scores is higher.

# %%
histories = {}
for labels, loss in (("class numbers", "broadcast"), ("one-hot labels", "one_hot")):
    row = here(diary["cnn_1"], f"cnn_1_{loss}")
    row = replace(row, compile=replace(row.compile, loss=f"cosmic_lib>{loss}_mean_squared_error"))
    print(f"{labels}: {'; '.join(differences(row, cnn_1))}")
    result = trained(row, seeds=1)[0]
    histories[labels] = result["history"]
    print(f"{'':4}validation accuracy {result['metrics']['validation']['accuracy']:.3f}")
here_at_rest = float(np.mean((data.y[training] - output) ** 2))
print(f"at rest: {at_rest['mean_squared_error']:.3f} for equal classes, {here_at_rest:.3f} for those in training here")
data_figures.at_rest(histories, here_at_rest, title="Mean squared error, CNN_1")

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.cifar import exercises_data as exercises


def untangle(parent, child):
    """Settings of two experiments, name -> value: a list of copies of the parent, one for each thing that differs, with
    that thing alone as the child has it."""
    # solution: return lesson.todo()
    return [{**parent, name: value} for name, value in child.items() if parent.get(name) != value]


# check
lesson.check(
    "Exercise 1: the experiments that a step of several changes needs",
    untangle,
    exercises.takes_each_change_once,
    exercises.changes_one_thing,
    exercises.finds_nothing_in_a_repeat,
    exercises.leaves_both_alone,
)


# %%
# Exercise 2. The same for labels that a loss can use.
def one_hot(labels, classes):
    """Class numbers of shape (items,) or (items, 1) as zeros and a one, shape (items, classes)."""
    # solution: return lesson.todo()
    return np.eye(classes)[np.asarray(labels).reshape(-1)]


# check
lesson.check(
    "Exercise 2: one number per output",
    one_hot,
    exercises.has_one_number_per_output,
    exercises.marks_the_class,
    exercises.takes_a_column_too,
)

# %% [markdown]
# ## Check yourself
#
# A step adds batch normalisation and changes three dropout rates with it, as CNN_5_v1 did (lines 2643 to 2665). It scores
# higher, over five seeds, and the verdict is `helped`. What helped?
#
# <details><summary>a) Batch normalisation: it is the larger change.</summary>
# No. How large a change looks in the code says nothing about what it does.</details>
# <details><summary>b) The step as a whole. Which part did, takes a network with one of the two.</summary>
# Yes. Two more arms part them, and may show that neither does it without the other.</details>
# <details><summary>c) Both, each a part of it.</summary>
# No. One may help and the other hurt; the sum can still be above zero.</details>
# <details><summary>d) Nothing: a verdict on two changes is worth nothing.</summary>
# No. It holds for the step as it was made. It is only the name given to it that goes too far.</details>
#
# ## What to keep
#
# - Let a program list what differs, from settings, and hash what is built. Equal hashes are repeats.
# - One change per step; where that cannot be, say which changes came together and which arm is missing.
# - Before comparing losses, work out what each gives when nothing is learnt, and look whether it stays there.
# - Caveats: *fixed* here were the learning rate, batches of 64, the cap on epochs and one split. A larger network can
#   need more epochs than the cap gives it. The losses were tried on CNN_1; the diary has them on the study's own network,
#   as `loss_sweep_...` and `loss_one_hot_...`, and the dropout rates as meant, as `cnn_4_v2_meant` and so on.
#
# **Next:** `12_cifar_noise`, on what the repeats of this notebook are good for.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
