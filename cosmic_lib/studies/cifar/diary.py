"""The tuning diary of the CIFAR-10 study: 51 networks as the source trained them, and after them our own.

What was printed for each is in `published.py`. A row says what differs from its parent, in the code that was run; where
the text says otherwise, both are named. "Nothing" means that the source trained the same network in the same way once
more and took it for another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs
from cosmic_lib.splits import PROTOCOLS
from cosmic_lib.studies.cifar import models
from cosmic_lib.studies.cifar.losses import KERAS_LOSSES
from cosmic_lib.studies.cifar.published import PUBLISHED

GREY = Inputs("grey", (32, 32, 1), 10, divide_by=255)
COLOUR, COLOUR_RAW = (Inputs("colour", (32, 32, 3), 10, divide_by=number) for number in (255, 1))
SCRAMBLED, SCRAMBLED_RAW = (Inputs("scrambled", (32, 32, 3), 10, divide_by=number) for number in (255, 1))

TAUGHT = ("cnn_1", "cnn_2", "cnn_4_v2", "cnn_5_v1", "cnn_6_v3", "cnn_7_v4", "cnn_8_v4", "cnn_9_v1_with_aug", "colored")
"""Rows that the notebooks teach: these are run under the published protocol too."""


def _trained(batch_size: int, epochs: int = 500, patience: int | None = 5) -> dict[str, Any]:
    """The source scores the last epoch (line 185: nothing is restored); the honest split scores the best."""
    fit = Fit(epochs, batch_size, patience, restore_best_weights=False)
    return {"fit": fit, "honest_fit": replace(fit, restore_best_weights=True)}


def _row(
    parent: Experiment, name: str, title: str, change: str, network: Mapping[str, Any] | None = None, **changes: Any
) -> Experiment:
    """The parent with one part changed; `network` has arguments of the builder."""
    if network:
        changes["build"] = partial(parent.build, **network)
    row = replace(parent, name=name, title=title, parent=parent.name, change=change, **changes)
    return replace(row, published=PUBLISHED.get(name), protocols=PROTOCOLS if name in TAUGHT else ())


def _again(first: Experiment, name: str, title: str, note: str = "") -> Experiment:
    """A network that the source had trained before, in the same way."""
    return _row(first, name, title, f"nothing: the same as {first.name}{note}")


def _named(rows: Sequence[Experiment], name: str) -> Experiment:
    return next(row for row in rows if row.name == name)


def _words(loss: str) -> str:
    return loss.replace("_", " ").replace("kullback leibler", "Kullback-Leibler")


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


# More convolutions, other filters.
CNN_1 = Experiment(
    name="cnn_1",
    title="CNN_1: three convolutions",
    parent=None,
    change=None,
    inputs=GREY,
    build=models.cnn,
    compile=Compile("adam", learning_rate=1e-3),  # the default of Keras, here and until CNN_8_v2
    published=PUBLISHED["cnn_1"],
    protocols=PROTOCOLS,
    **_trained(batch_size=64),
)
CNN_2 = _row(
    CNN_1,
    "cnn_2",
    "CNN_2: six convolutions",
    "two things: convolutions per block, one to two; padding, valid to same, so that the dense layer reads four times "
    "as many numbers",
    {"convolutions": 2, "padding": "same"},
)
CNN_3 = [
    _row(
        CNN_2,
        f"cnn_3_v{version}",
        f"CNN_3_v{version}: filters {_listed(filters)}",
        f"filters: 32, 64, 64 to {_listed(filters)}",
        {"filters": filters},
    )
    for version, filters in enumerate([(16, 32, 64), (32, 64, 128), (64, 128, 256), (128, 256, 512)])
]

# Dropout: the builder takes four rates and uses the first everywhere, so that v4 and v5 repeat v2 and v3.
CNN_4_V1 = _row(
    _named(CNN_3, "cnn_3_v1"),
    "cnn_4_v1",
    "CNN_4_v1: dropout of 0.5",
    "dropout: none to 0.5 after each pooling and the dense layer",
    {"dropout": (0.5, 0.5, 0.5, 0.5)},
)


def _dropout(parent: Experiment, version: int, rates: Sequence[float]) -> Experiment:
    told = f"the text has rates of {_listed(rates)}, the network the first of them everywhere"
    change = f"dropout rates: {told}" if version < 4 else f"nothing: the same as {parent.name}; {told}"
    title = f"CNN_4_v{version}: dropout of {_listed(rates)}, in the text"
    return _row(parent, f"cnn_4_v{version}", title, change, {"dropout": rates, "first_rate_everywhere": True})


CNN_4_V2 = _dropout(CNN_4_V1, 2, (0.2, 0.3, 0.4, 0.5))
CNN_4_V3 = _dropout(CNN_4_V2, 3, (0.3, 0.4, 0.5, 0.6))
CNN_4_V4 = _dropout(CNN_4_V2, 4, (0.2, 0.3, 0.4, 0.3))
CNN_4_V5 = _dropout(CNN_4_V3, 5, (0.3, 0.4, 0.5, 0.3))
CNN_4 = [CNN_4_V1, CNN_4_V2, CNN_4_V3, CNN_4_V4, CNN_4_V5]

# Batch normalisation, units of the dense layer, activations.
CNN_5_V1 = _row(
    CNN_4_V5,
    "cnn_5_v1",
    "CNN_5_v1: batch normalisation",
    "two things: batch normalisation after each convolution and the dense layer; dropout rates, 0.3 everywhere to "
    "0.3, 0.4, 0.5, 0.3",
    {"batch_norm": True, "first_rate_everywhere": False},
)
CNN_6 = [
    _row(CNN_5_V1, f"cnn_6_v{version}", f"CNN_6_v{version}: {units} units", f"units: 64 to {units}", {"units": units})
    for version, units in [(1, 32), (3, 128), (4, 256), (5, 512)]
]
CNN_6.insert(1, _again(CNN_5_V1, "cnn_6_v2", "CNN_6_v2: 64 units"))
CNN_7_V1 = _again(_named(CNN_6, "cnn_6_v3"), "cnn_7_v1", "CNN_7_v1: ReLU everywhere")
CNN_7 = [
    CNN_7_V1,
    *(
        _row(CNN_7_V1, f"cnn_7_v{version}", f"CNN_7_v{version}: {words}", f"activation: ReLU to {words}", settings)
        for version, words, settings in [
            (2, "tanh everywhere", {"activation": "tanh", "dense_activation": "tanh"}),
            (3, "sigmoid everywhere", {"activation": "sigmoid", "dense_activation": "sigmoid"}),
            (4, "tanh in the dense layer", {"dense_activation": "tanh"}),
        ]
    ),
]
CNN_7_V4 = CNN_7[-1]


# The compile settings, one after the other.
def _optimizer(name: str, learning_rate: float) -> Experiment:
    row_name, title = f"optimizer_sweep_{name.lower()}", f"Optimizer sweep: {name}"
    if name == "Adam":
        return _again(CNN_7_V4, row_name, title)
    change = f"optimizer: Adam to {name}, at its default learning rate of {learning_rate:g}"
    return _row(CNN_7_V4, row_name, title, change, compile=Compile(name.lower(), learning_rate))


def _rate(parent: Experiment, name: str, title: str, learning_rate: float) -> Experiment:
    if learning_rate == parent.compile.learning_rate:
        return _again(parent, name, title)
    change = f"learning rate: {parent.compile.learning_rate:g} to {learning_rate:g}"
    return _row(parent, name, title, change, compile=replace(parent.compile, learning_rate=learning_rate))


def _batch(parent: Experiment, size: int) -> Experiment:
    name, title = f"cnn_8_v3_bs{size}", f"CNN_8_v3: batches of {size}"
    if size == parent.fit.batch_size:
        return _again(parent, name, title)
    return _row(parent, name, title, f"batch size: {parent.fit.batch_size} to {size}", **_trained(size))


def _loss(parent: Experiment, name: str, loss: str, title: str, change: str) -> Experiment:
    change = f"loss: sparse categorical cross-entropy to {change}"
    return _row(parent, name, title, change, compile=replace(parent.compile, loss=loss))


DEFAULT_RATES = {
    "SGD": 1e-2, "RMSprop": 1e-3, "Adagrad": 1e-3, "Adadelta": 1e-3, "Adam": 1e-3, "Adamax": 1e-3, "Nadam": 1e-3
}  # fmt: skip
OPTIMIZERS = [_optimizer(name, rate) for name, rate in DEFAULT_RATES.items()]
CNN_8_V1 = _again(_named(OPTIMIZERS, "optimizer_sweep_adam"), "cnn_8_v1", "CNN_8_v1: Adam")
RATES = [
    _rate(CNN_8_V1, f"cnn_8_v2_lr{rate:g}", f"CNN_8_v2: learning rate {rate:g}", rate)
    for rate in (0.1, 0.01, 0.001, 0.0001, 0.0002, 0.0003, 0.0004, 0.0005)
]
BATCHES = [_batch(_named(RATES, "cnn_8_v2_lr0.0004"), size) for size in (16, 32, 64, 128)]
BATCH_32, BATCH_128 = _named(BATCHES, "cnn_8_v3_bs32"), _named(BATCHES, "cnn_8_v3_bs128")
LOSSES = [
    _again(
        BATCH_128,
        "loss_sweep_sparse_categorical_crossentropy",
        "Loss sweep: sparse categorical cross-entropy",
        "; the code says batches of 32 (line 8398), the printed log has batches of 128 (line 8413)",
    ),
    *(
        _loss(
            BATCH_128,
            f"loss_sweep_{name}",
            f"cosmic_lib>broadcast_{name}",
            f"Loss sweep: {_words(name)}",
            f"{_words(name)}, the class number compared with each of the ten outputs",
        )
        for name in KERAS_LOSSES
    ),
]
CNN_8_V4 = _again(BATCH_32, "cnn_8_v4", "CNN_8_v4: the compile settings that were chosen")

# Augmentation that was never fed, and colour.
NO_AUG = _again(
    BATCH_128,
    "cnn_9_v1_no_aug",
    "CNN_9_v1: without augmentation",
    "; told as CNN_8_v4, which has batches of 32",
)
WITH_AUG = _row(
    NO_AUG,
    "cnn_9_v1_with_aug",
    "CNN_9_v1: with augmentation, in the text",
    "two things: batch size, 128 to 32; early stopping, patience 5 to none, for 50 epochs. Augmentation, in the text, "
    "is never fed",
    **_trained(batch_size=32, epochs=50, patience=None),
)
COLORED = _row(
    WITH_AUG,
    "colored",
    "Colour pictures",
    "three things: grey to colour; colour planes scrambled; values not divided by 255",
    inputs=SCRAMBLED_RAW,
)
COLORED_WITH_AUG = _row(
    COLORED,
    "colored_with_aug",
    "Colour pictures with augmentation, in the text",
    "epochs: 50 to 60. Augmentation, in the text, is never fed",
    **_trained(batch_size=32, epochs=60, patience=None),
)

SOURCE = [
    CNN_1, CNN_2, *CNN_3, *CNN_4, CNN_5_V1, *CNN_6, *CNN_7, *OPTIMIZERS, CNN_8_V1, *RATES, *BATCHES, *LOSSES,
    CNN_8_V4, NO_AUG, WITH_AUG, COLORED, COLORED_WITH_AUG,
]  # fmt: skip

# Not in the source: what the text says, done; and what it leaves open, one thing at a time.
MEANT = [
    _row(
        row,
        f"{row.name}_meant",
        row.title.replace(", in the text", ", in the network"),
        "dropout rates: those of the text, each in its place",
        {"first_rate_everywhere": False},
    )
    for row in (CNN_4_V2, CNN_4_V3, CNN_4_V4, CNN_4_V5)
]
AUGMENTED = _row(
    NO_AUG, "cnn_9_augmented", "CNN_9_v1: with augmentation, fed", "augmentation: none to fed", {"augment": True}
)
ONE_HOT = [
    _loss(
        BATCH_128,
        f"loss_one_hot_{name}",
        f"cosmic_lib>one_hot_{name}",
        f"One-hot labels: {_words(name)}",
        f"{_words(name)}, on one-hot labels",
    )
    for name in KERAS_LOSSES
]
OWN_RATES = [
    _rate(row, f"{row.name}_lr{rate:g}", f"{row.title}, learning rate {rate:g}", rate)
    for name, rates in {"sgd": (0.1,), "adagrad": (0.01, 0.1), "adadelta": (0.1, 1.0)}.items()
    for row in [_named(OPTIMIZERS, f"optimizer_sweep_{name}")]
    for rate in rates
]
CNN_1_COLOUR = _row(CNN_1, "cnn_1_colour", "CNN_1 on colour", "inputs: grey to colour", inputs=COLOUR)
CNN_1_SCRAMBLED = _row(
    CNN_1_COLOUR, "cnn_1_scrambled", "CNN_1 on scrambled colour", "inputs: colour planes scrambled", inputs=SCRAMBLED
)
RAW = "inputs: divided by 255 to left as they are"
COLOURS = [
    CNN_1_COLOUR,
    _row(CNN_1_COLOUR, "cnn_1_colour_raw", "CNN_1 on colour, not divided", RAW, inputs=COLOUR_RAW),
    CNN_1_SCRAMBLED,
    _row(CNN_1_SCRAMBLED, "cnn_1_scrambled_raw", "CNN_1 on scrambled colour, not divided", RAW, inputs=SCRAMBLED_RAW),
    _row(
        COLORED,
        "colored_right",
        "Colour pictures with colours in their place",
        "two things: colour planes in their place; values divided by 255",
        inputs=COLOUR,
    ),
]

DIARY = Diary([*SOURCE, *MEANT, AUGMENTED, *ONE_HOT, *OWN_RATES, *COLOURS])
