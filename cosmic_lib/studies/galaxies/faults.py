"""What the audit found in the galaxies study: its entries by their own ids, and `measures` says what they amount to."""

from __future__ import annotations

from cosmic_lib.studies import Fault
from cosmic_lib.studies.galaxies import measures

FAULTS = (
    Fault(
        name="G1",
        title="A baseline of 50 % for classes that are not balanced",
        evidence="lines 43 and 416: balanced classes and a baseline of 50 %; lines 260 and 261: 40,959 spirals of "
        "70,000",
        correction="the majority in a row of the table, and balanced accuracy or macro F1 beside accuracy",
        grade="proven",
        measure=measures.majority,
    ),
    Fault(
        name="G2",
        title="The head of the table taken for a sample",
        evidence="line 222: the first 70,000 rows; their share of spirals differs from that of the table (lines 174, "
        "175)",
        correction="a seeded random sample with the class shares of the table",
        grade="proven",
        measure=measures.head_of_the_table,
    ),
    Fault(
        name="G3",
        title="The step to L1 also takes a layer away, and the penalty lies on hardly any weight",
        evidence="line 1278: no layer is added any more, in the cell that adds L1; lines 473 and 474: the first layer "
        "has no penalty",
        correction="one change at a time, and the penalty on all layers",
        grade="proven",
        measure=measures.penalised_share,
    ),
    Fault(
        name="G4",
        title="Choices read off the last epoch of one run",
        evidence="lines 600 to 1848: curves that swing from epoch to epoch; lines 666 and 1182: conclusions from their "
        "ends",
        correction="keep the weights of the best epoch by validation, repeat with other seeds, and give an interval",
        grade="proven",
        measure=measures.which_epoch,
    ),
    Fault(
        name="G5",
        title="The final network has the dropout that the text gives up",
        evidence="line 1184: no dropout; line 1660: the variable that an earlier cell had set; line 1862: the layer "
        "in the summary",
        correction="no global variables: settings as data, and the network held against them",
        grade="proven",
        measure=measures.dropout_left_in,
    ),
    Fault(
        name="G6",
        title="Validation losses compared across penalties",
        evidence="line 1182: L1 is said to overfit by its validation loss, which has the penalty in it",
        correction="log the loss of the data by itself, as a metric",
        grade="proven",
        measure=measures.penalty_in_the_loss,
    ),
    Fault(
        name="G7",
        title="Majorities of volunteers taken for the truth",
        evidence="lines 185 and 217: all classes beginning with S or E are kept, whatever the votes; S holds discs "
        "seen from the side, E lenticulars",
        correction="accuracy by how sure the volunteers were; shares of votes as soft labels",
        grade="proven",
        measure=measures.agreement,
    ),
    Fault(
        name="G8",
        title="Pictures shown with blue for red",
        evidence="line 291: OpenCV gives blue first; line 398: shown as if red were first",
        correction="turn the channels round when a picture is read",
        grade="proven",
        measure=measures.colours,
    ),
    Fault(
        name="G9",
        title="The whole field squeezed, most of which is sky",
        evidence="line 296: resized to 140 x 140 without a crop",
        correction="cut out the middle before shrinking",
        grade="likely",
        measure=measures.empty_field,
    ),
    Fault(
        name="G10",
        title="Dense layers on raw pixels, for objects that lie at any angle",
        evidence="line 473: the first layer has a weight for each pixel; line 1873: the text says that a CNN is needed",
        correction="convolutions, turned and mirrored pictures in training, and the mean answer over turns",
        grade="proven",
        measure=measures.turned,
    ),
    Fault(
        name="G11",
        title="Dropout tried on the penalty that had been rejected",
        evidence="lines 1182, 1475 and 1562: L1 is preferred, and L2 is passed on",
        correction="build each step on what was chosen before",
        grade="proven",
        measure=measures.on_which_penalty,
    ),
    Fault(
        name="G12",
        title="Early stopping and folds imported, and not used",
        evidence="lines 73 and 75",
        correction="use them: both cost little, and answer G4",
        grade="proven",
    ),
    Fault(
        name="G13",
        title="The last chapter gives the accuracy of the first network",
        evidence="line 1873: an accuracy of 77 %, and 81 % in the same paragraph",
        correction="a score with the name of its network and of the part it was measured on",
        grade="proven",
        measure=measures.which_model,
    ),
    Fault(
        name="G14",
        title="Three sessions of one notebook, and a split whose seed is cut off",
        evidence="lines 591, 1293 and 1578: TensorFlow starts anew; line 426 ends in the middle of a word",
        correction="a split table in a file, and a notebook that runs from top to bottom",
        grade="unstated",
    ),
    Fault(
        name="G15",
        title="A benchmark that is set once it has nearly been reached",
        evidence="line 1184: 80 % is called acceptable after the networks before",
        correction="say what would be good enough before training",
        grade="likely",
        measure=measures.benchmark,
    ),
    Fault(
        name="G16",
        title="Aims that nothing comes back to",
        evidence="lines 27 to 29: an interface for astronomers, insight, and feedback on mistakes",
        correction="here: `cosmic predict`, maps of what a network looks at, and `cosmic review`",
        grade="proven",
    ),
    Fault(
        name="G17",
        title="No result per class",
        evidence="line 1882: one accuracy",
        correction="recall of each class and the confusion matrix, with an interval",
        grade="proven",
        measure=measures.per_class,
    ),
)
