"""The experiments of the composers study, in the order of the source, and an honest chapter of ours.

Names are those of the study's parts in lower case. `Inputs` names what each is fed; see the top of `inputs`.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Augment, Compile, Experiment, Fit, Inputs, Published
from cosmic_lib.studies.composers import augment, models

CHUNKS = Inputs("chunks", shape=(128, 150, 1), classes=4, divide_by=127)
WINDOWS = Inputs("windows", shape=(10, 2), classes=4, clip=True)

# Nothing stops early in this study, and the weights of the last epoch are scored (lines 932 and 1450).
LSTM_FIT = Fit(epochs=50, batch_size=32, restore_best_weights=False)
CNN_FIT = Fit(epochs=10, batch_size=32, restore_best_weights=False)  # 1,034 steps of 41,353 chunks: batches of 32
BOTH, ALL = ("published", "honest"), ("published", "honest", "work")


def _step(parent: Experiment, name: str, title: str, change: str, published: Published | None, **changes) -> Experiment:
    """The parent with one thing changed."""
    return replace(parent, name=name, title=title, parent=parent.name, change=change, published=published, **changes)


LSTM = Experiment(
    name="lstm",
    title="LSTM: two features of the ten pieces before",
    parent=None,
    change=None,
    inputs=WINDOWS,
    build=models.lstm,
    compile=Compile("adam", learning_rate=1e-3),
    fit=LSTM_FIT,
    published=Published(986, accuracy=0.9262, epochs=50, concluded="nothing; the score is printed (line 986)"),
    protocols=BOTH,
)
LSTM_AGAIN = _step(
    LSTM,
    "lstm_again",
    "LSTM, as a second cell printed it",
    "nothing: the same cell run again",
    Published(1058, accuracy=0.9015, epochs=50, concluded="nothing; macro F1 is .86 (line 1066)"),
)
LSTM_OWN = _step(
    LSTM,
    "lstm_own",
    "LSTM on the two features of the piece that it names",
    "input: the ten pieces before to the piece itself",
    None,
    inputs=replace(WINDOWS, name="piece_two", shape=(1, 2)),
    protocols=("honest", "work"),
)
LSTM_OWN_8 = _step(
    LSTM_OWN,
    "lstm_own_8",
    "LSTM on all eight features of the piece that it names",
    "input: two features to eight",
    None,
    inputs=replace(WINDOWS, name="piece_eight", shape=(1, 8)),
)

CNN = Experiment(
    name="cnn_4",
    title="CNN on piano rolls of 15 seconds, four composers",
    parent=None,
    change=None,
    inputs=CHUNKS,
    build=models.cnn,
    compile=Compile("adam", learning_rate=None),  # by its name alone (line 1425)
    fit=CNN_FIT,
    published=Published(1468, accuracy=0.8021, epochs=10, concluded="nothing; a search follows (line 1493)"),
    protocols=ALL,
)
TWO_CHANNELS = _step(
    CNN,
    "cnn_4_two_channels",
    "CNN on two channels, as the text describes it",
    "input: a second channel that says where notes are",
    None,
    inputs=replace(CHUNKS, name="chunks_two", shape=(128, 150, 2)),
    protocols=("honest",),
)
DROPOUT = _step(
    CNN,
    "cnn_4_dropout",
    "CNN, the dropout that the search chose",
    "dropout: 0.25 and 0.5 to 0.4 everywhere",
    None,
    build=functools.partial(models.cnn, dropout=(0.4, 0.4, 0.4)),
    protocols=(),
)
SEARCHED = _step(
    DROPOUT,
    "cnn_4_random_search",
    "CNN, the best of ten in a random search",
    "batch size: 32 to 30",
    Published(
        2659,
        accuracy=0.98,
        epochs=10,
        concluded="a huge increase, from .80 to .98 (line 2671), scored on chunks it was trained on; .7702 in "
        "cross-validation (line 2661)",
    ),
    fit=replace(CNN_FIT, batch_size=30),
    protocols=BOTH,
)

EVERYBODY = _step(
    SEARCHED,
    "cnn_all_145",
    "CNN, all composers, and shifted copies as one more",
    "input: four composers to all there are",
    Published(
        2791,
        accuracy=0.4859,
        epochs=10,
        concluded="much lower, perhaps because of composers with few chunks (line 2821), on .4289 of another run "
        "(line 2810)",
    ),
    inputs=Inputs("all_chunks", shape=(128, 150, 1), classes=145, divide_by=127),
)
ABOVE_TENTH = _step(
    EVERYBODY,
    "cnn_threshold_0_1",
    "CNN, composers above 0.1 % of all chunks",
    "input: composers above a threshold",
    Published(2983, accuracy=0.4953, epochs=10, concluded="a higher threshold, a higher accuracy (line 3148)"),
    inputs=Inputs("all_chunks_0_1", shape=(128, 150, 1), classes=49, divide_by=127),
)
ABOVE_ONE = _step(
    ABOVE_TENTH,
    "cnn_threshold_1",
    "CNN, composers above 1 %, as it was run",
    "nothing: the chunks above 0.1 % were passed again (line 2994)",
    Published(3056, accuracy=0.5003, epochs=10, concluded="a higher threshold, a higher accuracy (line 3148)"),
)
ABOVE_TEN = _step(
    ABOVE_ONE,
    "cnn_threshold_10",
    "CNN, composers above 10 %, as it was run",
    "nothing: the chunks above 0.1 % were passed again (line 3067)",
    Published(3131, accuracy=0.4996, epochs=10, concluded="a higher threshold, a higher accuracy (line 3148)"),
)
ONE_MEANT = _step(
    ABOVE_TENTH,
    "cnn_threshold_1_meant",
    "CNN, composers above 1 %, as it was meant",
    "input: a threshold of 1 %",
    None,
    inputs=Inputs("all_chunks_1", shape=(128, 150, 1), classes=14, divide_by=127),
)
TEN_MEANT = _step(
    ONE_MEANT,
    "cnn_threshold_10_meant",
    "CNN, composers above 10 %, as it was meant",
    "input: a threshold of 10 %",
    None,
    inputs=Inputs("all_chunks_10", shape=(128, 150, 1), classes=2, divide_by=127),
)
NAMED = _step(
    EVERYBODY,
    "cnn_named",
    "CNN, all composers, without the shifted copies",
    "input: no copies",
    None,
    inputs=Inputs("named_chunks", shape=(128, 150, 1), classes=144, divide_by=127),
)

GAP = _step(
    CNN,
    "gap_cnn",
    "Convolutions with average pooling on the same rolls",
    "network: average pooling",
    None,
    build=models.gap_cnn,
)
AUGMENTED = _step(
    GAP,
    "gap_cnn_augmented",
    "The same, with shifted and stretched copies in training",
    "training part: copies in other keys and tempos added",
    None,
    augment=Augment(augment.copies, {"semitones": 3, "stretch": 0.1}),
    protocols=("honest", "work"),
)

DIARY = Diary(
    [
        *(LSTM, LSTM_AGAIN, CNN, DROPOUT, SEARCHED),
        *(EVERYBODY, ABOVE_TENTH, ABOVE_ONE, ABOVE_TEN),
        *(LSTM_OWN, LSTM_OWN_8, TWO_CHANNELS, ONE_MEANT, TEN_MEANT, NAMED, GAP, AUGMENTED),
    ]
)
