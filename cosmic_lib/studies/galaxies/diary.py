"""The diary of the galaxies study: eleven dense networks as they were run, what its text says of them, and ours.

The study hands settings from cell to cell in global variables, so that two networks are not what the text says: Model 6
loses a layer with the step that adds L1 (line 1278), and Model 10 has the dropout that was given up (lines 1184, 1660).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs
from cosmic_lib.splits import HONEST, PROTOCOLS
from cosmic_lib.studies.galaxies import models
from cosmic_lib.studies.galaxies.published import published

PICTURES, CENTRE = (Inputs(name, (140, 140, 3), 2, divide_by=255) for name in ("pictures", "centre"))
FAST, SLOW = (Compile("rmsprop", rate, loss="binary_crossentropy") for rate in (1e-3, 1e-4))


def _trained(epochs: int) -> dict[str, Any]:
    """The study keeps the weights of the last epoch; the honest version those of the best, by validation loss."""
    fit = Fit(epochs, batch_size=512, restore_best_weights=False)
    return {"fit": fit, "honest_fit": replace(fit, restore_best_weights=True)}


def _row(
    parent: Experiment, name: str, title: str, change: str, network: Mapping[str, Any] | None = None, **changes: Any
) -> Experiment:
    """The parent with one part changed; `network` has arguments of the builder."""
    if network:
        changes["build"] = partial(parent.build, **network)
    settings = {"protocols": (), "published": None, **changes}
    return replace(parent, name=name, title=title, parent=parent.name, change=change, **settings)


def _run(parent: Experiment, number: int, title: str, change: str, **changes: Any) -> Experiment:
    """A network of the study."""
    name = f"model_{number}"
    return _row(parent, name, f"Model {number}: {title}", change, published=published(name), **changes)


# Scaling up (lines 664 to 1176).
BASE = Experiment(
    name="base",
    title="Base model: two layers of 16 units",
    parent=None,
    change=None,
    inputs=PICTURES,
    build=models.dense,
    compile=FAST,
    published=published("base"),
    protocols=PROTOCOLS,
    **_trained(20),
)
MODEL_1 = _run(BASE, 1, "a third layer", "dense layers: 2 to 3", network={"added": 1})
MODEL_2 = _run(MODEL_1, 2, "32 units", "units: 16 to 32", network={"units": 32})
MODEL_3 = _run(MODEL_2, 3, "64 units", "units: 32 to 64", network={"units": 64})
MODEL_4 = _run(MODEL_2, 4, "50 epochs", "epochs: 20 to 50", **_trained(50))

# Tuning (lines 1180 to 1848).
MODEL_5 = _run(MODEL_2, 5, "learning rate 0.0001", "learning rate: 0.001 to 0.0001", compile=SLOW)
MODEL_6 = _run(
    MODEL_5,
    6,
    "L1, and a layer less",
    "two things: penalty, none to L1 on all layers but the first; dense layers, 3 to 2",
    network={"penalty": "l1", "added": 0},
)
MODEL_7 = _run(MODEL_6, 7, "L2", "penalty: L1 to L2", network={"penalty": "l2"})
MODEL_8 = _run(MODEL_7, 8, "L2 and dropout of 0.2", "dropout: none to 0.2", network={"dropout": 0.2})
MODEL_9 = _run(MODEL_7, 9, "L2 and dropout of 0.5", "dropout: none to 0.5", network={"dropout": 0.5})
MODEL_10_TEXT = _row(
    MODEL_6, "model_10_text", "Model 10 as told: L1, 50 epochs, no dropout", "epochs: 20 to 50", **_trained(50)
)
MODEL_10 = _run(
    MODEL_10_TEXT,
    10,
    "with a dropout that the text denies",
    "dropout: none to 0.2, or 0.5: line 1660 passes on what an earlier cell had set",
    network={"dropout": 0.2},
    protocols=PROTOCOLS,
)
SOURCE = [BASE, MODEL_1, MODEL_2, MODEL_3, MODEL_4, MODEL_5, MODEL_6, MODEL_7, MODEL_8, MODEL_9, MODEL_10]
"""The networks of the source; what its text says of the last one comes before that in the diary, as its parent."""

# What the text says, and one thing at a time.
TEXT = [
    _row(MODEL_5, "model_6_text", "Model 6 as told: L1 alone", "penalty: none to L1, layers kept", {"penalty": "l1"}),
    _row(MODEL_5, "model_5_shallow", "Model 5 with a layer less, no penalty", "dense layers: 3 to 2", {"added": 0}),
    _row(MODEL_5, "model_7_text", "Model 7 as told: L2 alone", "penalty: none to L2, layers kept", {"penalty": "l2"}),
    _row(
        MODEL_6,
        "model_6_everywhere",
        "Model 6 with L1 on the first layer too",
        "penalty: also on the first layer, which holds nearly all weights",
        {"everywhere": True},
    ),
    _row(MODEL_6, "model_8_text", "L1 and dropout of 0.2", "dropout: none to 0.2, on the L1 chosen", {"dropout": 0.2}),
    _row(MODEL_6, "model_9_text", "L1 and dropout of 0.5", "dropout: none to 0.5, on the L1 chosen", {"dropout": 0.5}),
    _row(MODEL_10, "model_10_half", "Model 10 with dropout of 0.5", "dropout: 0.2 to 0.5", {"dropout": 0.5}),
    _row(
        MODEL_10,
        "model_10_centre",
        "Model 10 on the centre of the field",
        "inputs: cut out, not squeezed",
        inputs=CENTRE,
    ),
]

# What the author asks for next (line 1896); the sizes are our choice.
CNN = _row(BASE, "cnn", "A small CNN", "network: dense layers to convolutions", build=models.cnn, protocols=(HONEST,))
CENTRED = _row(CNN, "cnn_centre", "The CNN on the centre of the field", "inputs: cut out, not squeezed", inputs=CENTRE)
TURNED = _row(
    CENTRED,
    "cnn_turned",
    "The CNN on the centre, turned and mirrored",
    "augmentation: none to turns and mirror images in training",
    {"augment": True},
    protocols=(HONEST,),
)

DIARY = Diary([*SOURCE[:-1], MODEL_10_TEXT, MODEL_10, *TEXT, CNN, CENTRED, TURNED])
"""Every network, in order; what was printed for each is in `published.py`."""
