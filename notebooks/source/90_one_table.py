# %% [markdown]
# # Five studies, one table
#
# Five studies, five tasks, five honest attempts: a CIFAR-10 diary, genre from album covers, genre from sound, composers from
# MIDI, galaxies from pictures. Each printed a number, and each number is of something else than its text says. Here they
# stand side by side: what was printed, what the same protocol gives in our hands, and what is left when it is put right.
#
# You need: a notebook or two of each study. You will learn to
#
# - read one table of five studies without comparing what cannot be compared,
# - name ten patterns behind some eighty faults, each with an example that was measured,
# - say how many items it takes before a gap can be told at all.

# %%
from cosmic_lib import lesson

mode = lesson.begin("genre", minutes={"smoke": 0.2, "laptop": 0.2, "full": 0.2}, seeds=[])

# %% [markdown]
# ## What is read
#
# Nothing is trained. The results of each study lie in `results/`, as they came out of `cosmic reproduce` on real data of
# the kind that the study had: fewer items than its own, and smaller networks where the mode is not `full`. So hold ours
# against ours; the printed number stands beside them as what it is, a claim about other items.
#
# Guess first: in how many of the rows does the published protocol score higher than the honest one, by more than chance?
# In the cell stands all of them.

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from cosmic_lib import compare, notebooks, overview, studies

found = overview.summaries(notebooks.FOLDER.parent / "results")
rows = overview.rows(found)
print("studies with results:", ", ".join(found))
print("still without:", ", ".join(name for name in studies.names() if name not in found) or "none")
lesson.predict("rows in which the published protocol scores higher", len(rows))

# %%
with pd.option_context("display.max_colwidth", None):
    display(overview.table(rows).set_index(["study", "experiment"]))
higher = [row for row in rows if compare.verdict(row.gap) == compare.HELPED]
lesson.reveal("rows in which the published protocol scores higher", len(higher))
overview.picture(rows)

# %% [markdown]
# ## How to read it, and how not to
#
# *Published protocol* and *honest protocol* are two scores of the same networks on the same data, so their gap is what the
# protocol does. Where it is large, a network recognised something that it will not meet again: a track, a block of pieces.
# Where the verdict is `cannot tell`, the data are too few, or the fault is of another kind: a test set that chose, an
# epoch that was picked, a metric that counts something else do not move an accuracy by much; they make it mean less.
#
# Do not compare rows of different studies: ten genres, four composers and two kinds of galaxies start from other baselines.
# The next cell puts the commonest class beside each score. Guess: in how many rows is the honest score above it, by its
# interval? In the cell stands all of them.

# %%
lesson.predict("honest scores above the commonest class", len(rows))


def commonest(row):
    """The score of always answering with the commonest class, where it was stored."""
    kept = next(one for one in found[row.study]["rows"] if one["experiment"] == row.experiment)
    protocols = [kept[name]["baselines"]["majority"]["value"] for name in ("honest", "published") if name in kept]
    return protocols[0]


beside = pd.DataFrame(
    {
        "honest": [row.honest.value for row in rows],
        "low": [row.honest.low for row in rows],
        "commonest class": [commonest(row) for row in rows],
    },
    index=[f"{row.study}: {row.experiment}" for row in rows],
)
beside["above it"] = beside["low"] > beside["commonest class"]
display(beside.round(3))
lesson.reveal("honest scores above the commonest class", int(beside["above it"].sum()))

# %% [markdown]
# ## Ten patterns
#
# The audits of the five studies have an entry for each fault. Most of them are of one of ten kinds, and hardly any study
# has only one. Each table has its examples: what happened, where the source shows it, and what it amounts to in the data
# at hand, as `cosmic reproduce` measured it.

# %%
PATTERNS = {
    "The unit of splitting": ["C1", "C2", "T1", "A10"],
    "The metric means something else": ["A1", "A3", "A5"],
    "Scored on what was trained on": ["C6", "A4"],
    "Noise taken for signal": ["K4", "G4", "A7", "C8", "T6"],
    "The state of a notebook": ["K9", "C12", "G5", "K16"],
    "A framework that changed its mind": ["K1", "A1", "K7"],
    "No baseline": ["A2", "G1", "C7", "C8"],
    "More than one change at a time": ["K10", "G3", "T5"],
    "A bug explained with theory": ["K6", "C1", "T1"],
    "Numbers that give themselves away": ["A1", "K7", "K9", "C9"],
}
with pd.option_context("display.max_colwidth", None):
    for number, (pattern, names) in enumerate(PATTERNS.items(), 1):
        print(f"{number}. {pattern}")
        display(overview.faults(names, found)[["study", "what happened", "what it amounts to", "what to do"]])

# %% [markdown]
# ## Who has what
#
# Guess: how many of the ten patterns does the study with most of them show? In the cell stands half.

# %%
lesson.predict("patterns of the study with most of them", 5)
everywhere = overview.faults(sorted({name for names in PATTERNS.values() for name in names}), found)["study"]
shown = pd.DataFrame(
    {
        pattern: [int((everywhere[names] == study).any()) for study in studies.names()]
        for pattern, names in PATTERNS.items()
    },
    index=studies.names(),
)
display(shown.T.replace({0: "", 1: "x"}))
lesson.reveal("patterns of the study with most of them", int(shown.sum(axis=1).max()))

# %% [markdown]
# ## What each study did right
#
# A fault can only be found where something was shown. What follows is as much part of the audit as the faults.

# %%
for name in studies.names():
    print(f"{studies.get(name).title}: {studies.get(name).praise}\n")

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
#
# Two networks are scored on n items each, other items for each network. How many items does each need, so that a gap
# between two shares stands out: so that twice the standard error of the difference is below the gap?
from cosmic_lib import exercises_table as exercises


def items_needed(first, second):
    """Fewest items per network, a whole number; first and second are the true shares that are right."""
    # solution: return lesson.todo()
    spread = first * (1 - first) + second * (1 - second)
    gap = abs(first - second)
    return int(np.floor(4 * spread / gap**2)) + 1


# check
lesson.check(
    "items_needed",
    items_needed,
    exercises.is_enough_and_not_too_many,
    exercises.grows_as_the_gap_shrinks,
    exercises.does_not_care_which_comes_first,
)

# %%
# Exercise 2. A stranger sends you a table of predictions, columns group, label and answer, and reports their accuracy.
# Return the two numbers that you would ask for first: the share of the commonest label, and how many groups there are.


def ask_first(predictions):
    """Share of the commonest label, and number of groups."""
    # solution: return lesson.todo()
    return predictions["label"].value_counts(normalize=True).iloc[0], predictions["group"].nunique()


# check
lesson.check(
    "ask_first",
    ask_first,
    exercises.names_the_baseline,
    exercises.counts_groups_and_not_items,
)

# %% [markdown]
# ## Check yourself
#
# A paper reports an accuracy far above all others before it, on a data set that you know. You can ask one question.
#
# <details><summary>a) Which network was it?</summary>
# Later. Of five studies none was undone by its network.</details>
# <details><summary>b) What was kept whole when the items were dealt out, and what was scored when?</summary>
# Yes. It is the first pattern, and the one with the largest gaps in the table above.</details>
# <details><summary>c) Which seed?</summary>
# One seed is no answer and many are: ask how many, and what their spread was.</details>
# <details><summary>d) Is the code public?</summary>
# It helps. But each fault here was found in a text, from printed numbers; what is printed has to be read.</details>
#
# ## What to keep
#
# - Write down, before you train: what is kept whole, which part decides, which part is opened once, what guessing gives.
# - A score without its interval and without what that counts is half a score.
# - `cannot tell` is a result. So is a claim that does not reproduce.
# - Real data here are few and small, and so are our networks: the gaps are of these data, and the patterns are not.
