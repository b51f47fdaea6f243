"""Early stopping that survives being killed: in full mode a fit continues where it was."""

from __future__ import annotations

import json
from pathlib import Path

import keras

from cosmic_lib import store


class ResumableEarlyStopping(keras.callbacks.EarlyStopping):
    """`EarlyStopping` that keeps its log and its best weights on disk, epoch by epoch.

    Put it before `BackupAndRestore`, which then removes the folder when the training is over.

    Args:
        folder: where to keep them: one line of JSON per epoch in `log.jsonl`, and `best-N.weights.h5`.
        **kwargs: as for `keras.callbacks.EarlyStopping`.
    """

    best: float | None

    def __init__(self, folder: Path, **kwargs):
        super().__init__(**kwargs)
        self.folder = folder
        self.rows: list[dict] = []

    def on_epoch_begin(self, epoch, logs=None):
        """Read back, at the first epoch of a continued fit, what happened in the epochs before it."""
        if self.rows or not epoch:
            return
        log = self.folder / "log.jsonl"
        self.rows = [json.loads(line) for line in log.read_text().splitlines()[:epoch]]
        self._write_log()  # an epoch that was logged but not checkpointed is trained again
        if self.monitor_op is None:
            self._set_monitor_op()
        for number, row in enumerate(self.rows):
            if self._is_improvement(row[self.monitor], self.best):
                self.best, self.best_epoch = row[self.monitor], number
        self.wait = epoch - 1 - self.best_epoch
        best = self.folder / f"best-{self.best_epoch}.weights.h5"
        if self.restore_best_weights and best.exists():
            latest = self.model.get_weights()
            self.model.load_weights(best)
            self.best_weights = self.model.get_weights()
            self.model.set_weights(latest)

    def on_epoch_end(self, epoch, logs=None):
        """Stop as `EarlyStopping` does, and write down what it knows."""
        super().on_epoch_end(epoch, logs)
        self.rows.append({name: float(value) for name, value in (logs or {}).items()})
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.restore_best_weights and self.best_epoch == epoch:
            self.model.save_weights(self.folder / f"best-{epoch}.weights.h5")
            for older in sorted(self.folder.glob("best-*.weights.h5"), key=lambda path: path.stat().st_mtime)[:-2]:
                older.unlink()
        self._write_log()

    def _write_log(self) -> None:
        store.write_bytes(self.folder / "log.jsonl", "".join(json.dumps(row) + "\n" for row in self.rows).encode())


def epoch_reached(folder: Path) -> int:
    """Epochs that an interrupted fit had finished: 0 where there is nothing to continue."""
    try:
        return int(json.loads((folder / "training_metadata.json").read_text())["epoch"])
    except (OSError, ValueError, KeyError):
        return 0
