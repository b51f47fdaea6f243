"""What the audit found in the genre study: its entries by their own ids, and `measures` says what they amount to."""

from __future__ import annotations

from cosmic_lib.studies import Fault
from cosmic_lib.studies.genre import measures

FAULTS = (
    Fault(
        name="T1",
        title="Segments of one track on both sides of the split",
        evidence="line 9: the segments are described before the split; networks on segments score 76 % to 85 %, those "
        "on pictures of whole tracks 39 % to 71 % (lines 89 to 105)",
        correction="deal out whole tracks, keep the split table, and let the segments of a track vote",
        grade="likely",
        measure=measures.segment_split,
    ),
    Fault(
        name="T2",
        title="The hop is wider than the window",
        evidence="line 9: n_fft 1,024 and hop length 4,084 (a slip of the pen cannot be ruled out)",
        correction="a hop of at most half the window, such as 512, and a check of the coverage",
        grade="proven",
        measure=measures.coverage,
    ),
    Fault(
        name="T3",
        title="The data set repeats and mislabels recordings, and much of it is by few artists",
        evidence="arXiv:1306.1461 lists 50 exact replicas, 22 further excerpts of a recording that is there already, "
        "13 versions, and 43 conspicuous and 63 contentious mislabels; line 9 leaves out one corrupt file and no other",
        correction="group repeats, and split by artist and without the faulty tracks (arXiv:1507.04761, "
        "doi 10.1016/j.asoc.2020.106127)",
        grade="proven",
        measure=measures.repeats_and_artists,
    ),
    Fault(
        name="T4",
        title="No validation set in the description of the split",
        evidence="line 9: 70 % training, 20 % testing and 10 % testing, so that it is unknown which of the two was the "
        "test set; yet lines 51 and 67 stop early on validation",
        correction="name the three parts, and open the test set once",
        grade="proven",
        measure=measures.split_shares,
    ),
    Fault(
        name="T5",
        title="Networks are compared on different inputs, items and stopping rules",
        evidence="line 81 puts the lead of the LSTM down to its sense of time, which pictures are said to lack; but a "
        "spectrogram has a time axis, and inputs, number of items and stopping differ too (lines 9, 51 and 65)",
        correction="both networks on both inputs, with the same tracks in the same parts",
        grade="proven",
        measure=measures.pictures_and_segments,
    ),
    Fault(
        name="T6",
        title="A test set too small for the differences that are read from it",
        evidence="lines 89 to 105: rows a few points apart, from one run each on 100 or 200 test pictures (line 9)",
        correction="an interval beside every score, several seeds, and every track held out once in five folds",
        grade="proven",
        measure=measures.small_test_set,
    ),
    Fault(
        name="T7",
        title="Tens of millions of parameters for some 700 pictures",
        evidence="lines 17 and 33 to 35: dense layers on the flattened picture; line 65: over 99 % in training, and "
        "40 % to 50 % on validation",
        correction="average each filter over the picture (global average pooling): below 0.2 million parameters",
        grade="proven",
        measure=measures.picture_parameters,
    ),
    Fault(
        name="T8",
        title="A GAN of dense layers on raw sound, and no check of what it makes",
        evidence="line 55: 66,000 samples in and out, 100 epochs whatever happens; how many segments were made, and "
        "whether it saw test tracks, is not said",
        correction="show it training items only, train on made items and test on real ones, and measure how far what "
        "it makes is from the nearest training and test item",
        grade="proven",
        measure=measures.gan_parameters,
    ),
    Fault(
        name="T9",
        title="The highest score stands outside the protocol",
        evidence="line 119: 92 % with a GAN on features, in a remark outside the main set-up; whether that GAN was "
        "trained before the split, and so on test items as well, is not said",
        correction="the same split for every score, and made items in the training part alone",
        grade="unstated",
    ),
    Fault(
        name="T10",
        title="Text and table contradict each other",
        evidence="lines 65, 71, 109 and 113 against the table in lines 89 to 105",
        correction="compute the numbers in a text from the results it speaks of",
        grade="proven",
        measure=measures.contradictions,
    ),
    Fault(
        name="T11",
        title="One row of the table is unlike all others",
        evidence="line 103: accuracy 71 % and recall 68 %, equal in every other row; a slip in copying, or a test set "
        "that is not balanced",
        correction="all metrics from one pass over the same predictions, and the test set stratified by genre",
        grade="proven",
        measure=measures.accuracy_and_recall,
    ),
    Fault(
        name="T12",
        title="A sweep without results, and settings that nobody states",
        evidence="line 13 announces four learning rates by two optimizers, and no line shows what came of it; learning "
        "rates of Net5 and Net6 (line 65 has that of Net1 to Net4), batch sizes, losses, seeds and numbers of features "
        "are not given",
        correction="keep the settings in a diary, as data, and print every run that was made",
        grade="proven",
    ),
    Fault(
        name="T13",
        title="Patience chosen by trying four values on data that are not named",
        evidence="line 51: patience 7, after 4, 5 and 6 were tried",
        correction="choose on the validation part, and count what was tried",
        grade="proven",
    ),
    Fault(
        name="T14",
        title="What is called normalising is cutting off",
        evidence='line 9: clips are "normalised to 660,000" samples against their different lengths',
        correction="say that clips are cut, and what becomes of those that are too short",
        grade="proven",
        measure=measures.cut_off,
    ),
    Fault(
        name="T15",
        title="Margins and colours of ready-made pictures are taken for sound",
        evidence="line 9: precomputed pictures, resized and nothing else; the sets that can be had are drawn with a "
        "colour map, and with a white margin around",
        correction="draw the spectrogram oneself, to the edge, or cut the margin off",
        grade="likely",
        measure=measures.picture_margins,
    ),
    Fault(
        name="T16",
        title="The text has one network make the sound, and describes another",
        evidence="line 55: the LSTM of section 2.5 is said to be trained for synthesis, but the generator that follows "
        "has dense layers alone",
        correction="one diagram or one builder for each network, and the text made from it",
        grade="proven",
    ),
)
