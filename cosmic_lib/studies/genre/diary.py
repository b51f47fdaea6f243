"""The tuning diary of the genre study: what was trained, in which order, and what the source printed.

The source has sixteen rows in its table (lines 89-105), a sweep that it announces without results (line 13), and a
remark on a second GAN (line 119). What follows after that is ours: the same questions, asked one at a time.
"""

from __future__ import annotations

from dataclasses import replace

from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Augment, Compile, Experiment, Fit, Inputs, Published
from cosmic_lib.studies.genre import gan, models

PICTURES = Inputs("pictures", shape=(180, 180, 3), classes=10)
SEGMENTS = Inputs("segment_features", shape=(16, 33), classes=10)

# The source states the epochs (lines 89-103) and this learning rate (line 65); the batch size is our choice.
FIFTY = Fit(epochs=50, batch_size=16, restore_best_weights=False)
HUNDRED = replace(FIFTY, epochs=100)
ADAM, RMSPROP = Compile("adam", learning_rate=1e-4), Compile("rmsprop", learning_rate=1e-4)

# The source states patience 7 (line 51). Batch size, loss, learning rate and the cap on epochs are our choices.
EARLY_STOPPING = Fit(epochs=100, batch_size=32, patience=7)
ADAM_LSTM, RMSPROP_LSTM = Compile("adam", learning_rate=1e-3), Compile("rmsprop", learning_rate=1e-3)

TRACKS, BOTH = ("honest", "artist"), ("published", "honest")


def _percent(line: int, accuracy: int, precision: int, recall: int, f1: int, epochs: int) -> Published:
    """A row of the source's table, which is in percent."""
    return Published(line, accuracy / 100, precision / 100, recall / 100, f1 / 100, epochs)


# A picture is a whole track, so that the published protocol and the honest one are the same.
NET1 = Experiment(
    name="net1_adam_50",
    title="Net1: a dense network on the picture of a track",
    parent=None,
    change=None,
    inputs=PICTURES,
    build=models.net1,
    compile=ADAM,
    fit=FIFTY,
    published=_percent(89, 55, 68, 55, 56, epochs=50),
    protocols=TRACKS,
)
NET5 = Experiment(
    name="net5_adam",
    title="Net5: two LSTM layers on the features of a segment",
    parent=None,
    change=None,
    inputs=SEGMENTS,
    build=models.net5,
    compile=ADAM_LSTM,
    fit=EARLY_STOPPING,
    published=_percent(95, 85, 86, 85, 85, epochs=43),
    protocols=("published", "honest", "artist", "artist_filtered"),
)


def _step(parent: Experiment, name: str, title: str, change: str, published: Published | None, **changes) -> Experiment:
    """The parent with one thing changed."""
    return replace(parent, name=name, title=title, parent=parent.name, change=change, published=published, **changes)


LONGER = "epochs: 50 to 100"
TO_RMSPROP = "optimizer: Adam to RMSprop"

NET2 = _step(
    NET1,
    "net2_adam_50",
    "Net2: four convolutions, then a dense layer",
    "network: dense to convolutional",
    _percent(91, 69, 71, 69, 69, epochs=50),
    build=models.net2,
)
NET3 = _step(
    NET2,
    "net3_adam_50",
    "Net3: Net2 with batch normalisation",
    "network: batch normalisation after each convolution",
    _percent(93, 69, 70, 69, 69, epochs=50),
    build=models.net3,
)
NET1_RMSPROP = _step(
    NET1, "net1_rmsprop_50", "Net1, RMSprop", TO_RMSPROP, _percent(98, 39, 52, 39, 35, 50), compile=RMSPROP
)
NET2_RMSPROP = _step(
    NET2, "net2_rmsprop_50", "Net2, RMSprop", TO_RMSPROP, _percent(100, 61, 63, 61, 61, 50), compile=RMSPROP
)
NET4 = _step(
    NET3, "net4_rmsprop_50", "Net4: Net3, RMSprop", TO_RMSPROP, _percent(102, 57, 66, 57, 58, 50), compile=RMSPROP
)

TABLE = [
    NET1,
    _step(NET1, "net1_adam_100", "Net1, trained longer", LONGER, _percent(90, 51, 61, 51, 51, 100), fit=HUNDRED),
    NET2,
    _step(NET2, "net2_adam_100", "Net2, trained longer", LONGER, _percent(92, 65, 67, 65, 65, 100), fit=HUNDRED),
    NET3,
    _step(NET3, "net3_adam_100", "Net3, trained longer", LONGER, _percent(94, 71, 74, 71, 71, 100), fit=HUNDRED),
    NET1_RMSPROP,
    _step(
        NET1_RMSPROP,
        "net1_rmsprop_100",
        "Net1, RMSprop, trained longer",
        LONGER,
        _percent(99, 60, 67, 60, 60, 100),
        fit=HUNDRED,
    ),
    NET2_RMSPROP,
    _step(
        NET2_RMSPROP,
        "net2_rmsprop_100",
        "Net2, RMSprop, trained longer",
        LONGER,
        _percent(101, 59, 63, 59, 60, 100),
        fit=HUNDRED,
    ),
    NET4,
    _step(NET4, "net4_rmsprop_100", "Net4, trained longer", LONGER, _percent(103, 71, 68, 68, 68, 100), fit=HUNDRED),
]

NET5_RMSPROP = _step(
    NET5,
    "net5_rmsprop",
    "Net5, RMSprop",
    TO_RMSPROP,
    _percent(104, 83, 85, 83, 83, epochs=49),
    compile=RMSPROP_LSTM,
    protocols=BOTH,
)
WAVEFORMS = Augment(gan.waveforms)
NET6 = _step(
    NET5,
    "net6_adam",
    "Net6: Net5, with sound from a conditional GAN added",
    "training part: made-up sound added",
    _percent(96, 80, 80, 80, 80, epochs=51),
    augment=WAVEFORMS,
    protocols=BOTH,
)
NET6_FEATURES = _step(
    NET5,
    "net6_features",
    "Net5, with features from a conditional GAN added",
    "training part: made-up features added",
    Published(line=119, accuracy=0.92),
    augment=Augment(gan.feature_maps),
    protocols=BOTH,
)

LSTMS = [
    NET5,
    NET5_RMSPROP,
    NET6,
    _step(
        NET5_RMSPROP,
        "net6_rmsprop",
        "Net6, RMSprop",
        "training part: made-up sound added",
        _percent(105, 76, 76, 76, 75, epochs=77),
        augment=WAVEFORMS,
    ),
    NET6_FEATURES,
    _step(
        NET6_FEATURES,
        "net6_features_mixed",
        "The same, made before the split and dealt out with the real segments",
        "made-up features: in all parts",
        Published(line=119, accuracy=0.92),
        augment=Augment(gan.feature_maps, before_split=True),
    ),
]

# Four learning rates by two optimizers (line 13); those of the rows above are not repeated.
SWEEP = [
    _step(
        parent,
        f"{parent.name}_lr_{rate:g}",
        f"{parent.title}; learning rate {rate:g}",
        f"learning rate: {parent.compile.learning_rate:g} to {rate:g}",
        Published(line=13),
        compile=replace(parent.compile, learning_rate=rate),
        protocols=(),
    )
    for parent in (NET3, NET4, NET5, NET5_RMSPROP)
    for rate in (1e-2, 1e-3, 5e-4, 1e-4)
    if rate != parent.compile.learning_rate
]

# Not in the source. The first asks what is missed between the windows; the next three, with Net5, cross two inputs
# with two networks on the same segments; the others ask what 66 million parameters, and a white margin, are good for.
NET5_ALL = _step(
    NET5,
    "net5_hop512",
    "Net5 on all of the audio",
    "hop length: 4,084 to 512",
    None,
    inputs=Inputs("segment_features_hop512", shape=(127, 33), classes=10),
    protocols=("honest",),
)
GAP_FEATURES = _step(
    NET5,
    "gap_features",
    "Convolutions with average pooling on the features of a segment",
    "network: LSTM to convolutions",
    None,
    build=models.gap,
    protocols=("honest",),
)
GAP_PICTURES = _step(
    GAP_FEATURES,
    "gap_pictures",
    "Convolutions with average pooling on the picture of a segment",
    "input: features to pictures",
    None,
    inputs=Inputs("segment_pictures", shape=(48, 48, 3), classes=10),
)
NET5_PICTURES = _step(
    GAP_PICTURES,
    "net5_pictures",
    "Net5 on the picture of a segment, column by column",
    "network: convolutions to LSTM",
    None,
    build=models.net5_columns,
)
NET3_GAP = _step(
    NET3,
    "net3_gap",
    "Net3 with average pooling instead of the dense layer",
    "network: average pooling",
    None,
    build=models.gap,
)
NET3_MARGIN = _step(
    NET3,
    "net3_ready_margin",
    "Net3 on the ready-made pictures",
    "input: ready-made pictures, margin and all",
    None,
    inputs=replace(PICTURES, name="ready_pictures_margin"),
)
NET3_READY = _step(
    NET3_MARGIN,
    "net3_ready",
    "Net3 on the ready-made pictures, their margin cut off",
    "input: margin cut off",
    None,
    inputs=replace(PICTURES, name="ready_pictures"),
)
HONEST_CHAPTER = [NET5_ALL, GAP_FEATURES, GAP_PICTURES, NET5_PICTURES, NET3_GAP, NET3_MARGIN, NET3_READY]

DIARY = Diary([*TABLE, *LSTMS, *SWEEP, *HONEST_CHAPTER])
