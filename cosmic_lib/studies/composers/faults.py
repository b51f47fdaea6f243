"""What the audit found in the composers study: its entries by their own ids, with a measure where there can be one."""

from __future__ import annotations

from cosmic_lib.studies import Fault
from cosmic_lib.studies.composers import measures, note_measures


def _proven(name: str, title: str, evidence: str, correction: str, measure=None) -> Fault:
    return Fault(name, title, evidence, correction, "proven", measure)


FAULTS = (
    _proven(
        "C1",
        "The LSTM never sees the piece it names",
        "lines 855 to 857: ten pieces in a row, and the composer of the one after them; pieces lie folder by folder "
        "(line 546) and overlapping windows are dealt out one by one (line 864)",
        "one item is one piece, seen by its own features; split by work; beside it the majority, and the composer of "
        "the piece before",
        measures.same_as_before,
    ),
    _proven(
        "C2",
        "Chunks of one piece on both sides of the split",
        "lines 1371 and 1403: 41,353 chunks of 1,633 files, shuffled and dealt out one by one",
        "split by piece, and then by work; the chunks of a piece vote",
        measures.chunk_split,
    ),
    _proven(
        "C3",
        "The length of a piece is that of its last track",
        "lines 583 to 596: lengths of 0 and of 1.5 seconds for pieces of hundreds of notes",
        "the end of the last note of all tracks",
        note_measures.last_track,
    ),
    _proven(
        "C4",
        "One tempo for every piece",
        "line 525: 120 beats per minute; lines 336 to 341: tempo changes of the same track alone, though most "
        "files have them in a track of their own",
        "the tempo map of the whole file",
        note_measures.tempo,
    ),
    _proven(
        "C5",
        "Labels from part of a path",
        "lines 549 to 554, 475 and 398: the first name that occurs anywhere in the path; of all composers, in the "
        "order of a set, which changes from run to run",
        "the folder, and a table of spellings",
        note_measures.substrings,
    ),
    _proven(
        "C6",
        "98 % on chunks that were trained on",
        "line 1531: the search is fitted on everything, and so is its best network; line 2653: scored on a part of "
        "that",
        "keep the test part out of the search, and compare like with like: .7702 in cross-validation (line 2661) with "
        ".8021 before the search (line 1468)",
        measures.seen_before,
    ),
    _proven(
        "C7",
        "Shifted copies count as a composer",
        "line 2898: 59,638 chunks of augmented_pitch; line 2900: meditation, the first word of the "
        "names of loose files",
        "a closed list of composers; copies in the training part alone, under their own composer",
        measures.copies,
    ),
    _proven(
        "C8",
        "Three thresholds, one experiment",
        "lines 2919, 2994 and 3067: the same chunks each time, and 49 outputs (lines 3031 and 3102)",
        "check that the network has as many outputs as classes are kept; accuracy beside the majority, and seeds",
        measures.thresholds,
    ),
    _proven(
        "C9",
        "One channel, where the text says two",
        "lines 1241 and 1417 against 1380 and 1403: chunks of 128 x 150, and a first layer of 320 parameters",
        "hold the shape of the inputs against the text, in a test",
        measures.channels,
    ),
    _proven(
        "C10",
        "Polyphony counts notes that begin together",
        "line 531: at the same converted time, over all tracks; shown in a figure, fed to no network",
        "count what sounds at a time, from the beginnings and ends of notes",
        note_measures.polyphony,
    ),
    _proven(
        "C11",
        "A table that takes validation for training",
        "lines 2668 and 2669: training accuracy .8021 and loss .7263, which are the validation values of line 1468",
        "make tables from the runs that they speak of",
        measures.mixed_columns,
    ),
    _proven(
        "C12",
        "Numbers of other runs",
        "lines 986 and 1058: the same lines of code, .9262 and .9015; line 2810 prints .4289 after a log that ends "
        "with .4859 (line 2791)",
        "run top to bottom, and keep results under the hash of what made them",
        measures.stale,
    ),
    _proven(
        "C13",
        "An augmentation that the LSTM never saw",
        "lines 432 and 864 to 871: tempo in the title, pitch in the code, and windows of the originals alone",
        "count what comes in and what goes into training",
        measures.not_fed,
    ),
    _proven(
        "C14",
        "Copies that play at another tempo, and write over one another",
        "line 439: a new file has 480 ticks per beat, whatever the old one had; drums are shifted; line 449: one name "
        "for files of several folders; lines 467 to 470: the walk enters the folder that is written",
        "keep the ticks and the drums, and give each copy a name of its own",
        note_measures.copying,
    ),
    _proven(
        "C15",
        "A folder that is moved onto itself is lost",
        "lines 173 and 270: Handel is mapped to Handel, its files are moved into it, and it is deleted",
        "refuse such a mapping, show what is going to be moved before it is, and delete nothing",
        note_measures.moves,
    ),
    _proven(
        "C16",
        "Outliers and scales measured before the split",
        "lines 658 and 845: on all rows",
        "measure them on the training part alone",
        measures.statistics,
    ),
    _proven(
        "C17",
        "One composer is most of the data",
        "line 424: 1,024 of 1,628 files are by Bach; no macro F1 is given for the convolutional network",
        "macro F1, and the majority beside every accuracy",
        measures.majority,
    ),
    _proven(
        "C18",
        "Validation is the test set, and the last epoch is reported",
        "line 934; lines 1456 and 1468: the validation loss is lowest after epoch 4 of 10",
        "a sealed test set, and stopping by a part of its own",
        measures.best_epoch,
    ),
    _proven(
        "C19",
        "More frames to compress",
        "line 1235: 8 frames per second look good, and 10 are taken to make it smaller",
        "count the frames",
        measures.frames,
    ),
    _proven(
        "C20",
        "175 composers, or 145",
        "line 42 names both; the network has 145 outputs (line 2754)",
        "print the classes that are trained on, with their counts",
        note_measures.composers,
    ),
    _proven(
        "C21",
        "A best of ten that is no better than the next",
        "lines 1521 to 1529: 10 of 32 combinations, and the mean of the best is .7702 (line 2627)",
        "show the spread between folds beside the difference",
        measures.search,
    ),
    _proven(
        "C22",
        "Instruments add up beyond the largest value",
        "lines 1256 and 1398: rolls of all instruments are summed and then divided by 127",
        "the loudest of them, or a channel each",
        measures.above_largest,
    ),
)
