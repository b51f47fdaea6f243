"""Early stopping that survives being killed: in full mode a fit continues where it was."""

from __future__ import annotations

import io
import json
from pathlib import Path

import keras
import numpy as np

from cosmic_lib import store


class ResumableEarlyStopping(keras.callbacks.EarlyStopping):
    """`EarlyStopping` that keeps its log and its best weights on disk, epoch by epoch.

    Put it before `BackupAndRestore`, which then removes the folder when the training is over.

    Args:
        folder: where to keep them: one line of JSON per epoch in `log.jsonl`, and the weights in `best-N.npz`.
        **kwargs: as for `keras.callbacks.EarlyStopping`; `mode` must be `min` or `max`.
    """

    best: float | None

    def __init__(self, folder: Path, **kwargs):
        super().__init__(**kwargs)
        self.folder = folder
        self.rows: list[dict[str, float]] = []

    def on_train_begin(self, logs=None):
        """Read what happened before the fit was interrupted, if it was."""
        super().on_train_begin(logs)
        log = self.folder / "log.jsonl"
        self.rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def on_epoch_begin(self, epoch, logs=None):
        """Forget an epoch that was logged but not checkpointed: it is trained again."""
        self.rows = self.rows[:epoch]

    def on_epoch_end(self, epoch, logs=None):
        """Stop as `EarlyStopping` does, and write down what it knows."""
        self._catch_up()
        super().on_epoch_end(epoch, logs)
        self.rows.append({name: float(value) for name, value in (logs or {}).items()})
        if self.restore_best_weights and self.best_epoch == epoch:
            buffer = io.BytesIO()
            np.savez(buffer, *self.best_weights)
            store.write_bytes(self.folder / f"best-{epoch}.npz", buffer.getvalue())
            # The one before is kept: this epoch may not be checkpointed yet, and be trained again.
            for older in sorted(self.folder.glob("best-*.npz"), key=lambda path: path.stat().st_mtime_ns)[:-2]:
                older.unlink()
        store.write_bytes(self.folder / "log.jsonl", "".join(json.dumps(row) + "\n" for row in self.rows).encode())

    def on_train_end(self, logs=None):
        """Restore the best weights, also where no epoch was left to train."""
        self._catch_up()
        super().on_train_end(logs)

    def _catch_up(self) -> None:
        """Once after an interruption: find the best of the logged epochs, and how long ago it was."""
        if self.best is not None or not self.rows:
            return
        self._set_monitor_op()
        for number, row in enumerate(self.rows):
            if self._is_improvement(row[self.monitor], self.best):
                self.best, self.best_epoch = row[self.monitor], number
        self.wait = len(self.rows) - 1 - self.best_epoch
        if self.restore_best_weights:
            with np.load(self.folder / f"best-{self.best_epoch}.npz") as kept:
                self.best_weights = [kept[name] for name in kept.files]


def epoch_reached(folder: Path) -> int:
    """Epochs that an interrupted fit had finished: 0 where there is nothing to continue."""
    try:
        return int(json.loads((folder / "training_metadata.json").read_text())["epoch"])
    except (OSError, ValueError, KeyError):
        return 0
