# %% [markdown]
# # Start here: one run is not a result
#
# Train the same network ten times and you get ten scores. This notebook shows how far apart they are, and what an
# *interval* says about them. Every table of this library is made in this way.
#
# You need: Python, and to have seen `model.fit` once. You will learn to
#
# - tell the two sources of luck in a score apart: the training run and the test set,
# - say a score with its interval, and say what the interval counts,
# - work out how many runs a question needs.
#
# Run the cells from top to bottom. The next cell says how long that takes.

# %%
from cosmic_lib import lesson
from cosmic_lib.studies import Mode

mode = lesson.begin(
    {
        "smoke": Mode(minutes=0.3, seeds=3, max_epochs={"points": 2}),
        "laptop": Mode(minutes=1, seeds=10),
        "full": Mode(minutes=2, seeds=30),
    }
)

# %% [markdown]
# ## The data
#
# Three arms of a spiral, made up here with numpy: two inputs, three classes, and noise that makes the arms overlap.
# Every point is drawn on its own, so no point tells anything about another one. (In the genre notebook that is not so,
# and it matters.)

# %%
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cosmic_lib import plots


def spirals(points, seed):
    """Points on three arms: inputs float32 of shape (points, 2), and the class of each, 0 to 2."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=points)
    radius = rng.uniform(0.1, 1, size=points)
    angle = 2 * np.pi * labels / 3 + 4 * radius + rng.normal(0, 0.7, size=points)
    inputs = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    return inputs.astype("float32"), labels


train_inputs, train_labels = spirals(300, seed=0)
test_inputs, test_labels = spirals(150, seed=1)

# From here on this cell only draws, which is not the lesson.
figure = Figure(figsize=(5, 3.6), layout="constrained")
axes = figure.subplots()
for label, (colour, marker) in enumerate(zip((plots.BLUE, plots.ORANGE, plots.GREEN), "os^", strict=True)):
    axes.plot(*train_inputs[train_labels == label].T, marker, color=colour, markersize=4, label=f"class {label}")
axes.set(xlabel="first input", ylabel="second input", aspect="equal", title="what the network is trained on")
figure.legend(loc="outside right upper", frameon=False)
counts = pd.DataFrame({"training": np.bincount(train_labels), "test": np.bincount(test_labels)})
plots.Picture(figure, "Three classes on three spiral arms; neighbours overlap.", counts.rename_axis("class"))

# %% [markdown]
# ## Your guess
#
# A small network is going to be trained on these points. What share of the test points will it get right? Write your
# guess into the next cell before you go on. What stands there now is the chance level: one class in three.

# %%
guess = 1 / 3
lesson.predict("accuracy on the test points", guess)

# %% [markdown]
# ## One run
#
# A network with two hidden layers. The seed decides with which weights it begins and in which order it sees the points.

# %%
import keras
from keras import layers


def train(seed):
    """Build, compile and fit a network; return the share of test points it gets right."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((2,), name="point"),
            layers.Dense(16, activation="relu", name="hidden_1"),
            layers.Dense(16, activation="relu", name="hidden_2"),
            layers.Dense(3, activation="softmax", name="arm"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train_inputs, train_labels, batch_size=32, epochs=mode.max_epochs.get("points", 20), verbose=0)
    return model.evaluate(test_inputs, test_labels, verbose=0, return_dict=True)["accuracy"]


scores = [train(seed=0)]
print(f"one run: {scores[0]:.3f}")

# %% [markdown]
# ## The same again, with other seeds
#
# Nothing changes but the seed: the same network, the same points, the same number of epochs. Each dot is one run.

# %%
scores += [train(seed) for seed in range(1, mode.seeds)]
lesson.reveal("accuracy on the test points", float(np.mean(scores)))
plots.strip({"the same network": scores}, guess=guess, title="One dot per seed")

# %% [markdown]
# ## What one run does not tell
#
# There is luck in a score twice over.
#
# 1. **The training run.** Another seed gives another network. How much that matters is read off the dots: their
#    standard deviation.
# 2. **The test set.** Other test points would have given another score, even for the same network. Here every point is
#    its own group, so the points can be counted one by one: `compare.wilson` gives the interval. Where items hang
#    together, as segments of a track do, groups have to be counted.
#
# A 95 % interval is a promise about the method: of many experiments like this one, 95 in 100 give an interval that
# holds the true value. The last lines of the next cell put that to the test.

# %%
from cosmic_lib import compare

print(f"the training run: {len(scores)} seeds differ by a standard deviation of {np.std(scores, ddof=1):.3f}")

items = len(test_labels)
of_one_run = compare.wilson(round(scores[0] * items), items)
print(f"the test set: the first run scored {of_one_run}; one test point is worth {1 / items:.3f}")

truth = float(np.mean(scores))  # suppose a network that is right exactly this often ...
drawn = np.random.default_rng(0).binomial(items, truth, size=1000)  # ... is tested on 1,000 test sets
intervals = [compare.wilson(int(right), items) for right in drawn]
held = np.mean([interval.low <= truth <= interval.high for interval in intervals])
print(f"of 1,000 test sets of {items} points, {held:.1%} gave an interval that holds the truth")

# %% [markdown]
# ## Exercises
#
# Replace `return lesson.todo()` by your code and run the cell again. The check looks at what your answer does, not at
# how it is written. The solution is folded away below each exercise.

# %%
from cosmic_lib import exercises


def interval(scores):
    """95 % interval of the mean of several runs: Student's t with len(scores) - 1 degrees of freedom; low and high."""
    # solution: return lesson.todo()
    from scipy.stats import t

    middle, runs = np.mean(scores), len(scores)
    half = t.ppf(0.975, runs - 1) * np.std(scores, ddof=1) / np.sqrt(runs)
    return float(middle - half), float(middle + half)


# check
lesson.check(
    "Exercise 1: the interval of several runs",
    interval,
    exercises.contains_the_mean,
    exercises.narrows_with_more_runs,
    exercises.holds_the_truth,
)
print("  of the runs above:", interval(scores))


# %%
def runs_needed(deviation, half_width):
    """How many runs, at least 2, until the interval above is no wider than half_width to each side of the mean?"""
    # solution: return lesson.todo()
    from scipy.stats import t

    runs = 2
    while t.ppf(0.975, runs - 1) * deviation / np.sqrt(runs) > half_width:
        runs += 1
    return runs


# check
lesson.check(
    "Exercise 2: how many runs it takes",
    runs_needed,
    exercises.counts_runs,
    exercises.is_enough,
    exercises.is_no_more_than_needed,
)
print("  to know the mean of the network above to within 0.01:", runs_needed(np.std(scores, ddof=1), 0.01))

# %% [markdown]
# ## Check yourself
#
# You change the network and train it once. Its score is one hundredth above that of the first run. What do you write?
#
# <details><summary>a) The change helped.</summary>
# No. A run with another seed, and no change at all, can differ by as much: look at the dots.</details>
# <details><summary>b) The change helped if the test interval of the new run does not hold the old score.</summary>
# No. That counts the luck of the test set alone; the luck of the training run comes on top.</details>
# <details><summary>c) I train both networks with the same several seeds and give the difference with its interval.</summary>
# Yes. The same seeds and the same split for both, and an interval that says whether zero is still possible.</details>
# <details><summary>d) I take the best of ten runs of the new network, for it shows what the network can do.</summary>
# No. The best of ten is higher than the mean even if nothing has changed. The old network got only one try.</details>
#
# ## What to keep
#
# - A score is a draw. Say how many runs it stands for, and give the interval.
# - An interval counts something: runs, or test items, or groups. Say which.
# - Caveat: the size of the network, the learning rate and the number of epochs were *fixed* here, not chosen by
#   experiment. What you saw holds for these; another network may vary more, or less.
#
# **Next:** `30_genre_the_leak`, where a high score is not luck at all, but a fault of the split.
