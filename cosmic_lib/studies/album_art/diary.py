"""The diary of the album art study: four networks as reported, its two searches row by row, and ours.

The text describes mean squared error (line 99); only binary cross-entropy comes to a loss of 0.55 (line 137), so the
networks have that, and `initial_mse` has the other. Not stated and so our choice: the epochs of the first network (its
curve goes beyond the eighth, line 137), how often the best weights were trained on, and what they were best by.
Printed accuracies are binary; ours are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs, Published
from cosmic_lib.splits import HONEST, PROTOCOLS
from cosmic_lib.studies.album_art import losses, models
from cosmic_lib.studies.album_art.published import CONCLUDED, grid, published, random_rows

COVERS = Inputs("covers", (64, 64, 3), 4, divide_by=255)  # line 57 has bytes, and is silent on what was done to them


def _trained(epochs: int, batch_size: int = 30, restarts: int = 0) -> dict[str, Any]:
    """The last weights, or the best where they are trained on (line 157); the honest version has fresh ones."""
    fit = Fit(epochs, batch_size, monitor="val_accuracy", restore_best_weights=restarts > 0, restarts=restarts)
    return {"fit": fit, "honest_fit": replace(fit, restore_best_weights=True, restarts=0)}


def _row(
    parent: Experiment, name: str, title: str, change: str, network: Mapping[str, Any] | None = None, **changes: Any
) -> Experiment:
    """The parent with one part changed; `network` has arguments of the builder."""
    if network:
        changes["build"] = partial(parent.build, **network)
    settings = {"protocols": (), "published": None, **changes}
    return replace(parent, name=name, title=title, parent=parent.name, change=change, **settings)


# The four networks that the source reports (lines 137 to 188), and what is open about the first.
INITIAL = Experiment(
    name="initial",
    title="The first network; accuracy as printed is binary",
    parent=None,
    change=None,
    inputs=COVERS,
    build=models.cnn,
    compile=Compile("nadam", None, loss=losses.IMPLIED),
    published=published("initial"),
    protocols=PROTOCOLS,
    **_trained(10),
)
RATE = _row(
    INITIAL,
    "initial_lr0.01",
    "The first network at the learning rate of the text",
    "learning rate: the default of Keras, 0.001, to 0.01 (line 109)",
    compile=replace(INITIAL.compile, learning_rate=0.01),
)
TOLD = _row(
    INITIAL,
    "initial_mse",
    "The first network with the loss of the text",
    "loss: binary cross-entropy to half the mean squared error (line 99)",
    compile=replace(INITIAL.compile, loss=losses.TOLD),
)
CATEGORICAL = _row(
    INITIAL,
    "initial_cce",
    "The first network with the loss that goes with a softmax",
    "loss: binary to categorical cross-entropy",
    compile=replace(INITIAL.compile, loss="sparse_categorical_crossentropy"),
)
WARM_10 = _row(
    INITIAL,
    "best_weights_10",
    "10 epochs more from the best weights; accuracy as printed is binary",
    "two things: weights, fresh to the best of one training before, on another validation part; the best epoch is "
    "scored, not the last",
    published=published("best_weights_10"),
    **_trained(10, restarts=1),
)
WARM_20 = _row(
    WARM_10,
    "best_weights_20",
    "20 epochs from the best weights; accuracy as printed is binary",
    "two things: epochs, 10 to 20; trainings before, one to two",
    published=published("best_weights_20"),
    protocols=PROTOCOLS,
    **_trained(20, restarts=2),
)
WARM_DROPOUT = _row(
    WARM_20,
    "best_weights_20_dropout_04",
    "20 epochs from the best weights, dropout of 0.4; accuracy as printed is binary",
    "dropout: 0.2 to 0.4",
    {"dropout": 0.4},
    published=published("best_weights_20_dropout_04"),
)
SOURCE = [INITIAL, WARM_10, WARM_20, WARM_DROPOUT]
"""The networks that the source reports."""


# The two searches. The grid comes first, so that each row of the random search has a parent in it.
def _name(batch_size: int, dropout: float, epochs: int, optimizer: str) -> str:
    return f"grid_b{batch_size}_d{dropout:g}_e{epochs}_{optimizer.lower()}"


def _words(batch_size: int, dropout: float, epochs: int, optimizer: str) -> str:
    return f"batches of {batch_size}, dropout of {dropout:g}, {epochs} epochs, {optimizer}"


def _searched(parent: Experiment, name: str, title: str, row: Mapping[str, Any]) -> Experiment:
    """A row of a search: dropout, optimizer, or batches and epochs differ from its parent, or nothing does."""
    fit, optimizer, dropout = _trained(row["epochs"], row["batch_size"]), row["optimizer"].lower(), row["dropout"]
    before = getattr(parent.build, "keywords", {}).get("dropout", 0.2)
    printed = None
    if not pd.isna(row["mean"]):
        concluded = CONCLUDED.get(name, "")
        printed = Published(int(row["line"]), float(row["mean"]), epochs=row["epochs"], concluded=concluded)
    make = partial(_row, parent, name, f"{title}; accuracy as printed is binary", published=printed)
    if dropout != before:
        return make(f"dropout: {before:g} to {dropout:g}", {"dropout": dropout})
    if optimizer != parent.compile.optimizer:
        change = f"optimizer: {parent.compile.optimizer} to {optimizer}, each at the learning rate that Keras gives it"
        return make(change, compile=replace(parent.compile, optimizer=optimizer))
    if fit["fit"] != parent.fit:
        was = f"batches of {parent.fit.batch_size} and {parent.fit.epochs} epochs"
        return make(f"{was} to {row['batch_size']} and {row['epochs']}", **fit)
    return make(f"nothing: the same as {parent.name}")


def _grid() -> list[Experiment]:
    """The 80 combinations, so that each parent comes first: batches of 30, 10 epochs, dropout of 0.2, Nadam."""
    first = (("batch_size", 30), ("epochs", 10), ("dropout", 0.2), ("optimizer", "Nadam"))
    rows = sorted(grid().to_dict("records"), key=lambda row: [row[setting] != value for setting, value in first])
    made = {"": INITIAL}
    for row in rows:
        batch_size, dropout, epochs, optimizer = (
            row[name] for name in ("batch_size", "dropout", "epochs", "optimizer")
        )
        if (batch_size, epochs) != (30, 10):
            parent = _name(30, dropout, 10, optimizer)
        elif optimizer != "Nadam":
            parent = _name(30, dropout, 10, "Nadam")
        else:
            parent = _name(30, 0.2, 10, "Nadam") if dropout != 0.2 else ""
        name, title = _name(batch_size, dropout, epochs, optimizer), _words(batch_size, dropout, epochs, optimizer)
        made[name] = _searched(made[parent], name, f"Grid: {title}", row)
    return list(made.values())[1:]


def _random(rows: Mapping[str, Experiment]) -> list[Experiment]:
    """The ten rows of the random search; five of them are in the grid as well."""
    made = []
    for number, row in enumerate(random_rows().to_dict("records"), 1):
        batch_size, dropout, epochs, optimizer = (
            row[name] for name in ("batch_size", "dropout", "epochs", "optimizer")
        )
        same = rows.get(_name(batch_size, dropout, epochs, optimizer))
        parent = same or rows[_name(30, dropout, 10, optimizer)]
        title = f"Random search: {_words(batch_size, dropout, epochs, optimizer)}"
        made.append(_searched(parent, f"random_{number}", title, row))
    return made


GRID = _grid()
RANDOM = _random({row.name: row for row in GRID})

# Ours: fresh weights, one loss, and the best epoch by it.
STOPPED = _row(
    CATEGORICAL,
    "cnn_stopped",
    "Categorical cross-entropy, stopped early",
    "two things: epochs, 10 to 50 at most, until 8 have not improved the validation loss; the best epoch by that is "
    "scored, not the last",
    fit=Fit(50, 30, patience=8),
    honest_fit=None,
)
SMALL_RATE = _row(
    STOPPED,
    "cnn_small_lr",
    "The same at a small learning rate",
    "learning rate: the default of Keras, 0.001, to 0.0003",
    compile=replace(STOPPED.compile, learning_rate=3e-4),
    protocols=(HONEST,),
)

DIARY = Diary([INITIAL, RATE, TOLD, CATEGORICAL, *SOURCE[1:], *GRID, *RANDOM, STOPPED, SMALL_RATE])
"""Every network; what was printed for each is in `published.py`."""
