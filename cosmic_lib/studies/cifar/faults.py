"""What the audit found in the CIFAR-10 diary: its entries by their own ids, and `measures` says what they amount to."""

from __future__ import annotations

from cosmic_lib.studies import Fault
from cosmic_lib.studies.cifar import measures

FAULTS = (
    Fault(
        name="K1",
        title="Two validation sets are given, and the version of Keras decides which is used",
        evidence="lines 238 to 244 and every later fit: validation_split and validation_data together; Keras 2.6.0 and "
        "2.8.0 take the share (engine/training.py, lines 1116 and 1316) against their own docstring, Keras 3 the test "
        "pictures; neither says so",
        correction="deal out three parts oneself, name them, and give `fit` one of them to validate on",
        grade="proven",
        measure=measures.two_validations,
    ),
    Fault(
        name="K2",
        title="Every choice is made on the test pictures",
        evidence="lines 382 to 9609: each step compares the macro F1 of the same 10,000 test pictures",
        correction="choose on validation, and open the test set once, at the end",
        grade="proven",
        measure=measures.chosen_on_test,
    ),
    Fault(
        name="K3",
        title="The builder takes four dropout rates and uses the first",
        evidence="lines 1636 to 1661: the second to fourth rate are named and never used, so that v4 is v2 once more "
        "and v5 is v3",
        correction="compare the configurations by a hash before training; equal ones are repeats, not variants",
        grade="proven",
        measure=measures.same_networks,
    ),
    Fault(
        name="K4",
        title="Most steps are smaller than what chance alone does",
        evidence="one run of each network, and no seed; the same configuration scores 0.8182 (line 4888) and 0.8333 "
        "(line 6032), another 0.7774 (line 8352) and 0.8104 (line 9168)",
        correction="several seeds of each, an interval beside every difference, and `cannot tell` as an answer",
        grade="proven",
        measure=measures.noise,
    ),
    Fault(
        name="K5",
        title="Augmentation is built and never fed",
        evidence="lines 9225 to 9244 and 10030 to 10044: `fit` is given the pictures as they are; the text promises "
        "vertical flips (line 9170), the code has horizontal ones",
        correction="augmentation as layers of the network, and a look at what two epochs are fed",
        grade="proven",
        measure=measures.augmentation,
    ),
    Fault(
        name="K6",
        title="Colour pictures are scrambled and not scaled",
        evidence="lines 9715 and 9718: rows that hold all red, then all green, then all blue values are cut as if the "
        "three lay side by side; line 9731: no division by 255; line 10019 explains the drop by the noise of colour",
        correction="reshape to (3, 32, 32) and move the colours last, scale as for grey, and look before training",
        grade="proven",
        measure=measures.scrambled_colour,
    ),
    Fault(
        name="K7",
        title="Four losses are given labels that they cannot use",
        evidence="lines 8390 to 8410: class numbers against ten outputs; the logs end where equal outputs lead (lines "
        "8575 to 8717), and have batches of 128 (line 8413) where the code says 32 (line 8398)",
        correction="one-hot labels for losses that want them; Keras 3 refuses the others",
        grade="proven",
        measure=measures.loss_plateaus,
    ),
    Fault(
        name="K8",
        title="Early stopping keeps the weights of the last epoch",
        evidence="lines 185 and 186: patience 5 and nothing restored, so that what is scored is five epochs past the "
        "best",
        correction="restore_best_weights=True",
        grade="proven",
        measure=measures.lost_by_stopping,
    ),
    Fault(
        name="K9",
        title="Logs and scores of different runs stand side by side",
        evidence="CNN_4_v1 ends its log at 0.7645 (line 1558) and scores 0.6805 (line 1586); CNN_9_v1 prints two test "
        "accuracies, 0.8050 (line 9134) and 0.8109 (line 9166); the ten points won by dropout (line 1860) are counted "
        "from the first of these scores",
        correction="train, score and store in one function, and hold validation against test",
        grade="proven",
        measure=measures.logs_and_scores,
    ),
    Fault(
        name="K10",
        title="Steps that change several things are read as one",
        evidence="CNN_2 changes padding as well as depth (lines 190 and 449), CNN_5_v1 dropout rates as well as "
        "normalisation (lines 2643 to 2665), the two CNN_9 batch size and stopping",
        correction="one change per step, listed by comparing the settings rather than from memory",
        grade="proven",
        measure=measures.changed_at_once,
    ),
    Fault(
        name="K11",
        title="Optimizers are compared at one learning rate each",
        evidence="line 4982: all with the default of Keras; Adadelta was still improving after 101 epochs (line 5844: "
        "0.249)",
        correction="several learning rates for each optimizer, and as much training for each",
        grade="proven",
        measure=measures.learning_rates,
    ),
    Fault(
        name="K12",
        title="The text and its numbers contradict each other",
        evidence="lines 2834, 4032, 7616, 9503, 9609 and 10306 against what was printed; line 4923 calls CNN_7_v4 `v3` "
        "and line 1328 CNN_3_v3 `v2`; F1 of CNN_1 is 66 % and 65 % (lines 382 and 421)",
        correction="compute the numbers in a text from the results it speaks of",
        grade="proven",
        measure=measures.contradictions,
    ),
    Fault(
        name="K13",
        title="Overfitting is called underfitting",
        evidence="lines 419, 825 and 2871: validation loss rises while training accuracy rises",
        correction="underfitting is a low score on the training part too; look at both curves",
        grade="proven",
        measure=measures.overfitting,
    ),
    Fault(
        name="K14",
        title="Pictures are divided in place",
        evidence="line 127: running the cell once more divides by 255 again, without a word",
        correction="leave the pictures as they are, and scale batch by batch",
        grade="proven",
        measure=measures.divided_twice,
    ),
    Fault(
        name="K15",
        title="No seed, and cells run in another order than they stand in",
        evidence="no line sets a seed; names that Keras counts upwards go back: `sequential_6` is there twice (lines "
        "1180 and 1369), `sequential_3` follows `sequential_4` (lines 472 and 666)",
        correction="a seed for everything, and a run from a fresh start before anything is written down",
        grade="proven",
    ),
    Fault(
        name="K16",
        title="The log of the last network is not of the code above it",
        evidence="lines 10041 to 10048: a trained network is compiled and trained further, but the log starts from "
        "nothing",
        correction="build, compile and fit in one function",
        grade="proven",
        measure=measures.log_of_another_run,
    ),
    Fault(
        name="K17",
        title="Augmentation is compared with ten epochs more",
        evidence="lines 9782 and 10042: 50 epochs without augmentation, and 60 with it",
        correction="the same number of epochs, or the same stopping rule, for both",
        grade="proven",
        measure=measures.more_epochs,
    ),
)
