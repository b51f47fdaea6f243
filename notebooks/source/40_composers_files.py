# %% [markdown]
# # Look at the files before you count
#
# A study names the composers of classical pieces from their MIDI files ("Music Genre and Composer Classification Using
# Deep Learning", `studies/sources/001_632169466c68ebcc.txt`). Before any network there are steps that look like
# housekeeping: move files into folders, take the composer from the path, measure the length of a piece. Each ran
# without an error, and each was wrong somewhere. Here you open the files and see.
#
# You need: `00_start_here`. No network is trained. You will learn to
#
# - say what a MIDI file holds, and hear it,
# - look at what a clean-up would do before it is done,
# - check a measured number against the file that it was measured on,
# - see what a network will be fed: piano rolls, and the chunks cut out of them.

# %%
from cosmic_lib import lesson

mode = lesson.begin("composers", minutes={"smoke": 0.5, "laptop": 2, "full": 2})

# %% [markdown]
# ## One file
#
# The study's files do not come with this library. Where music21 is installed, what follows is run on **real scores** that
# it brings, by other composers; they are converted to MIDI once, which takes a minute. Elsewhere, and in smoke mode, a
# **made-up sample** stands in. The printed name says which. Twelve pieces of each composer are enough to look at.
#
# A MIDI file holds no sound. It holds *tracks*, and in them events: a key goes down, a key goes up, so many *ticks* after
# the event before. How long a tick lasts is for the *tempo map* to say, which may stand in a track of its own.

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from cosmic_lib import midi
from cosmic_lib.studies.composers import STUDY

usual = STUDY.usual_data()
made = mode.sample if usual == "sample" else {}
data = STUDY.load(usual, **{**mode.settings, "per_composer": 12}, **made)
print(data.name, *data.notes, sep="\n  ")
files = data.items["file"].unique().tolist()
piece = midi.read(data.root / files[0])
print(f"\n{files[0]}: {piece.tracks} tracks, {piece.ticks_per_beat} ticks per beat, {len(piece.notes)} notes")
print("tempo map (tick, beats per minute):", piece.tempos.tolist()[:4])
print("time signatures (tick, over, under):", piece.time_signatures.tolist()[:4])
each = [piece.notes[piece.notes["instrument"] == number] for number in range(len(piece.instruments))]
rows = [
    (one.name, one.program, len(notes), notes["pitch"].min(), notes["pitch"].max())
    for one, notes in zip(piece.instruments, each, strict=True)
]
display(pd.DataFrame(rows, columns=["track", "program", "notes", "lowest pitch", "highest pitch"]))
display(pd.DataFrame(piece.notes[:5]))
midi.player(piece, seconds=12)

# %% [markdown]
# ## Tidying, as a plan
#
# The data set of the study lies in disorder: a folder around some of the composers, misspelt names, loose files. The study
# moved, renamed and deleted at once (lines 283 to 326). `tidy.plan` only says what it would do; nothing happens until
# `tidy.carry_out` is called, and nothing is ever deleted. The made-up sample has the same disorder, planted, so **here
# and where a cell says so** it is the sample that is looked at.
#
# `plan.files` has a label for each file, read from its folder alone, through a table of other spellings
# (`tidy.ALIASES`). The study took for the composer the first of four names that occurs *anywhere in the path* (lines 549
# to 554), and, for all composers, the first of a *set* of names (line 398). A set has no order that you can rely on: in
# the next run of Python it may be another one. So the cell goes through the names in one order, and then in the other.
#
# Predict: for how many files of the sample does the path name another one of the four than the folder? In the cell
# stands 0. And how many labels hang on the order of the names?

# %%
lesson.predict("files with a wrong composer by their path", 0)
lesson.predict("labels that hang on the order", 0)

from cosmic_lib import store
from cosmic_lib.studies.composers import sample, tidy

planted = STUDY.sample(store.home() / "data", **mode.sample)
plan = tidy.plan(planted)
print(plan)


def by_path(file, names):
    """The first of some names that occurs in a path."""
    return next((name for name in names if name in file), "Unknown")


four = ("Bach", "Beethoven", "Chopin", "Mozart")
labels = plan.files[["file", "composer"]].assign(path=[by_path(file, four) for file in plan.files["file"]])
wrong = labels[labels["path"].isin(four) & (labels["path"] != labels["composer"])]
display(wrong)
lesson.reveal("files with a wrong composer by their path", len(wrong))
names = sorted(plan.files["composer"].unique())
one, other = (labels["file"].map(lambda file, order=order: by_path(file, order)) for order in (names, names[::-1]))
lesson.reveal("labels that hang on the order", int((one != other).sum()))
for file in labels["file"][one == "Unknown"].iloc[[0, -1]]:
    print("no name of a composer in its path:", file)
for file in plan.strangers["file"][plan.strangers["reason"].str.contains("no composer")]:
    print("belongs to nobody:", file)

# %% [markdown]
# In the study the first kind made at most five rows too many (1,633 on line 871, of 1,628 files on line 424), such as that
# of C. P. E. Bach (line 637). Files that belong to nobody got the first word of their own name for a composer: so
# "Ambroise" and "meditation" became two of 145 (lines 2877 and 2900).
#
# ## The folder that was lost
#
# The study's table of misspelt folders says, among others, `"Handel": "Handel"` (line 270). For each entry the files of
# the first folder are moved into the second, and then the first is deleted (lines 160 to 173). Before you run the cell:
# what is left of Handel? The cell does the same to two files in a temporary folder.

# %%
import shutil
import tempfile
from pathlib import Path

spellings = {"Handel": "Handel"}
with tempfile.TemporaryDirectory() as folder:
    for name in ("Largo.mid", "Sarabande.mid"):
        store.write_bytes(Path(folder, "Handel", name), (data.root / files[0]).read_bytes())
    try:
        tidy.plan(folder, aliases=spellings)
    except ValueError as error:
        print("tidy.plan refuses:", error)
    for old, new in spellings.items():
        for path in sorted(Path(folder, old).iterdir()):
            path.rename(Path(folder, new, path.name))  # onto itself: it works, and does nothing
        shutil.rmtree(Path(folder, old))  # no more than an empty folder, one would think
    print("left of two files by Handel:", sorted(Path(folder).rglob("*.mid")))

# %% [markdown]
# ## How long is a piece?
#
# Length and number of notes are all that the study's first network was fed (line 844). To measure the length, it went
# through the tracks one after the other, took 120 beats per minute for every piece (line 525), and kept what it had at the
# end. Its own output shows five lengths (lines 583 to 596): 0.0, 0.0, 539.2, 136.9 and 1.5 seconds, for pieces of 567,
# 4,301, 6,517, 1,019 and 708 notes. A glance would have been enough.
#
# Predict: how many percent of the pieces at hand have a length that is off by more than a tenth? In the cell stands 0.

# %%
lesson.predict("percent of lengths that are off by more than a tenth", 0)

import mido

from cosmic_lib.studies.composers import features


def lengths(root, paths):
    """Seconds of each piece: as the study had them, at 120 beats per minute but over all tracks, and as they are."""
    table = {}
    for path in paths:
        try:
            one = midi.read(root / path)
        except midi.MidiError as error:
            print("left out:", str(error).removeprefix(f"{root}/"))
            continue
        beats = one.notes["end_tick"].max() / one.ticks_per_beat
        table[path] = features.as_published(root / path)[0], 60 * beats / 120, midi.length(one)
    return pd.DataFrame.from_dict(table, orient="index", columns=["the study's way", "all tracks, at 120", "real"])


of_the_four = plan.files.loc[plan.files["composer"].isin(four), "file"]
of = {data.name: lengths(data.root, files), f"made-up sample {planted.name}": lengths(planted, of_the_four)}
for name, table in of.items():
    off = (table.div(table["real"], axis=0) - 1).abs() > 0.1
    print(f"{name}: {len(table)} pieces; off by more than a tenth: ", end="")
    print(", ".join(f"{share:.0%} {way}" for way, share in off.mean().drop("real").items()))
    display(table.quantile([0, 0.25, 0.5, 0.75, 1]).round(1).rename_axis("quantile"))
table = of[data.name]
share = ((table["the study's way"] / table["real"] - 1).abs() > 0.1).mean()
lesson.reveal("percent of lengths that are off by more than a tenth", 100 * share)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "with words.mid")
    file = mido.MidiFile(data.root / files[0])
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("text", text="Encoded by a friend of music")]))
    file.save(path)
    for name, place in ((files[0], data.root / files[0]), ("with one more track, of text", path)):
        found, real = features.as_published(place), midi.length(midi.read(place))
        print(f"{name}: the study's way {found[0]:.1f} s and {found[1]:.0f} notes; real {real:.1f} s")

# %% [markdown]
# The two errors are of different kinds. Taking 120 for every piece makes slow ones short and fast ones long. Keeping the
# end of the *last* track makes the length a matter of what the editor put there: a remark is enough for a length of nothing. On other
# files the shares are others. If you have the study's files, write `STUDY.load("real", "their folder")` in the first cell.
#
# ## Who reads the files?
#
# Three libraries read MIDI here: symusic, mido, which the study used, and pretty_midi, which makes its piano rolls.
# The study lost two files to what mido makes of a key signature (lines 420 and 422). Do the three find the same notes?
# And predict: how many times as fast as pretty_midi is symusic? In the cell stands 1.

# %%
lesson.predict("times as fast as pretty_midi", 1)

import time

FIELDS = ["start_tick", "end_tick", "pitch", "velocity"]
some, took, heard = files[::8], {}, {}
for reader in ("symusic", "mido", "pretty_midi"):
    midi.read(data.root / some[0], readers=(reader,))  # not timed: the first call loads the library
    start = time.process_time()
    pieces = [midi.read(data.root / path, readers=(reader,)) for path in some]
    took[reader] = time.process_time() - start
    heard[reader] = [np.sort(one.notes[FIELDS], order=FIELDS).tolist() for one in pieces]
for reader, seconds in took.items():
    same = heard[reader] == heard["pretty_midi"]
    print(f"{reader:12} {seconds:6.3f} s of the processor for {len(some)} files, the notes of pretty_midi: {same}")
lesson.reveal("times as fast as pretty_midi", took["pretty_midi"] / took["symusic"])

path = planted / "midiclassics" / sample.KEY_OUT_OF_RANGE
for reader in took:
    try:
        print(f"{reader:12} reads {len(midi.read(path, readers=(reader,)).notes)} notes of {path.name}")
    except midi.MidiError as error:
        print(f"{reader:12} refuses {str(error).removeprefix(f'{path.parent}/')}")
print("the first that reads it is taken:", midi.read(path).reader)

# %% [markdown]
# The ratio is measured anew whenever the cell runs, on the files at hand; on others it is another one. Speed is not the
# point of this lesson, but it decides what one looks at: who waits an hour for a table does not ask for a second one.
#
# ## How many notes sound at once?
#
# The study calls it polyphony, and counts how many notes *begin* at the same moment (line 531). A chord that is held
# while a melody goes on is not seen. The other way is a sweep: sort all beginnings and ends by time, add one for each
# beginning, take one off for each end, and note how long it stays so.

# %%
from cosmic_lib.studies.composers import note_measures

sounding, together = midi.polyphony(piece), features.published_polyphony(piece)
rows = {n: (sounding[n] if n < len(sounding) else 0, together[n]) for n in range(max(len(sounding), max(together) + 1))}
columns = ["seconds in which so many sound", "times that so many begin"]
display(pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("notes").round(1))
print(f"{files[0]}: {sounding.sum():.1f} s in all, the length of the piece: {midi.length(piece):.1f} s")
print(note_measures.polyphony(data, data.items))

# %% [markdown]
# ## What a network is fed
#
# A *piano roll* has a row per pitch and a column per *frame*, a tenth of a second. The text of the study names several
# channels (lines 1150 to 1156); fed was one, the velocity. The sustain pedal of a piano holds what sounds while it is
# down, so that a roll is fuller than the keys that were pressed. Scores have no pedal, so the piece below is of the
# **made-up sample**. Compare its first channel with its last one, and the two lines printed first. Look at the highest
# value, too: what sounds together on one pitch is added up, and then everything is divided by 127 (line 1398).

# %%
import dataclasses

from cosmic_lib import rolls
from cosmic_lib.studies.composers.figures import by_composer, channels, grid

path = planted / "midiclassics" / sample.file_of("Chopin", 0)
with_pedal = midi.read(path)
lifted = [dataclasses.replace(one, pedals=np.empty((0, 2))) for one in with_pedal.instruments]
for name, one in (("pedal", with_pedal), ("no pedal", dataclasses.replace(with_pedal, instruments=tuple(lifted)))):
    roll = rolls.roll(one)
    print(
        f"{name:9} {(roll > 0).mean():.1%} of all cells sound; the highest value is {roll.max()}, one note has 127 at most"
    )
channels(with_pedal, f"{path.stem}, made up")

# %% [markdown]
# ## Frames and chunks
#
# The study found 8 frames per second good enough, and took 10 "to make it a little compressed" (line 1235). Count, before
# you read the first two lines of the output: does that compress? A *chunk* is 150 frames; the last one of a piece is
# filled up with silence. From here on it is the data of the first cell again.
#
# The last figure shows length and polyphony of all pieces. If one number tells composers apart, ask why before you call
# it style. A chorale is short because of what it is for; and who collected the scores decided what is in them.

# %%
for fps in (8, 10):
    roll = rolls.roll(piece, fps=fps)
    chunks, padded = rolls.chunks(roll)
    print(f"{fps:2} frames per second: {roll.shape[1]:,} frames; {len(chunks)} chunks of {150 / fps:g} s, ", end="")
    print(f"{padded.sum()} of them filled up, {(chunks > 0).mean():.1%} of the cells sound")
display(grid(data.arrays["chunks"], data.items["label"].tolist(), f"Chunks of the {data.name}"))
by_composer(data, ("length", "polyphony"))

# %%
# Exercise 1. Replace `return lesson.todo()` by your code and run the cell. The solution is folded away below.
from cosmic_lib.studies.composers import exercises_files as exercises


def when(tick, tempos, ticks_per_beat):
    """Seconds from the start to a tick; tempos: (tick, beats per minute) of each change in order, the first at tick 0."""
    # solution: return lesson.todo()
    seconds, ends = 0.0, [*(start for start, _ in tempos[1:]), float("inf")]
    for (start, tempo), end in zip(tempos, ends, strict=True):
        seconds += max(min(tick, end) - start, 0) / ticks_per_beat * 60 / tempo
    return seconds


# check
lesson.check(
    "Exercise 1: when a tick sounds",
    when,
    exercises.knows_the_beat,
    exercises.obeys_the_tempo,
    exercises.ignores_what_comes_later,
    exercises.obeys_each_change,
    exercises.agrees_with_the_tempo_map,
)
print("  end of the piece:", when(int(piece.notes["end_tick"].max()), piece.tempos.tolist(), piece.ticks_per_beat))


# %%
# Exercise 2. How long 0, 1, 2, ... notes sound at once, by a sweep.
def sounding_at_once(starts, ends):
    """A list: seconds in which no note sounds, one note, two notes, and so on, from 0 s to the last end."""
    # solution: return lesson.todo()
    events = sorted([(moment, 1) for moment in starts] + [(moment, -1) for moment in ends])
    seconds, now, last = [0.0] * (len(starts) + 1), 0, 0.0
    for moment, change in events:
        seconds[now] += moment - last
        now, last = now + change, moment
    return seconds


# check
lesson.check(
    "Exercise 2: how many notes sound",
    sounding_at_once,
    exercises.counts_what_sounds,
    exercises.counts_silence,
    exercises.keeps_neighbours_apart,
    exercises.agrees_with_looking,
)

# %% [markdown]
# ## Check yourself
#
# You get a table of pieces with a column `length`. Two of five values are zero, the others look plausible. What now?
#
# <details><summary>a) Cut the outliers off: values far outside the quartiles are set to a bound.</summary>
# No. The study did (line 658). It hides the zeros, and leaves every value that is wrong and looks plausible.</details>
# <details><summary>b) Drop the pieces with zero; the others can be used.</summary>
# No. What makes some values impossible may make the others wrong; here most were off without showing it.</details>
# <details><summary>c) Open one such file, find out where its value comes from, and measure all anew.</summary>
# Yes. One file and a second way to measure it, such as its sound or another library, show what the column holds.</details>
# <details><summary>d) Leave it: a network finds out by itself what is of use.</summary>
# No. It also finds use in an editor's habits: where the length depends on the last track, it tells of the collection.</details>
#
# ## What to keep
#
# - Print five rows and open one file, before the first figure and before the first network.
# - What moves or deletes files shows its plan first, and refuses what cannot be meant.
# - A label comes from one place, through a table that one can read; never from a part of a path.
# - Each feature has a meaning that can be checked against a file: seconds heard, notes sounding.
# - Caveats: *fixed* here were the pieces, at most twelve of each composer, and what their editors left out: scores know
#   neither pedal nor rubato. How often the study's way goes wrong is a fact about files; on yours it is another share.
#
# **Next:** `41_composers_never_seen`, on a network that never sees the piece it names.

# %%
print("What the study did right:", STUDY.praise)
lesson.guesses()
