"""What the audit found in the album art study: its entries by their own ids; `measures` says what they amount to."""

from __future__ import annotations

from cosmic_lib.studies import Fault
from cosmic_lib.studies.album_art import measures

FAULTS = (
    Fault(
        name="A1",
        title="A metric that counts every yes and no",
        evidence="lines 225 to 283: 35 settings with a mean of exactly .75 and no deviation; the others are whole "
        "numbers of yes and no decisions away from it",
        correction="the share of covers whose likeliest class is right, macro F1, and the majority beside both",
        grade="proven",
        measure=measures.binary_accuracy,
    ),
    Fault(
        name="A2",
        title="Confusion matrices that know nothing of the truth",
        evidence="lines 149 and 179: rows and columns are independent; line 142: 181 of 520 are country",
        correction="a test of independence, and the majority as a row of the table",
        grade="proven",
        measure=measures.independence,
    ),
    Fault(
        name="A3",
        title="A score and a confusion matrix that cannot be of the same predictions",
        evidence="line 171: 81.73 %, of which line 179 would have to show at least 26.9 % on its diagonal, and has "
        "26.3 %",
        correction="labels and predictions from one pass, and the matrix held against the accuracy",
        grade="proven",
        measure=measures.contradiction,
    ),
    Fault(
        name="A4",
        title="Training goes on from the weights that were best on validation",
        evidence="lines 157, 164 and 171; whether the validation part is drawn anew is not stated",
        correction="fresh weights, one split with a seed, and a test part that nothing was chosen by",
        grade="likely",
        measure=measures.restarts,
    ),
    Fault(
        name="A5",
        title="The loss is not the one that is described",
        evidence="line 99: half the squared error; line 137: a validation loss of .55, which is what binary "
        "cross-entropy gives for the shares of the classes",
        correction="name the loss beside its value, and beside that the loss of a network that knows the shares alone",
        grade="likely",
        measure=measures.loss_constants,
    ),
    Fault(
        name="A6",
        title="Counts that do not add up",
        evidence="line 57: 500 of each genre; line 95: more than 2,500, of which 30 % are tested on; lines 142 to 148: "
        "520",
        correction="a split table in a file, with counts",
        grade="proven",
        measure=measures.counts,
    ),
    Fault(
        name="A7",
        title="A search whose winner is luck",
        evidence="lines 113, 130 and 275: differences of half a point between settings whose folds lie up to eight "
        "apart",
        correction="repeat the search on shuffled labels, and hold the winner against what luck gives",
        grade="proven",
        measure=measures.winner,
    ),
    Fault(
        name="A8",
        title="Dropout scaled by the wrong rate",
        evidence="line 97: at test time outputs are multiplied by .2, which is the rate that is dropped, not kept",
        correction="multiply by the share that is kept; Keras does so in training already",
        grade="proven",
        measure=measures.dropout_scaling,
    ),
    Fault(
        name="A9",
        title="Called an improvement while fewer are right",
        evidence="line 181: an improvement for two classes; lines 149 and 179: 145 right before, 137 after",
        correction="a paired comparison on the same covers",
        grade="proven",
        measure=measures.fewer_right,
    ),
    Fault(
        name="A10",
        title="Albums of one artist on both sides",
        evidence="line 61: no repeated album is claimed, nothing is said of artists",
        correction="whole artists dealt out, and covers that look alike joined",
        grade="unstated",
        measure=measures.groups,
    ),
    Fault(
        name="A11",
        title="One setting, two results",
        evidence="lines 113 and 130: 72 % and 75.38 % for five epochs; lines 130 and 137: 77.51 % and 75.19 % for ten",
        correction="take them for what they are: repeats, which say how far chance moves a score",
        grade="proven",
        measure=measures.repeats,
    ),
    Fault(
        name="A12",
        title="A learning rate and a rule of descent that the search does not have",
        evidence="line 109: .01 and plain descent; line 130: Nadam",
        correction="settings as data, printed with the result",
        grade="proven",
    ),
    Fault(
        name="A13",
        title="Precision below the share of the class called high",
        evidence="line 153: a high precision of 33 %, where line 142 has 34.8 % of that class; line 155 describes "
        "recall",
        correction="the share of the class beside its precision",
        grade="proven",
        measure=measures.precision,
    ),
    Fault(
        name="A14",
        title="A network without numbers",
        evidence="line 69: two convolutions and one dense layer, no filters, kernels or units; no code and no seed",
        correction="a builder with every number as an argument",
        grade="proven",
    ),
)
